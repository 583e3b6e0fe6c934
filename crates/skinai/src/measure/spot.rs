//! The spot in the region, in pixels of the photo and in millimetres.

use crate::colour::{lab_from_linear, median_colour};
use crate::outline::{Shape, SpotError, find_spot, measure_shape, trace_outline};
use crate::photo::Crop;
use crate::wire::{CardEdge, Lab, Millimetres, Outline, Point, Reading, Scale, Withheld, WithheldCode};

/// The outline is thinned out to at most so many corners.
const POLYGON_POINTS_MAX: usize = 256;

/// Measures the spot. `skin` is the colour of the skin around the region; without it the region's
/// own border is taken for skin.
pub fn outline(crop: &Crop, skin: Option<Lab>, scale: Option<Scale>) -> Result<Outline, Withheld> {
    let labs: Vec<Lab> = crop.pixels.iter().map(|&pixel| lab_from_linear(pixel)).collect();
    let skin = skin.or_else(|| border_colour(crop)).ok_or_else(no_spot)?;
    let spot = find_spot(crop, &labs, skin).map_err(|error| match error {
        SpotError::None => no_spot(),
        SpotError::AtEdge => at_edge(),
    })?;
    let shape = measure_shape(&spot).ok_or_else(no_spot)?;
    let step = f64::from(crop.step);
    let corners = trace_outline(&spot);
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
