//! An area of skin and the colour that it has.

use crate::colour::{ChromaIndices, Gains, Linear, chroma_indices, hex, lab_from_linear, median_colour};
use crate::outline::Mask;
use crate::photo::{Crop, DecodedPhoto};
use crate::wire::{Colour, Lab, Region};

/// The colour of an area, of the pixels' medians.
pub struct Area {
    /// The rectangle that holds it.
    pub crop: Crop,
    /// The median of each linear channel.
    pub colour: Linear,
    /// The same in CIE L\*a\*b\*.
    pub lab: Lab,
    /// Redness and melanin.
    pub indices: ChromaIndices,
    /// The share of pixels that are burnt out or black.
    pub clipped_share: f64,
    /// The pixels of the crop that belong to it; all of them where there is no outline.
    pub inside: Option<Mask>,
}

impl Area {
    /// A rectangle.
    pub fn region(photo: &DecodedPhoto, region: Region, gains: Gains) -> Self {
        let crop = Crop::take(photo, region, gains);
        let (colour, indices) = colours(&crop.pixels);
        let clipped_share = share_of(&crop.clipped);
        Self { lab: lab_from_linear(colour), colour, indices, clipped_share, inside: None, crop }
    }

    /// The pixels of a crop that belong to a mask. `None` of nothing.
    pub fn masked(crop: &Crop, mask: &Mask) -> Option<Self> {
        let (left, upper, width, height) = mask.bounds()?;
        let inside = Mask::from_fn(width, height, |x, y| mask.has((left + x) as isize, (upper + y) as isize));
        let crop = crop.part(left, upper, width, height);
        let pixels: Vec<Linear> = inside.indices().map(|i| crop.pixels[i]).collect();
        let clipped: Vec<bool> = inside.indices().map(|i| crop.clipped[i]).collect();
        let (colour, indices) = colours(&pixels);
        let clipped_share = share_of(&clipped);
        Some(Self {
            lab: lab_from_linear(colour),
            colour,
            indices,
            clipped_share,
            inside: Some(inside),
            crop,
        })
    }

    /// Whether a pixel of the crop belongs to it.
    pub fn has(&self, index: usize) -> bool {
        self.inside.as_ref().is_none_or(|inside| inside.has_index(index))
    }

    /// How many pixels of the photo it has.
    pub fn pixels(&self) -> u64 {
        let count = self.inside.as_ref().map_or(self.crop.pixels.len(), Mask::area);
        count as u64 * u64::from(self.crop.step).pow(2)
    }

    /// The colour as it is told.
    pub fn told_colour(&self) -> Colour {
        Colour { lab: self.lab, srgb: hex(self.colour) }
    }
}

fn colours(pixels: &[Linear]) -> (Linear, ChromaIndices) {
    let black = ChromaIndices { ei: 0.0, mi: 0.0, gb: 0.0 };
    (median_colour(pixels).unwrap_or_default(), chroma_indices(pixels).unwrap_or(black))
}

fn share_of(marks: &[bool]) -> f64 {
    marks.iter().filter(|&&marked| marked).count() as f64 / marks.len().max(1) as f64
}

/// A rectangle with so many pixels more on each side, cut at the photo's edges.
pub fn grown(region: Region, by: u32, width: u32, height: u32) -> Region {
    let (x, y) = (region.x.saturating_sub(by), region.y.saturating_sub(by));
    let right = region.x.saturating_add(region.width).saturating_add(by).min(width);
    let lower = region.y.saturating_add(region.height).saturating_add(by).min(height);
    Region { x, y, width: right - x, height: lower - y }
}
