//! Medians.

use super::Linear;

/// The middle value; the mean of the two middle ones where their number is even. `None` of nothing.
pub fn median(values: &mut [f32]) -> Option<f32> {
    if values.is_empty() {
        return None;
    }
    let half = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, middle, _) = values.select_nth_unstable_by(half, f32::total_cmp);
    let middle = *middle;
    if !even {
        return Some(middle);
    }
    let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    Some(f32::midpoint(lower, middle))
}

/// The median of each channel by itself. `None` of nothing.
pub fn median_colour(pixels: &[Linear]) -> Option<Linear> {
    let mut colour = [0.0; 3];
    for (channel, slot) in colour.iter_mut().enumerate() {
        *slot = median(&mut pixels.iter().map(|pixel| pixel[channel]).collect::<Vec<_>>())?;
    }
    Some(colour)
}
