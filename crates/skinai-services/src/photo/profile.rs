//! The ICC profile of a photo: from the photo's own colours to sRGB.

use std::sync::Arc;

use image::{ImageBuffer, Rgb, RgbImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, ProfileText, TransformExecutor, TransformOptions};

use crate::wire::ProfileKind;

/// A profile of more bytes than this is taken for damage.
const PROFILE_BYTES_MAX: usize = 4 << 20;

/// How a photo's colours are to be read.
pub struct Profile {
    kind: ProfileKind,
    name: Option<String>,
    to_srgb: Option<Arc<dyn TransformExecutor<u16> + Send + Sync>>,
}

impl Profile {
    /// Reads the profile that a photo carries, if it carries one.
    pub fn read(icc: Option<Vec<u8>>) -> Self {
        let Some(icc) = icc.filter(|icc| !icc.is_empty()) else {
            return Self { kind: ProfileKind::AssumedSrgb, name: None, to_srgb: None };
        };
        let profile =
            (icc.len() <= PROFILE_BYTES_MAX).then(|| ColorProfile::new_from_slice(&icc).ok()).flatten();
        let name = profile.as_ref().and_then(name_of);
        match profile.as_ref().and_then(transform) {
            Some(to_srgb) if is_srgb(&*to_srgb) => Self { kind: ProfileKind::Embedded, name, to_srgb: None },
            Some(to_srgb) => Self { kind: ProfileKind::Embedded, name, to_srgb: Some(to_srgb) },
            None => Self { kind: ProfileKind::Unreadable, name, to_srgb: None },
        }
    }

    /// What is known of the colours.
    pub fn kind(&self) -> ProfileKind {
        self.kind
    }

    /// The profile's own name.
    pub fn name(&self) -> Option<String> {
        self.name.clone()
    }

    /// Turns 16-bit pixels (red, green, blue, one after the other) into sRGB.
    pub fn apply(&self, pixels: &mut Vec<u16>) {
        let Some(to_srgb) = &self.to_srgb else { return };
        let mut converted = vec![0; pixels.len()];
        // It fails only where the lengths do not match, and they are the same.
        if to_srgb.transform(pixels, &mut converted).is_ok() {
            *pixels = converted;
        }
    }

    /// A picture in 8-bit sRGB.
    pub fn to_srgb8(&self, picture: &ImageBuffer<Rgb<u16>, Vec<u16>>) -> RgbImage {
        let mut pixels = picture.as_raw().clone();
        self.apply(&mut pixels);
        RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
            let at = (y as usize * picture.width() as usize + x as usize) * 3;
            Rgb([0, 1, 2].map(|c| ((u32::from(pixels[at + c]) + 128) / 257) as u8))
        })
    }
}

fn transform(profile: &ColorProfile) -> Option<Arc<dyn TransformExecutor<u16> + Send + Sync>> {
    if profile.color_space != DataColorSpace::Rgb {
        return None;
    }
    let options = TransformOptions { prefer_fixed_point: false, ..TransformOptions::default() };
    profile.create_transform_16bit(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, options).ok()
}

/// Whether a conversion to sRGB changes nothing but by rounding. The usual sRGB profile holds rounded
/// numbers; converting by them moves redness by a few hundredths, and nothing is won.
fn is_srgb(to_srgb: &(dyn TransformExecutor<u16> + Send + Sync)) -> bool {
    /// One step of 8 bits.
    const ROUNDING: u16 = 257;
    /// So many values of each channel.
    const STEPS: u16 = 6;
    let channel = |step: u16| step % STEPS * (u16::MAX / (STEPS - 1));
    let colours: Vec<u16> =
        (0..STEPS.pow(3)).flat_map(|n| [n, n / STEPS, n / STEPS / STEPS].map(channel)).collect();
    let mut converted = vec![0; colours.len()];
    to_srgb.transform(&colours, &mut converted).is_ok()
        && colours.iter().zip(&converted).all(|(from, to)| from.abs_diff(*to) <= ROUNDING)
}

fn name_of(profile: &ColorProfile) -> Option<String> {
    let name = match profile.description.as_ref()? {
        ProfileText::PlainString(text) => text.clone(),
        ProfileText::Localizable(texts) => texts.first()?.value.clone(),
        ProfileText::Description(text) => text.ascii_string.clone(),
    };
    let name: String = name.trim_matches(['\0', ' ']).chars().filter(|c| !c.is_control()).take(80).collect();
    (!name.is_empty()).then_some(name)
}
