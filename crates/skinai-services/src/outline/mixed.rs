//! Whether an area is of two colours.

use crate::wire::Lab;

/// Into how many steps the differences are sorted.
const BINS: usize = 256;
/// How much of an area has to be of a second colour for it to be mixed: a median stands for the rest until then.
const MIXED_SHARE_MIN: f64 = 0.25;
/// And how far that has to be from the first (ΔE\*ab): light and shade on a face reach 8.
const MIXED_CONTRAST_MIN: f32 = 10.0;

/// Whether colours are those of two things, of which a median would tell only one.
pub fn is_mixed(labs: &[Lab], common: Lab) -> bool {
    let differences: Vec<f32> = labs.iter().map(|lab| difference(*lab, common)).collect();
    let Some((threshold, contrast)) = otsu(&differences) else { return false };
    let other = differences.iter().filter(|&&d| d > threshold).count();
    contrast >= MIXED_CONTRAST_MIN && other as f64 >= MIXED_SHARE_MIN * labs.len() as f64
}

/// ΔE\*ab, the distance of two colours (CIE 1976).
fn difference(one: Lab, two: Lab) -> f32 {
    ((one.l - two.l).powi(2) + (one.a - two.a).powi(2) + (one.b - two.b).powi(2)).sqrt() as f32
}

/// The threshold that parts the values best (Otsu 1979), and how far the means of the two parts lie apart.
fn otsu(values: &[f32]) -> Option<(f32, f32)> {
    let top = values.iter().copied().fold(0.0, f32::max);
    if top <= 0.0 {
        return None;
    }
    let mut bins = [0u32; BINS];
    for value in values {
        bins[((value / top * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
    let middle = |bin: usize| (bin as f64 + 0.5) / BINS as f64;
    let total = values.len() as f64;
    let sum: f64 = bins.iter().enumerate().map(|(bin, &n)| f64::from(n) * middle(bin)).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let mut best: Option<(f64, f64, f64, f64)> = None;
    for (bin, &count) in bins.iter().enumerate().take(BINS - 1) {
        below += f64::from(count);
        sum_below += f64::from(count) * middle(bin);
        if below == 0.0 || below == total {
            continue;
        }
        let (low, high) = (sum_below / below, (sum - sum_below) / (total - below));
        let spread = below * (total - below) * (high - low).powi(2);
        // Of equally good thresholds (an empty stretch between two peaks) the middle one is taken.
        match &mut best {
            Some((found, _, last, _)) if (spread - *found).abs() <= *found * 1e-12 => *last = middle(bin),
            Some((found, ..)) if spread <= *found => {}
            _ => best = Some((spread, middle(bin), middle(bin), high - low)),
        }
    }
    let (_, first, last, contrast) = best?;
    Some((f64::midpoint(first, last) as f32 * top + 0.5 * top / BINS as f32, contrast as f32 * top))
}
