//! A spot, and the part of it that its edge does not reach.

use super::Mask;
use super::background::quantile;

/// A layer belongs to the edge as long as it differs from the skin by less than this share of what the spot does.
const PLATEAU: f64 = 0.9;
/// An edge reaches so many times as deep as that: of a Gaussian one, nine tenths are reached at 1.3 standard
/// deviations, and all but one in ten thousand at 3.8. A very dark spot shows a hundredth of the skin's light.
const EDGE_TIMES: usize = 3;
/// At least this share of a spot is kept.
const KEPT_SHARE_MIN: f64 = 0.25;
/// A pixel that is off the smoothed window by this many times as much as the spot's are in the median is a hair's, or
/// a glint's ...
const THIN_TIMES: f64 = 5.0;
/// ... from this ΔE\*ab on.
const THIN_MIN: f64 = 8.0;

/// A spot in a window of a photo.
pub struct Spot {
    /// Its pixels.
    pub mask: Mask,
    /// How far each pixel of the window is off the skin, in the direction of the spot's colour (ΔE\*ab).
    pub strengths: Vec<f32>,
    /// How far each pixel is off the smoothed window (ΔE\*ab).
    pub residues: Vec<f32>,
}

impl Spot {
    /// The spot without its edge, where its colour is mixed with that of the skin, and without hairs on it.
    pub fn core(&self) -> Mask {
        self.without_edge().and(&self.smooth())
    }

    fn smooth(&self) -> Mask {
        let residues = self.mask.indices().map(|index| f64::from(self.residues[index])).collect();
        let most = (THIN_TIMES * quantile(residues, 0.5).unwrap_or_default()).max(THIN_MIN);
        let width = self.mask.width();
        Mask::from_fn(width, self.mask.height(), |x, y| f64::from(self.residues[y * width + x]) <= most)
    }

    fn without_edge(&self) -> Mask {
        let depths = self.mask.distances(false);
        let deepest = depths.iter().copied().filter(|depth| depth.is_finite()).fold(0.0, f32::max);
        let mut layers = vec![Vec::new(); deepest as usize + 1];
        for index in self.mask.indices().filter(|&index| depths[index].is_finite()) {
            layers[depths[index] as usize].push(f64::from(self.strengths[index]));
        }
        let all: Vec<f64> = layers.iter().flatten().copied().collect();
        let Some(typical) = quantile(all, 0.5) else { return self.mask.clone() };
        let edge = layers.iter().skip(1).take_while(|layer| {
            quantile((*layer).clone(), 0.5).is_some_and(|strength| strength < PLATEAU * typical)
        });
        let depth = EDGE_TIMES * (edge.count() + 1);
        let least = KEPT_SHARE_MIN * self.mask.area() as f64;
        let mut kept = (1..=depth).rev().map(|depth| self.mask.eroded(depth as f32));
        kept.find(|kept| kept.area() as f64 >= least).unwrap_or_else(|| self.mask.clone())
    }
}
