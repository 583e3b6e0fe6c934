//! A median filter: noise and what is thin (a hair) go, edges stay where they are.

use crate::colour::{Linear, median};

/// Each pixel as the median of those at most `radius` away across, and then down, each channel by itself. What is
/// thinner than `radius` pixels goes.
pub fn median_filtered(pixels: &[Linear], width: usize, radius: usize) -> Vec<Linear> {
    let height = pixels.len() / width.max(1);
    let mut filtered = pixels.to_vec();
    for row in 0..height {
        filter_line(&mut filtered, row * width, 1, width, radius);
    }
    for column in 0..width {
        filter_line(&mut filtered, column, width, height, radius);
    }
    filtered
}

/// A line of `count` pixels, `stride` apart.
fn filter_line(pixels: &mut [Linear], start: usize, stride: usize, count: usize, radius: usize) {
    let line: Vec<Linear> = (0..count).map(|i| pixels[start + i * stride]).collect();
    let mut near = Vec::with_capacity(2 * radius + 1);
    for i in 0..count {
        let window = &line[i.saturating_sub(radius)..(i + radius + 1).min(count)];
        pixels[start + i * stride] = [0, 1, 2].map(|channel| {
            near.clear();
            near.extend(window.iter().map(|pixel| pixel[channel]));
            median(&mut near).unwrap_or(line[i][channel])
        });
    }
}
