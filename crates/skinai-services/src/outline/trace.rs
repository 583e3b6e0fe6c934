//! The outline of a mask as a closed polygon along the borders of its pixels.

use super::Mask;

/// The corners of the pixels along the outer border of a mask of one piece, clockwise, without
/// repeating the first. Empty of nothing.
pub fn trace_outline(mask: &Mask) -> Vec<(f64, f64)> {
    let Some((x, y)) = mask.iter().next() else { return Vec::new() };
    let start = (x as isize, y as isize);
    // To the right along the upper border of the first pixel of the first row, the spot at the right hand.
    let (mut at, mut heading) = (start, (1, 0));
    let mut corners = Vec::new();
    loop {
        corners.push((at.0 as f64, at.1 as f64));
        at = (at.0 + heading.0, at.1 + heading.1);
        heading = turn(mask, at, heading);
        if at == start && heading == (1, 0) {
            return corners;
        }
    }
}

/// Where the border goes on from a corner.
fn turn(mask: &Mask, at: (isize, isize), heading: (isize, isize)) -> (isize, isize) {
    let (dx, dy) = heading;
    let (left, right) = ((dy, -dx), (-dy, dx));
    if pixel_between(mask, at, heading, left) {
        left
    } else if pixel_between(mask, at, heading, right) {
        heading
    } else {
        right
    }
}

/// Whether the pixel at a corner, between two directions from it, belongs to the mask.
fn pixel_between(mask: &Mask, at: (isize, isize), one: (isize, isize), two: (isize, isize)) -> bool {
    let (dx, dy) = (one.0 + two.0, one.1 + two.1);
    mask.has(at.0 + dx.min(0), at.1 + dy.min(0))
}
