//! A measurement as it is stored and shown: photo, selection, results.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::reading::{Colour, Difference, Evenness, Gate, Outline, Reading, Typology};
use super::selection::Selection;

/// Stands beside every result, word for word.
pub const DISCLAIMER: &str = "This measures colour and size. It cannot detect disease. If a spot changes, bleeds or \
                              worries you, see a clinician.";

/// How the photo was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum PhotoFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

/// What is known of the photo's colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum ProfileKind {
    /// The ICC profile in the photo was used.
    Embedded,
    /// There is none: read as sRGB.
    AssumedSrgb,
    /// There is one that cannot be read; colours are withheld.
    Unreadable,
}

/// The photo that was measured. The photo itself is not kept, only a small picture of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Photo {
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// How it was packed.
    pub format: PhotoFormat,
    /// What is known of its colours.
    pub profile: ProfileKind,
    /// The profile's own name, such as "Display P3".
    pub profile_name: Option<String>,
}

/// All numbers of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Results {
    /// The region's median colour (after the card's correction, where there is a card).
    pub colour: Reading<Colour>,
    /// EI = 100·log10(R/G), linear channels.
    pub redness: Reading<f64>,
    /// MI = 100·log10(1/R), linear channel.
    pub melanin: Reading<f64>,
    /// The typology angle; only with a colour card.
    pub typology: Reading<Typology>,
    /// Compared with the skin around it.
    pub difference: Difference,
    /// The outline of the spot.
    pub outline: Reading<Outline>,
    /// How even it is.
    pub evenness: Reading<Evenness>,
    /// Every gate, passed or not, in a fixed order.
    pub gates: Vec<Gate>,
    /// Factors on the linear red, green and blue that the card led to; `null` without a card.
    pub card_gains: Option<[f64; 3]>,
}

/// One measurement as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Measurement {
    /// Grows with every measurement; never used twice.
    #[ts(type = "number")]
    pub id: i64,
    /// When it was measured.
    #[ts(type = "string")]
    pub created_at: Timestamp,
    /// The user's own words about it, at most 200 characters.
    pub note: Option<String>,
    /// The photo.
    pub photo: Photo,
    /// What was marked.
    pub selection: Selection,
    /// What was measured.
    pub results: Results,
    /// To be shown wherever a result is.
    pub disclaimer: String,
}

/// Measurements, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct MeasurementPage {
    /// At most as many as `limit` said.
    pub measurements: Vec<Measurement>,
    /// What to give as `before` for the next page; `null` on the last.
    #[ts(type = "number | null")]
    pub next_before: Option<i64>,
    /// How many are stored in all.
    #[ts(type = "number")]
    pub total: u64,
}
