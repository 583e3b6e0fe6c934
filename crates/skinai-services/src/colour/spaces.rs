//! sRGB (IEC 61966-2-1), and CIE L\*a\*b\* (CIE 15:2018, D65, 2° observer).

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

/// Linear light of an sRGB value, both 0…1.
pub fn decode(encoded: f64) -> f64 {
    if encoded <= 0.040_45 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}

/// The sRGB value of linear light, both 0…1.
pub fn encode(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// The nearest 8-bit sRGB colour, as `#rrggbb`.
pub fn hex(linear: Linear) -> String {
    let [r, g, b] = linear.map(|c| (encode(f64::from(c).clamp(0.0, 1.0)) * 255.0).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Linear colour of `#rrggbb`.
pub fn parse_hex(text: &str) -> Option<Linear> {
    let digits = text
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    Some([16, 8, 0].map(|shift| decode(f64::from((value >> shift) & 0xff) / 255.0) as f32))
}

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
