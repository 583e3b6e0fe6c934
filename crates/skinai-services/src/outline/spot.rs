//! A spot, and the part of it that its edge does not reach.

use super::Mask;
use super::background::quantile;

/// A layer belongs to the edge as long as it differs from the skin by less than this share of what the spot does.
const PLATEAU: f64 = 0.9;
/// An edge reaches so many times as deep as that: of a Gaussian one, nine tenths are reached at 1.3 standard
/// deviations, and nearly all at 2.6.
const EDGE_TIMES: usize = 2;
/// At least this share of a spot is kept.
const KEPT_SHARE_MIN: f64 = 0.5;

/// A spot in a window of a photo.
pub struct Spot {
    /// Its pixels.
    pub mask: Mask,
    /// How far each pixel of the window is off the skin, in the direction of the spot's colour (ΔE\*ab).
    pub strengths: Vec<f32>,
}

impl Spot {
    /// The spot without its edge, where its colour is mixed with that of the skin.
    pub fn core(&self) -> Mask {
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
