//! What the user means by the rectangle: the spot in it, or all of it where there is none.

use super::area::{Area, grown};
use super::reasons::{at_edge, cut, mixed, no_spot, two_spots};
use crate::colour::{Gains, lab_from_linear};
use crate::outline::{Mask, Scene, Spot, is_mixed};
use crate::photo::{Crop, DecodedPhoto};
use crate::wire::{Lab, Region, Withheld};

/// A region with fewer pixels gives no number.
pub const REGION_PIXELS_MIN: u64 = 128;
/// How far around the region is looked for the skin, as shares of the region's longer side.
const SEARCHED: [f64; 5] = [0.5, 1.0, 2.0, 4.0, 8.0];
/// So many of them are looked at even where nothing is seen to reach farther.
const SEARCHED_ALWAYS: usize = 3;
/// A region lies inside a spot that holds so much of it.
const INSIDE_SHARE_MIN: f64 = 0.95;
/// A spot of which this share lies in the region is meant, also where the region's middle lies beside it.
const MEANT_SHARE_MIN: f64 = 0.5;
/// A spot that is too small to be measured, or that reaches into the region beside its middle, is a trifle up to this
/// share of the region.
const TRIFLE_SHARE_MAX: f64 = 0.1;
/// Two spots beside the region's middle are told apart where the lesser has at most this share of the greater.
const LESSER_SHARE_MAX: f64 = 0.25;
/// An outline may pass the region's edge with so much of the spot: edges are known to half a pixel.
const BEYOND_SHARE_MAX: f64 = 0.01;
/// What has no end in sight is taken for more than light and shade from this ΔE\*ab on.
const ENDLESS_CONTRAST_MIN: f64 = 6.0;

/// What is measured.
pub struct MeasureTarget {
    /// Its pixels, all in the region.
    pub area: Area,
    /// The whole spot, or why there is no outline.
    pub outlined: Result<Area, Withheld>,
    /// What the ring of skin is laid around; `None` where there is no skin in sight.
    pub bounds: Option<Region>,
    /// Why the pixels are of no one thing.
    pub mixed: Option<Withheld>,
    /// Whether it stands out from what is around it.
    pub is_spot: bool,
}

impl MeasureTarget {
    /// Looks at ever larger windows about the region until the spot in it is all there.
    pub fn find(photo: &DecodedPhoto, region: Region, gains: Gains) -> Self {
        let longer = f64::from(region.width.max(region.height));
        let mut endless = None;
        let mut looked_at = None;
        for (index, share) in SEARCHED.into_iter().enumerate() {
            if index >= SEARCHED_ALWAYS && endless.is_none() {
                break;
            }
            let window = grown(region, (share * longer).round() as u32, photo.width(), photo.height());
            if looked_at.replace(window) == Some(window) {
                break;
            }
            let Some(seen) = Seen::in_window(photo, window, region, gains) else { continue };
            if seen.is_trifle() {
                continue;
            }
            endless = seen.is_open(photo).then_some(seen.contrast);
            if endless.is_none() {
                return seen.meant(photo, region, gains);
            }
        }
        let no_skin = endless.is_some_and(|contrast| contrast >= ENDLESS_CONTRAST_MIN);
        Self { bounds: (!no_skin).then_some(region), ..Self::all(photo, region, gains, no_spot()) }
    }

    /// All of the region.
    fn all(photo: &DecodedPhoto, region: Region, gains: Gains, why: Withheld) -> Self {
        let area = Area::region(photo, region, gains);
        let mixed = is_of_two_colours(&area).then(mixed);
        Self { area, outlined: Err(why), bounds: Some(region), mixed, is_spot: false }
    }
}

/// The piece of a window that the region is about.
struct Seen {
    crop: Crop,
    spot: Spot,
    second: usize,
    contrast: f64,
    /// How many of the window's pixels lie in the region, and how many of the spot's.
    region: usize,
    held: usize,
    has_middle: bool,
}

