//! What the user marks in a photo, in pixels of the upright photo.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A rectangle in pixels of the upright photo (turned as its EXIF orientation says), from its top
/// left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Region {
    /// Pixels from the left edge.
    pub x: u32,
    /// Pixels from the upper edge.
    pub y: u32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Region {
    /// The point in its middle.
    pub fn middle(&self) -> (f64, f64) {
        let along = |from: u32, length: u32| f64::from(from) + f64::from(length) / 2.0;
        (along(self.x, self.width), along(self.y, self.height))
    }

    /// Whether a point of the photo lies in it.
    pub fn contains(&self, (x, y): (f64, f64)) -> bool {
        let inside = |at: f64, from: u32, length: u32| at >= f64::from(from) && at < f64::from(from + length);
        inside(x, self.x, self.width) && inside(y, self.y, self.height)
    }
}

/// A point in pixels of the upright photo; pixel centres lie at halves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f64,
    /// Pixels from the upper edge.
    pub y: f64,
}

/// A grey (or other) card of known colour in the photo, to take the light's own colour out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Card {
    /// Where the card is; wholly on it, without its edge.
    pub region: Region,
    /// Its true colour in sRGB, `#rrggbb`.
    #[serde(default = "Card::default_reference")]
    #[ts(optional, as = "Option<String>")]
    pub reference: String,
}

impl Card {
    /// The grey of the usual card, "neutral 5".
    pub fn default_reference() -> String {
        "#7a7a79".to_owned()
    }
}

/// Which edge of the card the scale line follows. ISO/IEC 7810 ID-1 (bank cards): 85.60 × 53.98 mm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum CardEdge {
    /// 85.60 mm.
    Long,
    /// 53.98 mm.
    Short,
}

/// A line drawn along an edge of a bank card in the photo: what makes millimetres out of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Scale {
    /// One end of the edge.
    pub from: Point,
    /// Its other end.
    pub to: Point,
    /// Which edge it is.
    pub edge: CardEdge,
}

/// What the user marked in the photo.
///
/// `POST /v1/measurements` takes a `multipart/form-data` body of `photo` (the file), `selection` (this,
/// in JSON) and, if wanted, `note` (plain text). Instead of `selection`, its fields may be sent as
/// parts of their own names, which is easier by hand: `curl -F photo=@a.jpg -F 'region={…}'`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Selection {
    /// What is measured: the spot in which its middle lies, or all of it where nothing stands out.
    pub region: Region,
    /// The skin to compare with, where the user marked it; `null`: a ring around the region.
    pub surround: Option<Region>,
    /// The card of known colour, if there is one.
    pub card: Option<Card>,
    /// The edge of a card of known size, if there is one.
    pub scale: Option<Scale>,
}
