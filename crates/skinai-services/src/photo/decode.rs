//! A decoded photo, and the small picture of it.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use thiserror::Error;

use super::jpeg;
use super::profile::Profile;
use crate::wire;

/// More pixels than any current phone makes; a larger photo is refused before it is decoded.
pub const PHOTO_PIXELS_MAX: u64 = 64_000_000;

/// What a decoder may allocate at a time, in bytes: the pixels of the largest photo with 16 bits in
/// four channels, and as much again in part.
const DECODER_BYTES_MAX: u64 = 768 << 20;

/// The longest side of the small picture that is stored.
const SMALL_SIDE_MAX: u32 = 320;

/// A decoded photo.
pub struct DecodedPhoto {
    pub(super) pixels: DynamicImage,
    pub(super) profile: Profile,
    format: wire::PhotoFormat,
}

/// Why a photo cannot be decoded.
#[derive(Debug, Error)]
pub enum PhotoError {
    /// Not JPEG, PNG or WebP.
    #[error("this is not a JPEG, PNG or WebP photo; save it as one of these and try again")]
    NotAPhoto,
    /// One of these, but damaged.
    #[error("this photo is broken or cut off ({0}); try the original file")]
    Broken(String),
    /// More pixels than are taken.
    #[error(
        "this photo has {width} × {height} pixels; at most {} million are taken, so make it smaller",
        PHOTO_PIXELS_MAX / 1_000_000
    )]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The decoder would take more memory than it may.
    #[error(
        "this photo takes too much memory to open; save it with at most {} million pixels, or as JPEG, and try again",
        PHOTO_PIXELS_MAX / 1_000_000
    )]
    TooMuchMemory,
}

impl From<ImageError> for PhotoError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooMuchMemory,
            other => Self::Broken(other.to_string()),
        }
    }
}

impl DecodedPhoto {
    /// Decodes a photo. Its size is checked before its pixels are unpacked.
    pub fn decode(bytes: &[u8]) -> Result<Self, PhotoError> {
        let (codec, format) = match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => (ImageFormat::Jpeg, wire::PhotoFormat::Jpeg),
            Ok(ImageFormat::Png) => (ImageFormat::Png, wire::PhotoFormat::Png),
            Ok(ImageFormat::WebP) => (ImageFormat::WebP, wire::PhotoFormat::Webp),
            _ => return Err(PhotoError::NotAPhoto),
        };
        if codec == ImageFormat::Jpeg && !jpeg::is_complete(bytes) {
            return Err(PhotoError::Broken("it ends in the middle".to_owned()));
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), codec);
        let mut limits = Limits::default();
        limits.max_alloc = Some(DECODER_BYTES_MAX);
        reader.limits(limits);
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > PHOTO_PIXELS_MAX {
            return Err(PhotoError::TooManyPixels { width, height });
        }
        let profile = Profile::read(decoder.icc_profile()?);
        let orientation = decoder.orientation()?;
        let mut pixels = DynamicImage::from_decoder(decoder)?;
        pixels.apply_orientation(orientation);
        Ok(Self { pixels, profile, format })
    }

    /// Pixels across, upright.
    pub fn width(&self) -> u32 {
        self.pixels.width()
    }

    /// Pixels down, upright.
    pub fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// Whether the colour profile, and so the colours, are known.
    pub fn has_readable_profile(&self) -> bool {
        self.profile.kind() != wire::ProfileKind::Unreadable
    }

    /// The description of the photo in a measurement.
    pub fn describe(&self) -> wire::Photo {
        wire::Photo {
            width: self.width(),
            height: self.height(),
            format: self.format,
            profile: self.profile.kind(),
            profile_name: self.profile.name(),
        }
    }

    /// A small JPEG of the photo, in sRGB and without any metadata (no place, no camera).
    pub fn small_picture(&self) -> Result<Vec<u8>, PhotoError> {
        let small = if self.width().max(self.height()) > SMALL_SIDE_MAX {
            self.pixels.thumbnail(SMALL_SIDE_MAX, SMALL_SIDE_MAX)
        } else {
            self.pixels.clone()
        };
        let small = self.profile.to_srgb8(&small.to_rgb16());
        let mut jpeg = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 82);
        small.write_with_encoder(encoder)?;
        Ok(jpeg)
    }
}
