//! CIE L\*a\*b\* (CIE 15:2018) of linear sRGB, D65, 2° observer.

use super::Linear;
use crate::wire::Lab;

/// Linear sRGB to CIE XYZ (IEC 61966-2-1).
const TO_XYZ: [[f64; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];

/// D65 as XYZ.
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

/// CIE L\*a\*b\* of a colour.
pub fn lab_from_linear(linear: Linear) -> Lab {
    let [x, y, z] = [0, 1, 2].map(|row| response(tristimulus(linear, row) / WHITE[row]));
    Lab { l: 116.0 * y - 16.0, a: 500.0 * (x - y), b: 200.0 * (y - z) }
}

/// L\* alone, 0 to 100.
pub fn lightness(linear: Linear) -> f32 {
    (116.0 * response(tristimulus(linear, 1)) - 16.0) as f32
}

fn tristimulus(linear: Linear, row: usize) -> f64 {
    TO_XYZ[row].iter().zip(linear).map(|(weight, channel)| weight * f64::from(channel)).sum()
}

/// The cube root with a straight foot.
fn response(t: f64) -> f64 {
    const DELTA: f64 = 6.0 / 29.0;
    if t > DELTA.powi(3) { t.cbrt() } else { t / (3.0 * DELTA * DELTA) + 4.0 / 29.0 }
}
