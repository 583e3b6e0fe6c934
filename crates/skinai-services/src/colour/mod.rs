//! Colour of skin in numbers: CIE L\*a\*b\*, typology angle, redness, melanin index, ΔE2000.
//!
//! All of it starts from linear sRGB (IEC 61966-2-1), `[f32; 3]` with 0 as black and 1 as white.

mod card;
mod delta_e;
mod index;
mod spaces;
mod stat;

pub use card::Gains;
pub use delta_e::delta_e_2000;
pub use index::{
    ChromaIndices, PLAUSIBLE_EI, PLAUSIBLE_GB, SkinColour, chroma_indices, melanin_index, redness_index,
    typology,
};
pub use spaces::{decode, encode, hex, lab_from_linear, lightness, parse_hex};
pub use stat::{median, median_colour};

/// Linear red, green, blue.
pub type Linear = [f32; 3];
