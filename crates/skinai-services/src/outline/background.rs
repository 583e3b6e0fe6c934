//! The skin that a spot lies in: its colour, which the light changes slowly, and how much it varies.

use crate::wire::Lab;

/// A point of the photo and its colour.
pub type ColourAt = ((f64, f64), Lab);

/// Of the samples at least this share has to be of one colour for it to be the skin's.
const AGREEING_SHARE_MIN: f64 = 0.4;
/// A sample is left out that lies farther off (ΔE\*ab) than this many median distances, but none that is as near as
/// grain, and each that is farther than light and shade of an allowed gradient reach.
const CUT_TIMES: f64 = 3.0;
const CUT: (f64, f64) = (2.5, 10.0);
/// How often what lies off is left out.
const ROUNDS: usize = 4;
/// How much the slopes are held back, as a share of the samples: samples on one side tell no slope.
const SLOPE_RIDGE: f64 = 0.02;

/// A plane through L\*, a\* and b\* each, fitted to what most of the samples agree in.
pub struct Background {
    middle: (f64, f64),
    extent: f64,
    /// The height in the middle, and the slopes to the right and down.
    planes: [[f64; 3]; 3],
    /// The median distance (ΔE\*ab) of what agrees.
    pub spread: f64,
}

impl Background {
    /// Fits it. `None` where no colour has enough of the samples.
    pub fn fit(samples: &[ColourAt]) -> Option<Self> {
        let bounds = |of: fn(&ColourAt) -> f64| {
            let values = samples.iter().map(of);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (upper, lower)) = (bounds(|s| s.0.0), bounds(|s| s.0.1));
        let extent = ((right - left).max(lower - upper) / 2.0).max(1.0);
        let mut fitted = Self {
            middle: (f64::midpoint(left, right), f64::midpoint(upper, lower)),
            extent,
            planes: median_of(samples)?.map(|height| [height, 0.0, 0.0]),
            spread: 0.0,
        };
        let distances = |fitted: &Self, samples: &[ColourAt]| {
            median(samples.iter().map(|sample| length(fitted.off(sample.0, sample.1))).collect())
        };
        fitted.spread = distances(&fitted, samples)?;
        for _ in 0..ROUNDS {
            let cut = (CUT_TIMES * fitted.spread).clamp(CUT.0, CUT.1);
            let near = |sample: &&ColourAt| length(fitted.off(sample.0, sample.1)) <= cut;
            let agreeing: Vec<ColourAt> = samples.iter().filter(near).copied().collect();
            if (agreeing.len() as f64) < AGREEING_SHARE_MIN * samples.len() as f64 {
                return None;
            }
            fitted.planes = fitted.planes_through(&agreeing);
            fitted.spread = distances(&fitted, &agreeing)?;
        }
        Some(fitted)
    }

    /// How a colour at a place differs from the skin that would be there, in L\*, a\*, b\*.
    pub fn off(&self, place: (f64, f64), lab: Lab) -> [f64; 3] {
        let (x, y) = self.normal(place);
        let at = self.planes.map(|[height, right, down]| height + right * x + down * y);
        [lab.l - at[0], lab.a - at[1], lab.b - at[2]]
    }

    fn normal(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.middle.0) / self.extent, (y - self.middle.1) / self.extent)
    }

    /// Least squares.
    fn planes_through(&self, samples: &[ColourAt]) -> [[f64; 3]; 3] {
        let count = samples.len() as f64;
        let places: Vec<(f64, f64)> = samples.iter().map(|sample| self.normal(sample.0)).collect();
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / count;
        let (mean_x, mean_y) = (mean(&mut places.iter().map(|p| p.0)), mean(&mut places.iter().map(|p| p.1)));
        let (mut xx, mut xy, mut yy) = (SLOPE_RIDGE * count, 0.0, SLOPE_RIDGE * count);
        for &(x, y) in &places {
            xx += (x - mean_x).powi(2);
            xy += (x - mean_x) * (y - mean_y);
            yy += (y - mean_y).powi(2);
        }
        let determinant = xx * yy - xy * xy;
        [|lab: Lab| lab.l, |lab: Lab| lab.a, |lab: Lab| lab.b].map(|channel| {
            let mean_v = mean(&mut samples.iter().map(|sample| channel(sample.1)));
            let (mut xv, mut yv) = (0.0, 0.0);
            for (&(x, y), sample) in places.iter().zip(samples) {
                xv += (x - mean_x) * (channel(sample.1) - mean_v);
                yv += (y - mean_y) * (channel(sample.1) - mean_v);
            }
            let (right, down) = ((xv * yy - yv * xy) / determinant, (yv * xx - xv * xy) / determinant);
            [mean_v - right * mean_x - down * mean_y, right, down]
        })
    }
}

/// The length of a difference in L\*, a\*, b\*: ΔE\*ab (CIE 1976).
pub fn length(off: [f64; 3]) -> f64 {
    off.iter().map(|part| part * part).sum::<f64>().sqrt()
}

fn median_of(samples: &[ColourAt]) -> Option<[f64; 3]> {
    let over = |channel: fn(&ColourAt) -> f64| median(samples.iter().map(channel).collect());
    Some([over(|s| s.1.l)?, over(|s| s.1.a)?, over(|s| s.1.b)?])
}

/// The value at a share of the way from the least to the greatest. `None` of nothing.
pub fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let at = (share * last as f64).round() as usize;
    Some(*values.select_nth_unstable_by(at, f64::total_cmp).1)
}

fn median(values: Vec<f64>) -> Option<f64> {
    quantile(values, 0.5)
}
