//! A card of known colour, which takes the light's own colour and strength out of a photo.

use super::Linear;

/// A channel of the card darker than this (linear) says nothing about the light.
const TOO_DARK: f32 = 0.01;

/// Factors on the linear channels of the whole photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gains(pub [f64; 3]);

impl Gains {
    /// No change.
    pub const NONE: Self = Self([1.0; 3]);

    /// What turns the card's colour in the photo into its true one. `None` where the card is too
    /// dark to divide by.
    pub fn from_card(measured: Linear, reference: Linear) -> Option<Self> {
        if measured.iter().any(|&channel| channel < TOO_DARK) {
            return None;
        }
        Some(Self([0, 1, 2].map(|c| f64::from(reference[c]) / f64::from(measured[c]))))
    }

    /// The colour under the reference light. It may exceed 1.
    pub fn apply(&self, linear: Linear) -> Linear {
        [0, 1, 2].map(|c| (f64::from(linear[c]) * self.0[c]) as f32)
    }
}
