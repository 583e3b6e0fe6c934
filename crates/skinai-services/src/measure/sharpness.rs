//! How blurred a picture is.

/// A picture above it is not sharp.
pub const BLUR_MAX: f64 = 0.75;
/// Neighbouring pixels that differ by less than this on average (L\*) show nothing to be sharp.
const DETAIL_MIN: f64 = 0.05;
/// The length of the mean that the picture is compared with.
const MEAN_PIXELS: usize = 9;

/// Blur from 0 (sharp) to 1: how much of the differences of neighbours is left when the picture is
/// blurred once more (Crété-Roffet and others 2007). `None` where there is nothing to judge it by.
pub fn blur(lightness: &[f32], width: usize, height: usize) -> Option<f64> {
    if width.min(height) < MEAN_PIXELS + 2 {
        return None;
    }
    let across = direction((0..height).map(|row| (row * width, 1, width)), lightness);
    let down = direction((0..width).map(|column| (column, width, height)), lightness);
    [across, down].into_iter().flatten().reduce(f64::max)
}

fn direction(lines: impl Iterator<Item = (usize, usize, usize)>, lightness: &[f32]) -> Option<f64> {
    let (mut before, mut lost, mut pairs) = (0.0, 0.0, 0u64);
    for (start, stride, count) in lines {
        let line: Vec<f64> = (0..count).map(|i| f64::from(lightness[start + i * stride])).collect();
        let mean: Vec<f64> =
            line.windows(MEAN_PIXELS).map(|window| window.iter().sum::<f64>() / MEAN_PIXELS as f64).collect();
        let inner = &line[MEAN_PIXELS / 2..];
        for i in 1..mean.len() {
            let difference = (inner[i] - inner[i - 1]).abs();
            before += difference;
            lost += (difference - (mean[i] - mean[i - 1]).abs()).max(0.0);
            pairs += 1;
        }
    }
    (pairs > 0 && before / pairs as f64 >= DETAIL_MIN).then(|| (before - lost) / before)
}
