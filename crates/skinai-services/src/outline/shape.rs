//! The numbers of an outline.

use std::f64::consts::{FRAC_PI_8, PI, SQRT_2};

use super::{Mask, trace_outline};

/// The shape of a spot, in pixels of its mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// How many pixels it has.
    pub area: f64,
    /// The longest distance between two of its points (Feret's diameter).
    pub longest: f64,
    /// Its extent across the longest diameter.
    pub perpendicular: f64,
    /// The length of its outline, after Crofton.
    pub perimeter: f64,
    /// The share of it that does not fall on itself when folded over the longer and over the shorter
    /// principal axis.
    pub asymmetry: [f64; 2],
    /// P²/4πA.
    pub compactness: f64,
}

/// Measures a shape. `None` of nothing.
pub fn measure_shape(mask: &Mask) -> Option<Shape> {
    let area = mask.area() as f64;
    if area == 0.0 {
        return None;
    }
    let perimeter = crofton_perimeter(mask);
    let (longest, perpendicular) = diameters(&convex_hull(trace_outline(mask)));
    Some(Shape {
        area,
        longest,
        perpendicular,
        perimeter,
        asymmetry: asymmetry(mask),
        compactness: perimeter * perimeter / (4.0 * PI * area),
    })
}

/// The Cauchy–Crofton formula with lines in four directions: half the number of crossings, times the
/// distance of the lines, times the angle between the directions.
fn crofton_perimeter(mask: &Mask) -> f64 {
    let crossings = |dx: isize, dy: isize| {
        let mut count = 0u32;
        for y in -1..=mask.height() as isize {
            for x in -1..=mask.width() as isize {
                count += u32::from(mask.has(x, y) != mask.has(x + dx, y + dy));
            }
        }
        f64::from(count)
    };
    let straight = crossings(1, 0) + crossings(0, 1);
    let slanted = crossings(1, 1) + crossings(-1, 1);
    FRAC_PI_8 * (straight + slanted / SQRT_2)
}

/// The shares that do not fall on themselves when folded over the longer and the shorter principal axis.
fn asymmetry(mask: &Mask) -> [f64; 2] {
    let area = mask.area() as f64;
    let centres = || mask.iter().map(|(x, y)| (x as f64 + 0.5, y as f64 + 0.5));
    let (sum_x, sum_y) = centres().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    let (mean_x, mean_y) = (sum_x / area, sum_y / area);
    let (xx, yy, xy) = centres().fold((0.0, 0.0, 0.0), |sum, (x, y)| {
        let (x, y) = (x - mean_x, y - mean_y);
        (sum.0 + x * x, sum.1 + y * y, sum.2 + x * y)
    });
    let longer_axis = 0.5 * (2.0 * xy).atan2(xx - yy);
    [longer_axis, longer_axis + PI / 2.0].map(|axis| {
        let (sine, cosine) = (2.0 * axis).sin_cos();
        let fallen_off = centres().filter(|&(x, y)| {
            let (x, y) = (x - mean_x, y - mean_y);
            let (x, y) = (x * cosine + y * sine + mean_x, x * sine - y * cosine + mean_y);
            // Half a millionth keeps what falls onto a pixel's border on the same side everywhere.
            !mask.has((x + 5e-7).floor() as isize, (y + 5e-7).floor() as isize)
        });
        fallen_off.count() as f64 / area
    })
}

/// The longest distance between two corners of a convex polygon, and its extent across it.
fn diameters(hull: &[(f64, f64)]) -> (f64, f64) {
    let mut longest = (0.0, (1.0, 0.0));
    for (i, from) in hull.iter().enumerate() {
        for to in &hull[i + 1..] {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = dx.hypot(dy);
            if length > longest.0 {
                longest = (length, (dx / length, dy / length));
            }
        }
    }
    let (dx, dy) = longest.1;
    let across = hull.iter().map(|&(x, y)| x * dy - y * dx);
    let (low, high) =
        across.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    (longest.0, high - low)
}

/// Andrew's monotone chain.
fn convex_hull(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let turns_left = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
        (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0) > 0.0
    };
    let chain = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut chain: Vec<(f64, f64)> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..] {
                if turns_left(a, b, point) {
                    break;
                }
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut hull = chain(&mut points.iter().copied());
    hull.extend(chain(&mut points.iter().rev().copied()));
    hull
}
