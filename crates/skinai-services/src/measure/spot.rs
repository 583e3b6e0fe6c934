//! The spot in the region, in pixels of the photo and in millimetres.

use super::area::{Area, grown};
use crate::colour::{Gains, lab_from_linear, median_colour};
use crate::outline::{
    CONTRAST_MIN, Mask, Shape, SpotError, difference, find_spot, is_mixed, measure_shape, trace_outline,
};
use crate::photo::{Crop, Photo};
use crate::wire::{
    CardEdge, Lab, Millimetres, Outline, Point, Reading, Region, Scale, Withheld, WithheldCode,
};

/// The outline is thinned out to at most so many corners.
const POLYGON_POINTS_MAX: usize = 256;

/// How far around a region that may lie inside a spot that spot is looked for, as shares of the region's longer side.
const SEARCHED: [f64; 3] = [0.5, 1.0, 2.0];
/// A region lies inside a spot that holds so much of it.
const INSIDE_SHARE_MIN: f64 = 0.95;

/// Looks for the spot in the region. `skin` is the colour of the skin around it; without it the region's own border
/// is taken for skin.
pub fn find(photo: &Photo, region: Region, skin: Option<Lab>, gains: Gains) -> Result<Area, Withheld> {
    let crop = Crop::take(photo, region, gains);
    match find_in(&crop, skin, |_, _| true) {
        Ok(spot) => Ok(Area::spot(crop, spot)),
        Err(SpotError::AtEdge) => Err(at_edge()),
        Err(SpotError::None) => Err(no_spot()),
    }
}

/// The bounds of the spot inside which a region lies, if it does. Skin to compare with lies beyond them.
pub fn around(photo: &Photo, region: Region, gains: Gains) -> Option<Region> {
    let longer = f64::from(region.width.max(region.height));
    SEARCHED.into_iter().find_map(|share| {
        let searched = grown(region, (share * longer).round() as u32, photo.width(), photo.height());
        let crop = Crop::take(photo, searched, gains);
        let in_region = |x: usize, y: usize| region.contains(crop.centre(y * crop.width + x));
        let spot = find_in(&crop, None, in_region).ok()?;
        let pixels = (0..crop.pixels.len()).filter(|i| in_region(i % crop.width, i / crop.width)).count();
        let held = spot.iter().filter(|&(x, y)| in_region(x, y)).count();
        let is_inside = held as f64 >= INSIDE_SHARE_MIN * pixels as f64;
        is_inside.then(|| Area::spot(crop, spot).bounds())
    })
}

fn find_in(crop: &Crop, skin: Option<Lab>, counts: impl Fn(usize, usize) -> bool) -> Result<Mask, SpotError> {
    let labs: Vec<Lab> = crop.pixels.iter().map(|&pixel| lab_from_linear(pixel)).collect();
    let skin = skin.or_else(|| border_colour(crop)).ok_or(SpotError::None)?;
    find_spot(crop, &labs, skin, counts)
}

/// Why a region without a spot cannot be measured: a median of two colours tells one of them, and where a spot
/// reaches the region's edge that must not be the skin's.
pub fn mixed(region: &Area, skin: Option<Lab>, no_spot: &Withheld) -> Option<Withheld> {
    let labs: Vec<Lab> = region.crop.pixels.iter().map(|&pixel| lab_from_linear(pixel)).collect();
    let tells_skin = no_spot.code == WithheldCode::SpotAtEdge
        && skin
            .or_else(|| border_colour(&region.crop))
            .is_some_and(|skin| difference(region.lab, skin) < CONTRAST_MIN);
    (tells_skin || is_mixed(&labs, region.lab)).then(|| Withheld {
        code: WithheldCode::RegionMixed,
        reason: "the region holds two colours, and no spot that is all in it; draw it around one whole spot, or on \
                 even skin"
            .to_owned(),
    })
}

/// Measures the outline of a spot.
pub fn outline(area: &Area, scale: Option<Scale>) -> Result<Outline, Withheld> {
    let (crop, spot) = (&area.crop, area.inside.as_ref().ok_or_else(no_spot)?);
    let shape = measure_shape(spot).ok_or_else(no_spot)?;
    let step = f64::from(crop.step);
    let corners = trace_outline(spot);
    let every = corners.len().div_ceil(POLYGON_POINTS_MAX).max(1);
    let place = |&(x, y): &(f64, f64)| Point {
        x: f64::from(crop.region.x) + x * step,
        y: f64::from(crop.region.y) + y * step,
    };
    let in_photo = Shape {
        area: shape.area * step * step,
        longest: shape.longest * step,
        perpendicular: shape.perpendicular * step,
        perimeter: shape.perimeter * step,
        ..shape
    };
    Ok(Outline {
        area_px: in_photo.area,
        longest_px: in_photo.longest,
        perpendicular_px: in_photo.perpendicular,
        perimeter_px: in_photo.perimeter,
        asymmetry: in_photo.asymmetry,
        compactness: in_photo.compactness,
        polygon: corners.iter().step_by(every).map(place).collect(),
        millimetres: millimetres(&in_photo, scale),
    })
}

/// The scale line's length in pixels.
pub fn length(scale: Scale) -> f64 {
    (scale.to.x - scale.from.x).hypot(scale.to.y - scale.from.y)
}

fn millimetres(shape: &Shape, scale: Option<Scale>) -> Reading<Millimetres> {
    let Some(scale) = scale else {
        return Reading::Withheld {
            reasons: vec![Withheld {
                code: WithheldCode::NeedsSizeCard,
                reason: "millimetres need a bank card in the photo, beside the spot; mark one of its edges"
                    .to_owned(),
            }],
        };
    };
    // ISO/IEC 7810, ID-1.
    let edge_mm = match scale.edge {
        CardEdge::Long => 85.60,
        CardEdge::Short => 53.98,
    };
    let mm_per_px = edge_mm / length(scale);
    Reading::Measured {
        value: Millimetres {
            area_mm2: shape.area * mm_per_px * mm_per_px,
            longest_mm: shape.longest * mm_per_px,
            perpendicular_mm: shape.perpendicular * mm_per_px,
            mm_per_px,
        },
    }
}

fn border_colour(crop: &Crop) -> Option<Lab> {
    let on_border = |i: usize| {
        let (x, y) = (i % crop.width, i / crop.width);
        x == 0 || y == 0 || x + 1 == crop.width || y + 1 == crop.height
    };
    let border: Vec<_> = (0..crop.pixels.len()).filter(|&i| on_border(i)).map(|i| crop.pixels[i]).collect();
    median_colour(&border).map(lab_from_linear)
}

fn no_spot() -> Withheld {
    Withheld {
        code: WithheldCode::NoSpot,
        reason: "nothing in the region stands out from the skin around it".to_owned(),
    }
}

fn at_edge() -> Withheld {
    Withheld {
        code: WithheldCode::SpotAtEdge,
        reason:
            "the spot reaches the region's edge; draw the region larger, with some skin all around the spot"
                .to_owned(),
    }
}
