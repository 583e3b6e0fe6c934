//! Photos made by the tests, and the real one.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod http;
pub mod readings;

use std::io::Cursor;
use std::path::PathBuf;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};
use skinai_services::wire::{Region, Selection};

/// A light skin tone with published values (`#c29682`).
pub const LIGHT: [u8; 3] = [194, 150, 130];
/// A dark one (`#735244`).
pub const DARK: [u8; 3] = [115, 82, 68];

/// The real photo: `skimage/data/astronaut.png` of scikit-image 0.26.0.
pub fn real_photo() -> Vec<u8> {
    let path = std::env::var_os("SKINAI_TEST_PHOTO").map(PathBuf::from).expect(
        "SKINAI_TEST_PHOTO must name skimage/data/astronaut.png of scikit-image 0.26.0; `cargo xtask test` sets it",
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("SKINAI_TEST_PHOTO {}: {error}", path.display()))
}

pub fn flat(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

/// Skin with an ellipse of another colour about its middle.
pub fn with_spot(size: u32, skin: [u8; 3], spot: [u8; 3], half_x: f64, half_y: f64) -> RgbImage {
    let middle = f64::from(size) / 2.0;
    RgbImage::from_fn(size, size, |x, y| {
        let (dx, dy) = (f64::from(x) + 0.5 - middle, f64::from(y) + 0.5 - middle);
        Rgb(if (dx / half_x).powi(2) + (dy / half_y).powi(2) <= 1.0 { spot } else { skin })
    })
}

pub fn png(picture: &RgbImage) -> Vec<u8> {
    packed(picture, ImageFormat::Png)
}

pub fn packed(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut bytes, format).expect("it can be packed");
    bytes.into_inner()
}

pub fn png_with_profile(picture: &RgbImage, icc: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(icc).expect("PNG carries profiles");
    encoder
        .write_image(picture, picture.width(), picture.height(), image::ExtendedColorType::Rgb8)
        .expect("it can be packed");
    bytes
}

pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 98).encode_image(picture).expect("it can be packed");
    bytes
}

/// A JPEG whose EXIF block says how it must be turned (TIFF tag 0x0112).
pub fn jpeg_with_orientation(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let tiff: [u8; 26] =
        [b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    let plain = jpeg(picture);
    let mut bytes = plain[..2].to_vec();
    bytes.extend([0xff, 0xe1, 0, (2 + 6 + tiff.len()) as u8]);
    bytes.extend(b"Exif\0\0");
    bytes.extend(tiff);
    bytes.extend(&plain[2..]);
    bytes
}

/// A JPEG of exactly `length` bytes: comments (ITU-T T.81, B.2.4.5) make up for what its picture lacks.
pub fn jpeg_of_length(length: usize, picture: &RgbImage) -> Vec<u8> {
    const COMMENT_MAX: usize = 2 + 0xffff;
    const COMMENT_MIN: usize = 2 + 2;
    let jpeg = jpeg(picture);
    let (start, rest) = jpeg.split_at(2);
    let mut padded = start.to_vec();
    let mut left = length.checked_sub(jpeg.len()).expect("the picture is smaller");
    while left > 0 {
        // What is left for the last comment has room for its marker.
        let size = if left > COMMENT_MAX { COMMENT_MAX.min(left - COMMENT_MIN) } else { left };
        padded.extend([0xff, 0xfe]);
        padded.extend(u16::try_from(size - 2).expect("a comment's length").to_be_bytes());
        padded.resize(padded.len() + size - 4, b' ');
        left -= size;
    }
    padded.extend(rest);
    padded
}

pub fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
    Region { x, y, width, height }
}

pub fn only(region: Region) -> Selection {
    Selection { region, surround: None, card: None, scale: None }
}
