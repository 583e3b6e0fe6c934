//! The numbers: what was measured, what was withheld, and why.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::selection::{Point, Region};

/// What a quality gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum GateCode {
    /// Share of region and surround that is burnt out or drowned in black.
    Clipped,
    /// Sharpness of the region.
    Blurred,
    /// How the light changes across region and surround.
    UnevenLight,
    /// How many pixels the region has.
    RegionSmall,
    /// Whether the region's colour is one that skin can have.
    RegionNotSkin,
    /// Whether the surround's colour is one that skin can have.
    SurroundNotSkin,
    /// Whether the light has another colour than the camera is set to.
    ColourCast,
    /// Whether the photo's colour profile can be read.
    ProfileUnreadable,
}

/// One quality gate: what it found, and where its limit lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Gate {
    /// What it looks at.
    pub code: GateCode,
    /// Whether numbers may be shown as far as this gate is concerned.
    pub passed: bool,
    /// In words: what is the matter and what to do, or that all is well.
    pub reason: String,
}

/// Why a number is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum WithheldCode {
    /// A gate did not pass: too much is burnt out or black.
    Clipped,
    /// A gate did not pass: the region is not sharp.
    Blurred,
    /// A gate did not pass: the light changes across region and surround.
    UnevenLight,
    /// A gate did not pass: too few pixels.
    RegionSmall,
    /// A gate did not pass: the region is not of a colour that skin has.
    RegionNotSkin,
    /// A gate did not pass: the surround is not of a colour that skin has.
    SurroundNotSkin,
    /// A gate did not pass: the light has a colour of its own.
    ColourCast,
    /// A gate did not pass: the photo's profile cannot be read.
    ProfileUnreadable,
    /// It needs a card of known colour in the photo.
    NeedsColourCard,
    /// It needs a card of known size in the photo.
    NeedsSizeCard,
    /// b* is 1 or less: the angle says nothing about such a colour.
    NotYellowEnough,
    /// There is no room for a ring around the region, or too little skin in it, and no surround was marked.
    NoSurround,
    /// The region holds two colours, and its middle lies in no one spot that is all there.
    RegionMixed,
    /// Nothing in the region stands out from the skin around it.
    NoSpot,
    /// The spot reaches the region's edge: its outline is not all there.
    SpotAtEdge,
}

/// One reason for withholding a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Withheld {
    /// For programs.
    pub code: WithheldCode,
    /// For people: what is the matter and what to do.
    pub reason: String,
}

/// A number, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "status", rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum Reading<T> {
    /// It was measured.
    Measured {
        /// The number.
        value: T,
    },
    /// It would mislead, or cannot be had.
    Withheld {
        /// Why; at least one.
        reasons: Vec<Withheld>,
    },
}

/// CIE L\*a\*b\*, D65, 2° observer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Lab {
    /// Lightness, 0 to 100.
    pub l: f64,
    /// Green to red.
    pub a: f64,
    /// Blue to yellow.
    pub b: f64,
}

/// The median colour of an area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Colour {
    /// In CIE L\*a\*b\*.
    pub lab: Lab,
    /// The nearest sRGB colour, `#rrggbb`, to show it.
    pub srgb: String,
}

/// The classes of the individual typology angle (Chardon 1991; Del Bino & Bernerd 2013).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum ColourClass {
    /// Above 55°.
    VeryLight,
    /// Above 41°.
    Light,
    /// Above 28°.
    Intermediate,
    /// Above 10°.
    Tan,
    /// Above −30°.
    Brown,
    /// −30° and below.
    Dark,
}

/// The individual typology angle and its class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Typology {
    /// atan2(L\* − 50, b\*) in degrees.
    pub angle_degrees: f64,
    /// Its class.
    pub class: ColourClass,
}

/// The skin that the region was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum Surround {
    /// A ring: what lies in `outer` but not in `inner` (the region with a margin).
    Ring {
        /// The ring's outer rectangle.
        outer: Region,
        /// Its hole.
        inner: Region,
    },
    /// A rectangle that the user marked.
    Marked {
        /// The rectangle.
        region: Region,
    },
}

/// The region compared with the skin around it. Holds without a card as long as the light is even.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Difference {
    /// Where the surround was taken from; `null` if there was no room for one.
    pub surround: Option<Surround>,
    /// The surround's colour.
    pub surround_colour: Reading<Colour>,
    /// ΔEI: redness of the region less that of the surround.
    pub redness: Reading<f64>,
    /// ΔMI: melanin index of the region less that of the surround.
    pub melanin: Reading<f64>,
    /// ΔE2000 between the two colours, 0 and up; about 1 is the least that the eye sees.
    pub delta_e: Reading<f64>,
}

/// How large the spot is in truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Millimetres {
    /// Area in square millimetres.
    pub area_mm2: f64,
    /// Longest diameter in millimetres.
    pub longest_mm: f64,
    /// The diameter across it in millimetres.
    pub perpendicular_mm: f64,
    /// Millimetres of one pixel.
    pub mm_per_px: f64,
}

/// The outline of the spot in the region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Outline {
    /// Area in square pixels.
    pub area_px: f64,
    /// Longest diameter in pixels.
    pub longest_px: f64,
    /// Width across the longest diameter in pixels.
    pub perpendicular_px: f64,
    /// Length of the outline in pixels, after Crofton.
    pub perimeter_px: f64,
    /// Share of the area that does not fall on itself when folded over the longer and over the
    /// shorter principal axis: 0 is symmetric, 1 not at all.
    pub asymmetry: [f64; 2],
    /// P²/4πA: 1 for a disc, more the more ragged or long.
    pub compactness: f64,
    /// The outline as a closed polygon, at most 256 points.
    pub polygon: Vec<Point>,
    /// The size in millimetres, where a card of known size is marked.
    pub millimetres: Reading<Millimetres>,
}

/// How even the region's lightness is, slow changes of the light taken away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Evenness {
    /// Median absolute deviation of L\*; 0 is perfectly even.
    pub deviation_l: f64,
}
