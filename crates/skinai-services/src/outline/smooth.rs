//! A median filter: noise and what is thin (a hair) go, edges stay where they are.

use crate::colour::{Linear, median_colour};

/// Each pixel as the median of those at most `radius` away across and down. What is thinner than `radius` pixels goes.
pub fn median_filtered(pixels: &[Linear], width: usize, radius: usize) -> Vec<Linear> {
    let height = pixels.len() / width.max(1);
    let mut near = Vec::with_capacity((2 * radius + 1).pow(2));
    (0..pixels.len())
        .map(|index| {
            let (x, y) = (index % width, index / width);
            let columns = x.saturating_sub(radius)..(x + radius + 1).min(width);
            near.clear();
            for row in y.saturating_sub(radius)..(y + radius + 1).min(height) {
                near.extend_from_slice(&pixels[row * width + columns.start..row * width + columns.end]);
            }
            median_colour(&near).unwrap_or(pixels[index])
        })
        .collect()
}