impl Seen {
    fn in_window(photo: &DecodedPhoto, window: Region, region: Region, gains: Gains) -> Option<Self> {
        let crop = Crop::take(photo, window, gains);
        let scene = Scene::look(&crop)?;
        let piece = scene.piece_in(region)?;
        let spot = scene.outlined(&crop, &piece);
        let in_region = |&index: &usize| region.contains(crop.centre(index));
        let held = spot.mask.indices().filter(in_region).count();
        let second = piece.second * (scene.crop.step / crop.step).pow(2) as usize;
        let pixels = (0..crop.pixels.len()).filter(in_region).count();
        let has_middle = spot.mask.has_index(crop.index_at(region.middle()));
        (held > 0).then_some(Self {
            spot,
            second,
            contrast: piece.contrast,
            region: pixels,
            held,
            has_middle,
            crop,
        })
    }

    /// The sides of the window that the spot touches: left, upper, right, lower.
    fn touched(&self) -> [bool; 4] {
        let (right, lower) = (self.crop.width - 1, self.crop.height - 1);
        self.spot.mask.iter().fold([false; 4], |[a, b, c, d], (x, y)| {
            [a || x == 0, b || y == 0, c || x == right, d || y == lower]
        })
    }

    /// Whether the spot goes on beyond the window, in the photo.
    fn is_open(&self, photo: &DecodedPhoto) -> bool {
        let of = self.crop.region;
        let more = [of.x > 0, of.y > 0, of.x + of.width < photo.width(), of.y + of.height < photo.height()];
        self.touched().into_iter().zip(more).any(|(touched, more)| touched && more)
    }

    /// Whether the region holds all of the spot.
    fn is_whole(&self) -> bool {
        self.held as f64 >= (1.0 - BEYOND_SHARE_MAX) * self.spot.mask.area() as f64
    }

    /// Whether the spot holds all of the region.
    fn is_inside(&self) -> bool {
        self.held as f64 >= INSIDE_SHARE_MIN * self.region as f64
    }

    /// Whether it is a neighbour that just reaches into the region, or a freckle too small to be measured.
    fn is_trifle(&self) -> bool {
        let is_little = self.held as f64 <= TRIFLE_SHARE_MAX * self.region as f64;
        let is_neighbour = !self.has_middle && !self.is_whole();
        is_little && (is_neighbour || self.pixels(self.held) < REGION_PIXELS_MIN)
    }

    /// So many of the window's pixels in the photo's.
    fn pixels(&self, count: usize) -> u64 {
        count as u64 * u64::from(self.crop.step).pow(2)
    }

    fn meant(self, photo: &DecodedPhoto, region: Region, gains: Gains) -> MeasureTarget {
        let area = self.spot.mask.area() as f64;
        let share = self.held as f64 / area;
        let is_cut = self.touched().contains(&true);
        let is_whole = self.is_whole();
        let is_inside = self.is_inside();
        let crowded = !self.has_middle && self.second as f64 > LESSER_SHARE_MAX * self.held as f64;
        let is_meant = self.has_middle || is_inside || share >= MEANT_SHARE_MIN && !is_cut;
        if crowded || !is_meant {
            let why = if crowded {
                two_spots()
            } else if is_cut {
                cut()
            } else {
                mixed()
            };
            return MeasureTarget { mixed: Some(why), ..MeasureTarget::all(photo, region, gains, at_edge()) };
        }
        let in_region = Mask::from_fn(self.crop.width, self.crop.height, |x, y| {
            region.contains(self.crop.centre(y * self.crop.width + x))
        });
        let core = self.spot.core().and(&in_region);
        let enough = self.pixels(core.area()) >= REGION_PIXELS_MIN;
        let measured = if enough { core } else { self.spot.mask.and(&in_region) };
        let (Some(measured), Some(whole)) =
            (Area::masked(&self.crop, &measured), Area::masked(&self.crop, &self.spot.mask))
        else {
            return MeasureTarget::all(photo, region, gains, no_spot());
        };
        MeasureTarget {
            mixed: is_of_two_colours(&measured).then(mixed),
            area: measured,
            bounds: Some(whole.crop.region),
            outlined: if is_whole && !is_cut { Ok(whole) } else { Err(at_edge()) },
            is_spot: true,
        }
    }
}

fn is_of_two_colours(area: &Area) -> bool {
    let pixels = (0..area.crop.pixels.len()).filter(|&index| area.has(index));
    let labs: Vec<Lab> = pixels.map(|index| lab_from_linear(area.crop.pixels[index])).collect();
    is_mixed(&labs, area.lab)
}
