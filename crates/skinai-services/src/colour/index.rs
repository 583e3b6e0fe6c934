//! Redness, melanin index, and the individual typology angle.

use std::ops::RangeInclusive;

use super::{Linear, median};
use crate::wire::{ColourClass, Lab, Typology};

/// Redness that skin can have in the light that the camera is set to: EI of measured skin lies in it.
pub const PLAUSIBLE_EI: RangeInclusive<f64> = 11.1..=36.0;
/// 100·log10(G/B) that skin can have.
pub const PLAUSIBLE_GB: RangeInclusive<f64> = 5.2..=32.1;

/// Below this a channel is as good as black, and its logarithm noise: half a step of 8-bit sRGB.
const FLOOR: f32 = 0.5 / 255.0 / 12.92;

/// The indices of an area, each the median over its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChromaIndices {
    /// Redness, 100·log10(R/G).
    pub ei: f64,
    /// Melanin index, 100·log10(1/R).
    pub mi: f64,
    /// 100·log10(G/B), only to tell skin from other things.
    pub gb: f64,
}

/// How much CIE illuminant A (incandescent light, 2856 K) adds to EI and to 100·log10(G/B) where the camera is set
/// to D65: both by its white of x 0.44757, y 0.40745 (CIE 15) in linear sRGB, (1.845, 0.826, 0.233). Other common
/// lights add the same two in nearly the same proportion: F2 (fluorescent, 4230 K) 0.42 of it, D75 (shade, 7500 K)
/// −0.1.
const INCANDESCENT: (f64, f64) = (34.9, 54.9);
/// The common lights from shade (D75) to the warmest lamp of the standard illuminants (LED-RGB1), in hundredths of
/// [`INCANDESCENT`].
const COMMON_LIGHTS: RangeInclusive<i32> = -10..=116;
/// By how much EI goes up, and 100·log10(G/B) down, where the green of a light is weaker than that, or the camera takes
/// it for stronger. Of the standard illuminants (CIE 15:2018: D, F1 to F12, LED) LED-RGB1 has −6.8 and F5 −5.9, LED-B3
/// 2.6; a camera that is set to one of them and has daylight is off by as much the other way. Green light itself is left
/// out, since grey things would be skin in it; most skin in F5 fits without it.
const COMMON_TINTS: RangeInclusive<i32> = 0..=7;

/// Light that is no cast: as far from the one that the camera is set to as shade is.
const NEUTRAL_LIGHTS: RangeInclusive<i32> = -10..=10;
/// What a spot in skin can have. Blood and melanin are what colours it, and both take more from green than from red.
/// No survey gives an upper limit, so that these only keep out what is blue or green.
const POSSIBLE_EI_MIN: f64 = 0.0;
/// Blood takes more from green than from blue, and melanin the reverse.
const POSSIBLE_GB_MIN: f64 = -10.0;

/// Whether a colour is one of skin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkinColour {
    /// Skin can have it in white light.
    Plausible,
    /// Skin can have it in light of another colour than the camera is set to.
    Cast,
    /// Skin has it in no common light.
    NotSkin,
}

impl ChromaIndices {
    /// Whether skin has this colour in a light: a share of [`INCANDESCENT`] in hundredths, and what it lacks of green.
    fn is_skin_in(&self, percent: i32, tint: i32) -> bool {
        let (share, tint) = (f64::from(percent) / 100.0, f64::from(tint));
        PLAUSIBLE_EI.contains(&(self.ei - share * INCANDESCENT.0 - tint))
            && PLAUSIBLE_GB.contains(&(self.gb - share * INCANDESCENT.1 + tint))
    }

    /// Whether a spot in skin can have this colour, in white light or light of a lamp.
    pub fn is_possible_in_skin(&self) -> bool {
        self.ei >= POSSIBLE_EI_MIN && self.gb >= POSSIBLE_GB_MIN
    }
}

impl SkinColour {
    /// Of a colour alone.
    pub fn of(colour: ChromaIndices) -> Self {
        Self::in_lights(COMMON_TINTS, |percent, tint| colour.is_skin_in(percent, tint))
    }

    /// Of two colours in one light. Where they differ, blood changes them as missing green does, so that only the
    /// lights that lack none are looked at.
    pub fn of_both(colours: [ChromaIndices; 2]) -> Self {
        Self::in_lights(0..=0, |percent, tint| colours.iter().all(|colour| colour.is_skin_in(percent, tint)))
    }

    fn in_lights(tints: RangeInclusive<i32>, fits: impl Fn(i32, i32) -> bool) -> Self {
        if NEUTRAL_LIGHTS.into_iter().any(|percent| fits(percent, 0)) {
            Self::Plausible
        } else if tints.into_iter().any(|tint| COMMON_LIGHTS.into_iter().any(|percent| fits(percent, tint))) {
            Self::Cast
        } else {
            Self::NotSkin
        }
    }
}

/// EI = 100·log10(R/G) of linear channels (after Takiwaki 1994; Fullerton 1996). It is redness,
/// not haemoglobin.
pub fn redness_index(linear: Linear) -> f64 {
    hundred_log_ratio(linear[0], linear[1])
}

/// MI = 100·log10(1/R) of the linear red channel.
pub fn melanin_index(linear: Linear) -> f64 {
    hundred_log_ratio(1.0, linear[0])
}

/// The indices of an area. The median is taken over the pixels' indices, not over their channels:
/// a ratio of two medians belongs to no pixel. `None` of no pixels.
pub fn chroma_indices(pixels: &[Linear]) -> Option<ChromaIndices> {
    let over = |index: fn(Linear) -> f64| {
        median(&mut pixels.iter().map(|&pixel| index(pixel) as f32).collect::<Vec<_>>()).map(f64::from)
    };
    Some(ChromaIndices {
        ei: over(redness_index)?,
        mi: over(melanin_index)?,
        gb: over(|pixel| hundred_log_ratio(pixel[1], pixel[2]))?,
    })
}

/// The individual typology angle (Chardon 1991; Del Bino & Bernerd 2013). `None` where b\* is 1 or
/// less: the angle of a colour without yellow says nothing.
pub fn typology(lab: Lab) -> Option<Typology> {
    if lab.b <= 1.0 {
        return None;
    }
    let angle_degrees = (lab.l - 50.0).atan2(lab.b).to_degrees();
    let class = match angle_degrees {
        a if a > 55.0 => ColourClass::VeryLight,
        a if a > 41.0 => ColourClass::Light,
        a if a > 28.0 => ColourClass::Intermediate,
        a if a > 10.0 => ColourClass::Tan,
        a if a > -30.0 => ColourClass::Brown,
        _ => ColourClass::Dark,
    };
    Some(Typology { angle_degrees, class })
}

fn hundred_log_ratio(above: f32, below: f32) -> f64 {
    100.0 * (f64::from(above.max(FLOOR)) / f64::from(below.max(FLOOR))).log10()
}
