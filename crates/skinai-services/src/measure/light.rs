//! How the light changes across region and surround.

use super::area::Area;
use super::surround::Surrounding;
use crate::colour::lightness;
use crate::photo::Crop;

/// How much L\* changes from one side to the other of all that was looked at: the slope of a plane
/// laid through the lightness of region and surround, each with a height of its own, so that a dark
/// spot is no gradient.
pub fn change(region: &Area, surround: Option<&Surrounding>) -> f64 {
    let mut sums = Sums::default();
    sums.add(&region.crop, |index| region.has(index));
    if let Some(surround) = surround {
        sums.add(&surround.area.crop, |index| surround.area.has(index));
    }
    let (slope_x, slope_y) = sums.slopes();
    slope_x.abs() * (sums.right - sums.left) + slope_y.abs() * (sums.lower - sums.upper)
}

/// Second moments about the mean of each area, added up.
struct Sums {
    xx: f64,
    xy: f64,
    yy: f64,
    xl: f64,
    yl: f64,
    left: f64,
    right: f64,
    upper: f64,
    lower: f64,
}

impl Default for Sums {
    fn default() -> Self {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { xx: 0.0, xy: 0.0, yy: 0.0, xl: 0.0, yl: 0.0, left: low, right: high, upper: low, lower: high }
    }
}

impl Sums {
    fn add(&mut self, crop: &Crop, counts: impl Fn(usize) -> bool) {
        let points: Vec<(f64, f64, f64)> = (0..crop.pixels.len())
            .filter(|&i| counts(i))
            .map(|i| (crop.centre(i), crop.pixels[i]))
            .map(|((x, y), pixel)| (x, y, f64::from(lightness(pixel))))
            .collect();
        let count = points.len().max(1) as f64;
        let mean = points.iter().fold((0.0, 0.0, 0.0), |m, p| (m.0 + p.0, m.1 + p.1, m.2 + p.2));
        let mean = (mean.0 / count, mean.1 / count, mean.2 / count);
        for (x, y, l) in points {
            (self.left, self.right) = (self.left.min(x), self.right.max(x));
            (self.upper, self.lower) = (self.upper.min(y), self.lower.max(y));
            let (x, y, l) = (x - mean.0, y - mean.1, l - mean.2);
            self.xx += x * x;
            self.xy += x * y;
            self.yy += y * y;
            self.xl += x * l;
            self.yl += y * l;
        }
    }

    fn slopes(&self) -> (f64, f64) {
        let determinant = self.xx * self.yy - self.xy * self.xy;
        if determinant <= 0.0 {
            return (0.0, 0.0);
        }
        (
            (self.xl * self.yy - self.yl * self.xy) / determinant,
            (self.yl * self.xx - self.xl * self.xy) / determinant,
        )
    }
}
