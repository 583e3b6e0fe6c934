//! Checks what is marked, and measures it.

use thiserror::Error;

use super::{spot, surround, target, verdict};
use crate::colour::{Gains, median_colour, parse_hex};
use crate::photo::{Crop, DecodedPhoto};
use crate::wire::{Card, Region, Results, Scale, Selection};

/// A region with a shorter side is refused: too few pixels for any number.
pub const REGION_SIDE_MIN: u32 = 8;
/// A shorter scale line is refused: a pixel more or less would be more than five in a hundred.
pub const SCALE_PIXELS_MIN: f64 = 20.0;

/// More of the card may not be burnt out or black.
const CLIPPED_SHARE_MAX: f64 = 0.01;

/// Why a selection cannot be measured.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SelectionError {
    /// A rectangle or a point lies outside the photo.
    #[error("the {what} is not wholly inside the photo of {width} × {height} pixels; draw it again")]
    Outside {
        /// Which of what was marked.
        what: &'static str,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A rectangle has too few pixels.
    #[error(
        "the {what} is too small to measure; draw it at least {REGION_SIDE_MIN} × {REGION_SIDE_MIN} pixels large"
    )]
    TooSmall {
        /// Which of what was marked.
        what: &'static str,
    },
    /// The scale line is too short.
    #[error("the line along the card's edge is too short; draw it from corner to corner of the card")]
    ScaleTooShort,
    /// The card's colour is not of its form.
    #[error("the card's colour must be #rrggbb, such as #7a7a79, not {0:?}")]
    CardColour(String),
    /// The card cannot be used.
    #[error("the card is {0} in this photo; take the photo again with the card in even, moderate light")]
    CardUnusable(&'static str),
}

/// Measures what is marked in a photo.
pub fn measure(photo: &DecodedPhoto, selection: &Selection) -> Result<Results, SelectionError> {
    check(photo, selection)?;
    let gains = card_gains(photo, selection.card.as_ref())?;
    let applied = gains.unwrap_or(Gains::NONE);
    let target = target::MeasureTarget::find(photo, selection.region, applied);
    let surround = surround::Surrounding::find(photo, selection, target.bounds, applied);
    Ok(verdict::results(photo, selection, gains, &target, surround.as_ref()))
}

fn check(photo: &DecodedPhoto, selection: &Selection) -> Result<(), SelectionError> {
    check_rectangle(photo, "region", selection.region)?;
    if let Some(surround) = selection.surround {
        check_rectangle(photo, "surround", surround)?;
    }
    if let Some(card) = &selection.card {
        check_rectangle(photo, "card", card.region)?;
    }
    selection.scale.map_or(Ok(()), |scale| check_scale(photo, scale))
}

fn check_rectangle(photo: &DecodedPhoto, what: &'static str, region: Region) -> Result<(), SelectionError> {
    let fits = |from: u32, length: u32, size: u32| u64::from(from) + u64::from(length) <= u64::from(size);
    let (width, height) = (photo.width(), photo.height());
    if !fits(region.x, region.width, width) || !fits(region.y, region.height, height) {
        return Err(SelectionError::Outside { what, width, height });
    }
    if region.width.min(region.height) < REGION_SIDE_MIN {
        return Err(SelectionError::TooSmall { what });
    }
    Ok(())
}

fn check_scale(photo: &DecodedPhoto, scale: Scale) -> Result<(), SelectionError> {
    let (width, height) = (photo.width(), photo.height());
    for point in [scale.from, scale.to] {
        let inside =
            (0.0..=f64::from(width)).contains(&point.x) && (0.0..=f64::from(height)).contains(&point.y);
        if !inside {
            return Err(SelectionError::Outside { what: "line along the card's edge", width, height });
        }
    }
    if spot::length(scale) < SCALE_PIXELS_MIN {
        return Err(SelectionError::ScaleTooShort);
    }
    Ok(())
}

/// The gains that the card leads to; `None` without a card, or where the photo's colours are unknown.
fn card_gains(photo: &DecodedPhoto, card: Option<&Card>) -> Result<Option<Gains>, SelectionError> {
    let Some(card) = card else { return Ok(None) };
    let reference = parse_hex(&card.reference)
        .ok_or_else(|| SelectionError::CardColour(card.reference.chars().take(40).collect()))?;
    if !photo.has_readable_profile() {
        return Ok(None);
    }
    let crop = Crop::take(photo, card.region, Gains::NONE);
    let clipped = crop.clipped.iter().filter(|&&clipped| clipped).count();
    let dark = SelectionError::CardUnusable("too dark");
    let measured = median_colour(&crop.pixels).ok_or(dark.clone())?;
    let gains = Gains::from_card(measured, reference).ok_or(dark)?;
    if clipped as f64 > CLIPPED_SHARE_MAX * crop.clipped.len() as f64 {
        return Err(SelectionError::CardUnusable("burnt out"));
    }
    Ok(Some(gains))
}
