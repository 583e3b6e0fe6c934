//! CIEDE2000 (CIE 142-2001; Sharma, Wu, Dalal 2005).

use crate::wire::Lab;

/// ΔE2000 of two colours, with all weights 1. The symbols are those of the paper.
pub fn delta_e_2000(one: Lab, two: Lab) -> f64 {
    let mean_c = f64::midpoint(one.a.hypot(one.b), two.a.hypot(two.b));
    let g = 0.5 * (1.0 - seventh_root_term(mean_c));
    let (c1, h1) = polar(one, g);
    let (c2, h2) = polar(two, g);

    let dl = two.l - one.l;
    let dc = c2 - c1;
    let hue_turn = hue_difference(c1, h1, c2, h2);
    let dh = 2.0 * (c1 * c2).sqrt() * (hue_turn.to_radians() / 2.0).sin();

    let l = f64::midpoint(one.l, two.l);
    let c = f64::midpoint(c1, c2);
    let h = mean_hue(c1, h1, c2, h2);
    let cosine = |factor: f64, shift: f64| (factor * h + shift).to_radians().cos();
    let t = 1.0 - 0.17 * cosine(1.0, -30.0) + 0.24 * cosine(2.0, 0.0) + 0.32 * cosine(3.0, 6.0)
        - 0.20 * cosine(4.0, -63.0);

    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let sc = 1.0 + 0.045 * c;
    let sh = 1.0 + 0.015 * c * t;
    let turn = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rt = -(2.0 * turn).to_radians().sin() * 2.0 * seventh_root_term(c);

    let (l, c, h) = (dl / sl, dc / sc, dh / sh);
    (l * l + c * c + h * h + rt * c * h).sqrt()
}

/// √(C⁷ / (C⁷ + 25⁷))
fn seventh_root_term(c: f64) -> f64 {
    let c7 = c.powi(7);
    (c7 / (c7 + 25f64.powi(7))).sqrt()
}

/// C′ and h′ (degrees, 0 to 360; 0 for a grey).
fn polar(lab: Lab, g: f64) -> (f64, f64) {
    let a = (1.0 + g) * lab.a;
    let chroma = a.hypot(lab.b);
    let hue = if chroma == 0.0 { 0.0 } else { lab.b.atan2(a).to_degrees().rem_euclid(360.0) };
    (chroma, hue)
}

fn hue_difference(c1: f64, h1: f64, c2: f64, h2: f64) -> f64 {
    match h2 - h1 {
        _ if c1 * c2 == 0.0 => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    }
}

fn mean_hue(c1: f64, h1: f64, c2: f64, h2: f64) -> f64 {
    let sum = h1 + h2;
    if c1 * c2 == 0.0 {
        sum
    } else if (h1 - h2).abs() <= 180.0 {
        sum / 2.0
    } else if sum < 360.0 {
        (sum + 360.0) / 2.0
    } else {
        (sum - 360.0) / 2.0
    }
}
