//! How even an area's lightness is, slow changes of the light taken away.

use crate::colour::median;

/// The wide Gaussian's standard deviation, as a share of the longer side.
const SIGMA: f64 = 1.0 / 8.0;

/// Median absolute deviation of L\*, after a wide Gaussian is taken away, over the pixels that count. `lightness` is
/// row by row. `None` of nothing.
pub fn lightness_deviation(lightness: &[f32], width: usize, counts: impl Fn(usize) -> bool) -> Option<f64> {
    let height = lightness.len() / width.max(1);
    let mut counted: Vec<f32> = (0..lightness.len()).filter(|&i| counts(i)).map(|i| lightness[i]).collect();
    // What does not count must not shine into what does.
    let common = median(&mut counted)?;
    let filled: Vec<f32> =
        (0..lightness.len()).map(|i| if counts(i) { lightness[i] } else { common }).collect();
    let slow = wide_gaussian(&filled, width, height);
    let mut quick: Vec<f32> =
        (0..lightness.len()).filter(|&i| counts(i)).map(|i| lightness[i] - slow[i]).collect();
    let middle = median(&mut quick)?;
    median(&mut quick.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>()).map(f64::from)
}

/// A Gaussian as three box means in each direction (Wells 1986), each over the pixels that there are.
fn wide_gaussian(values: &[f32], width: usize, height: usize) -> Vec<f32> {
    let sigma = (width.max(height) as f64 * SIGMA).max(2.0);
    // Three boxes of 2r + 1 have the variance 3·((2r + 1)² − 1)/12.
    let radius = (((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
    let mut values = values.to_vec();
    for _ in 0..3 {
        for row in 0..height {
            box_mean(&mut values, row * width, 1, width, radius);
        }
        for column in 0..width {
            box_mean(&mut values, column, width, height, radius);
        }
    }
    values
}

/// The running mean of a line of `count` values, `stride` apart.
fn box_mean(values: &mut [f32], start: usize, stride: usize, count: usize, radius: usize) {
    let line: Vec<f64> = (0..count).map(|i| f64::from(values[start + i * stride])).collect();
    let mut sum: f64 = line.iter().take(radius).sum();
    for i in 0..count {
        if let Some(coming) = line.get(i + radius) {
            sum += coming;
        }
        if i > radius {
            sum -= line[i - radius - 1];
        }
        let there = (i + radius).min(count - 1) + 1 - i.saturating_sub(radius);
        values[start + i * stride] = (sum / there as f64) as f32;
    }
}
