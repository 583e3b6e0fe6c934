//! The card of known colour.

use super::SelectionError;
use crate::colour::{Gains, median_colour, parse_hex};
use crate::photo::{Crop, Photo};
use crate::wire::Card;

/// More of the card may not be burnt out or black.
const CLIPPED_SHARE_MAX: f64 = 0.01;

/// The gains that the card leads to; `None` without a card, or where the photo's colours are unknown.
pub fn gains(photo: &Photo, card: Option<&Card>) -> Result<Option<Gains>, SelectionError> {
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
