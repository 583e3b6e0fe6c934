//! Decodes a JPEG, PNG or WebP photo within limits, upright, into linear sRGB.

mod crop;
mod decode;
mod jpeg;
mod profile;

pub use crop::{Crop, PIXELS_MAX};
pub use decode::{DecodedPhoto, PHOTO_PIXELS_MAX, PhotoError};
