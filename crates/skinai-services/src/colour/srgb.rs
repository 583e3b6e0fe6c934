//! The sRGB transfer function (IEC 61966-2-1).

use super::Linear;

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
