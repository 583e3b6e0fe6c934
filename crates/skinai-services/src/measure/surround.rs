//! The skin around the region.

use super::area::{Area, grown};
use crate::colour::Gains;
use crate::outline::{Mask, Scene};
use crate::photo::{Crop, DecodedPhoto};
use crate::wire::{Region, Selection, Surround};

/// The gap between region and ring, and the ring's breadth, as shares of the region's longer side.
const RING_GAP: f64 = 0.1;
const RING_BREADTH: f64 = 0.4;
/// A ring of which less than this share lies in the photo is none.
const RING_SHARE_MIN: f64 = 0.4;
/// And one of which less than this share is skin.
const SKIN_SHARE_MIN: f64 = 0.2;
/// So many smoothed pixels beside what is not skin are left out, too.
const MARGIN: f32 = 2.0;

/// The skin around the region.
pub struct Surrounding {
    /// Where it was taken from.
    pub place: Surround,
    /// Its colour.
    pub area: Area,
}

impl Surrounding {
    /// What the user marked, else a ring around `bounds`, without what stands out from the skin in it. `None` where
    /// there is no room, or too little skin.
    pub fn find(
        photo: &DecodedPhoto,
        selection: &Selection,
        bounds: Option<Region>,
        gains: Gains,
    ) -> Option<Self> {
        if let Some(region) = selection.surround {
            let area = Area::region(photo, region, gains);
            return Some(Self { place: Surround::Marked { region }, area });
        }
        let ring = SurroundRing::around(bounds?, photo.width(), photo.height())?;
        let crop = Crop::take(photo, ring.outer, gains);
        let other = Scene::look(&crop).map(|scene| (scene.standing_out().dilated(MARGIN), scene));
        let skin = Mask::from_fn(crop.width, crop.height, |x, y| {
            let place = crop.centre(y * crop.width + x);
            let stands_out = |(other, scene): &(Mask, Scene)| other.has_index(scene.crop.index_at(place));
            !ring.inner.contains(place) && !other.as_ref().is_some_and(stands_out)
        });
        let area = Area::masked(&crop, &skin)?;
        let is_enough = area.pixels() as f64 >= SKIN_SHARE_MIN * ring.whole as f64;
        is_enough.then_some(Self { place: Surround::Ring { outer: ring.outer, inner: ring.inner }, area })
    }

    /// Whether it was found around the region, and not marked.
    pub fn is_ring(&self) -> bool {
        matches!(self.place, Surround::Ring { .. })
    }
}

/// A ring around a rectangle, cut at the photo's edges.
struct SurroundRing {
    outer: Region,
    inner: Region,
    /// How many pixels it has where the photo does not cut it.
    whole: u64,
}

impl SurroundRing {
    fn around(region: Region, width: u32, height: u32) -> Option<Self> {
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
        (there as f64 >= RING_SHARE_MIN * whole as f64).then_some(Self { outer, inner, whole })
    }
}
