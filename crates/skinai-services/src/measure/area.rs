//! An area of skin and what is known of it: the region, and the skin around it.

use crate::colour::{ChromaIndices, Gains, Linear, chroma_indices, hex, lab_from_linear, median_colour};
use crate::outline::Mask;
use crate::photo::{Crop, Photo};
use crate::wire::{self, Colour, Lab, Region, Selection};

/// The gap between region and ring, and the ring's breadth, as shares of the region's longer side.
const RING_GAP: f64 = 0.1;
const RING_BREADTH: f64 = 0.4;
/// A ring of which less than this share lies in the photo is none.
const RING_SHARE_MIN: f64 = 0.4;

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
    pub fn region(photo: &Photo, region: Region, gains: Gains) -> Self {
        let crop = Crop::take(photo, region, gains);
        Self::of(&crop.pixels.clone(), &crop.clipped.clone(), crop)
    }

    /// The pixels of a crop within an outline.
    pub fn spot(crop: Crop, inside: Mask) -> Self {
        let indices: Vec<usize> = inside.iter().map(|(x, y)| y * crop.width + x).collect();
        let pixels: Vec<Linear> = indices.iter().map(|&i| crop.pixels[i]).collect();
        let clipped: Vec<bool> = indices.iter().map(|&i| crop.clipped[i]).collect();
        Self { inside: Some(inside), ..Self::of(&pixels, &clipped, crop) }
    }

    /// Whether a pixel of the crop belongs to it.
    pub fn has(&self, index: usize) -> bool {
        let at =
            |mask: &Mask| mask.has((index % self.crop.width) as isize, (index / self.crop.width) as isize);
        self.inside.as_ref().is_none_or(at)
    }

    /// The smallest rectangle of the photo that holds it.
    pub fn bounds(&self) -> Region {
        let Some(inside) = &self.inside else { return self.crop.region };
        let (mut left, mut upper, mut right, mut lower) = (u32::MAX, u32::MAX, 0, 0);
        for (x, y) in inside.iter() {
            let (x, y) = (x as u32, y as u32);
            (left, upper, right, lower) = (left.min(x), upper.min(y), right.max(x + 1), lower.max(y + 1));
        }
        let step = self.crop.step;
        Region {
            x: self.crop.region.x + left * step,
            y: self.crop.region.y + upper * step,
            width: right.saturating_sub(left) * step,
            height: lower.saturating_sub(upper) * step,
        }
    }

    /// A rectangle with a hole.
    fn ring(photo: &Photo, outer: Region, inner: Region, gains: Gains) -> Self {
        let crop = Crop::take(photo, outer, gains);
        let (pixels, clipped) = crop.without(inner);
        Self::of(&pixels, &clipped, crop)
    }

    fn of(pixels: &[Linear], clipped: &[bool], crop: Crop) -> Self {
        let black = ChromaIndices { ei: 0.0, mi: 0.0, gb: 0.0 };
        let colour = median_colour(pixels).unwrap_or_default();
        let clipped_share = clipped.iter().filter(|&&c| c).count() as f64 / clipped.len().max(1) as f64;
        let indices = chroma_indices(pixels).unwrap_or(black);
        Self { crop, colour, lab: lab_from_linear(colour), indices, clipped_share, inside: None }
    }

    /// The colour as it is told.
    pub fn told_colour(&self) -> Colour {
        Colour { lab: self.lab, srgb: hex(self.colour) }
    }
}

/// The skin around the region.
pub struct Surrounding {
    /// Where it was taken from.
    pub place: wire::Surround,
    /// Its colour.
    pub area: Area,
}

impl Surrounding {
    /// What the user marked, else a ring around `region`. `None` where there is no room.
    pub fn find(photo: &Photo, selection: &Selection, region: Region, gains: Gains) -> Option<Self> {
        if let Some(region) = selection.surround {
            let area = Area::region(photo, region, gains);
            return Some(Self { place: wire::Surround::Marked { region }, area });
        }
        let (outer, inner) = ring(region, photo.width(), photo.height())?;
        let area = Area::ring(photo, outer, inner, gains);
        Some(Self { place: wire::Surround::Ring { outer, inner }, area })
    }

    /// The hole in it.
    pub fn hole(&self) -> Option<Region> {
        match self.place {
            wire::Surround::Ring { inner, .. } => Some(inner),
            wire::Surround::Marked { .. } => None,
        }
    }
}

/// The ring around a region, as its outer rectangle and its hole, cut at the photo's edges.
fn ring(region: Region, width: u32, height: u32) -> Option<(Region, Region)> {
    let longer = f64::from(region.width.max(region.height));
    let gap = (longer * RING_GAP).round().max(2.0) as u32;
    let breadth = (longer * RING_BREADTH).round().max(4.0) as u32;
    let inner = grown(region, gap, width, height);
    let outer = grown(region, gap + breadth, width, height);
    let pixels = |r: Region| u64::from(r.width) * u64::from(r.height);
    let (gap, breadth) = (u64::from(gap), u64::from(breadth));
    let (w, h) = (u64::from(region.width) + 2 * gap, u64::from(region.height) + 2 * gap);
    let whole = (w + 2 * breadth) * (h + 2 * breadth) - w * h;
    let there = pixels(outer) - pixels(inner);
    (there as f64 >= RING_SHARE_MIN * whole as f64).then_some((outer, inner))
}

/// A rectangle with so many pixels more on each side, cut at the photo's edges.
pub fn grown(region: Region, by: u32, width: u32, height: u32) -> Region {
    let (x, y) = (region.x.saturating_sub(by), region.y.saturating_sub(by));
    let right = region.x.saturating_add(region.width).saturating_add(by).min(width);
    let lower = region.y.saturating_add(region.height).saturating_add(by).min(height);
    Region { x, y, width: right - x, height: lower - y }
}
