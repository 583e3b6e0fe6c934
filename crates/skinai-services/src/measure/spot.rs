//! The spot in the region, in pixels of the photo and in millimetres.

use super::area::Area;
use super::reasons::no_spot;
use crate::outline::{Shape, measure_shape, trace_outline};
use crate::wire::{CardEdge, Millimetres, Outline, Point, Reading, Scale, Withheld, WithheldCode};

/// The outline is thinned out to at most so many corners.
const POLYGON_POINTS_MAX: usize = 256;

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
