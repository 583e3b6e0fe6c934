//! The quality checks: what each found, in words, and which numbers it keeps from being shown.

use super::area::Area;
use super::surround::Surrounding;
use super::target::{MeasureTarget, REGION_PIXELS_MIN};
use super::{BLUR_MAX, blur, light};
use crate::colour::{SkinColour, lightness};
use crate::photo::{Crop, DecodedPhoto};
use crate::wire::{Gate, GateCode, Withheld, WithheldCode};

/// More of an area may not be burnt out or black.
pub const CLIPPED_SHARE_MAX: f64 = 0.02;
/// L\* may not change by more from one side of region and surround to the other.
pub const LIGHT_CHANGE_MAX: f64 = 12.0;

/// What the checks found.
pub struct QualityChecks {
    /// All of them, in a fixed order.
    pub told: Vec<Gate>,
    mixed: Option<Withheld>,
    region_clipped: bool,
    surround_clipped: bool,
}

impl QualityChecks {
    /// Looks at everything.
    pub fn run(photo: &DecodedPhoto, target: &MeasureTarget, surround: Option<&Surrounding>) -> Self {
        let region = &target.area;
        let light = Light::of(target, surround);
        let told = vec![
            clipped(region, surround),
            blurred(region, surround),
            uneven_light(region, surround),
            region_small(region),
            region_skin(&light, target),
            surround_skin(&light, surround),
            cast(&light),
            profile(photo),
        ];
        let over = |area: &Area| area.clipped_share > CLIPPED_SHARE_MAX;
        Self {
            told,
            mixed: target.mixed.clone(),
            region_clipped: over(region),
            surround_clipped: surround.is_some_and(|s| over(&s.area)),
        }
    }

    /// Why nothing can be said of the region's own colour.
    pub fn against_region(&self) -> Vec<Withheld> {
        let mut reasons = self.failed(&[GateCode::ColourCast]);
        reasons.extend(self.against_ratios());
        reasons
    }

    /// Why nothing can be said of what a colour cast leaves as it is: the region's redness and melanin less those
    /// of skin in the same light, and how even it is.
    pub fn against_ratios(&self) -> Vec<Withheld> {
        let mut reasons =
            self.failed(&[GateCode::RegionSmall, GateCode::RegionNotSkin, GateCode::ProfileUnreadable]);
        if self.region_clipped {
            reasons.extend(self.failed(&[GateCode::Clipped]));
        } else {
            reasons.extend(self.mixed.clone());
        }
        reasons
    }

    /// Why nothing can be said of the surround's colour.
    pub fn against_surround(&self) -> Vec<Withheld> {
        let mut reasons = self.failed(&[GateCode::SurroundNotSkin, GateCode::ProfileUnreadable]);
        if self.surround_clipped {
            reasons.extend(self.failed(&[GateCode::Clipped]));
        }
        reasons
    }

    /// Why nothing can be said of an outline.
    pub fn against_outline(&self) -> Vec<Withheld> {
        let mut reasons = self.failed(&[GateCode::Blurred, GateCode::RegionSmall]);
        if self.region_clipped {
            reasons.extend(self.failed(&[GateCode::Clipped]));
        }
        reasons
    }

    /// The reasons of those checks that did not pass.
    pub fn failed(&self, codes: &[GateCode]) -> Vec<Withheld> {
        self.told
            .iter()
            .filter(|gate| !gate.passed && codes.contains(&gate.code))
            .map(|gate| Withheld { code: withheld(gate.code), reason: gate.reason.clone() })
            .collect()
    }
}

fn withheld(code: GateCode) -> WithheldCode {
    match code {
        GateCode::Clipped => WithheldCode::Clipped,
        GateCode::Blurred => WithheldCode::Blurred,
        GateCode::UnevenLight => WithheldCode::UnevenLight,
        GateCode::RegionSmall => WithheldCode::RegionSmall,
        GateCode::RegionNotSkin => WithheldCode::RegionNotSkin,
        GateCode::SurroundNotSkin => WithheldCode::SurroundNotSkin,
        GateCode::ColourCast => WithheldCode::ColourCast,
        GateCode::ProfileUnreadable => WithheldCode::ProfileUnreadable,
    }
}

fn gate(code: GateCode, passed: bool, reason: impl Into<String>) -> Gate {
    Gate { code, passed, reason: reason.into() }
}

fn clipped(region: &Area, surround: Option<&Surrounding>) -> Gate {
    let share = surround.map_or(0.0, |s| s.area.clipped_share).max(region.clipped_share);
    let percent = share * 100.0;
    if share > CLIPPED_SHARE_MAX {
        let reason = format!(
            "{percent:.0} of 100 pixels are burnt out or black, so their colour is lost; take the photo again in \
             softer light, without flash"
        );
        return gate(GateCode::Clipped, false, reason);
    }
    gate(GateCode::Clipped, true, format!("{percent:.1} of 100 pixels are burnt out or black"))
}

fn blurred(region: &Area, surround: Option<&Surrounding>) -> Gate {
    let of = |crop: &Crop| {
        let lightness: Vec<f32> = crop.pixels.iter().map(|&pixel| lightness(pixel)).collect();
        blur(&lightness, crop.width, crop.height)
    };
    // The ring's rectangle holds the region too, and more to judge by.
    let crop = surround.filter(|s| s.is_ring()).map_or(&region.crop, |s| &s.area.crop);
    match of(crop) {
        Some(blur) if blur > BLUR_MAX => gate(
            GateCode::Blurred,
            false,
            "the photo is not sharp here, so edges and fine structure cannot be measured; hold the camera still, \
             let it focus, and take the photo again",
        ),
        Some(_) => gate(GateCode::Blurred, true, "sharp enough"),
        None => gate(GateCode::Blurred, true, "there is no detail to be sharp or blurred"),
    }
}

fn uneven_light(region: &Area, surround: Option<&Surrounding>) -> Gate {
    let change = light::change(region, surround);
    if change > LIGHT_CHANGE_MAX {
        let reason = format!(
            "the lightness changes by {change:.0} L* from one side to the other, so a difference may be the light's \
             and not the skin's; turn towards the light or use a smaller region"
        );
        return gate(GateCode::UnevenLight, false, reason);
    }
    gate(GateCode::UnevenLight, true, format!("the lightness changes by {change:.1} L* from side to side"))
}

fn region_small(region: &Area) -> Gate {
    let pixels = region.pixels();
    if pixels < REGION_PIXELS_MIN {
        let reason = format!(
            "the region has {pixels} pixels and {REGION_PIXELS_MIN} are needed; draw it larger or take the photo from \
             nearer"
        );
        return gate(GateCode::RegionSmall, false, reason);
    }
    gate(GateCode::RegionSmall, true, format!("the region has {pixels} pixels"))
}

/// In what light the colours of region and surround are skin's.
struct Light {
    region_fits: bool,
    surround_fits: bool,
    is_cast: bool,
}

impl Light {
    /// The light is one in which both are skin's. A spot's own colour may be in no such light, of a red one; then the
    /// surround alone tells the light, and the spot only has to be of a colour that something in skin can have.
    fn of(target: &MeasureTarget, surround: Option<&Surrounding>) -> Self {
        let fits = |colour: SkinColour| colour != SkinColour::NotSkin;
        let region = SkinColour::of(target.area.indices);
        let Some(around) = surround.map(|s| s.area.indices) else {
            let is_cast = region == SkinColour::Cast;
            return Self { region_fits: fits(region), surround_fits: true, is_cast };
        };
        let (skin, both) = (SkinColour::of(around), SkinColour::of_both([target.area.indices, around]));
        let spot_fits = target.is_spot && fits(skin) && target.area.indices.is_possible_in_skin();
        Self {
            region_fits: fits(region) || spot_fits,
            surround_fits: fits(skin),
            is_cast: match (both, skin) {
                (SkinColour::NotSkin, SkinColour::NotSkin) => region == SkinColour::Cast,
                (SkinColour::NotSkin, alone) => alone == SkinColour::Cast,
                (common, _) => common == SkinColour::Cast,
            },
        }
    }
}

fn region_skin(light: &Light, target: &MeasureTarget) -> Gate {
    let code = GateCode::RegionNotSkin;
    if target.area.clipped_share > CLIPPED_SHARE_MAX {
        return gate(code, true, "the region's colour is lost in burnt-out or black pixels");
    }
    skin(code, "region", light.region_fits)
}

fn surround_skin(light: &Light, surround: Option<&Surrounding>) -> Gate {
    let (code, what) = (GateCode::SurroundNotSkin, "skin around it");
    match surround {
        Some(_) => skin(code, what, light.surround_fits),
        None => gate(code, true, format!("there is no room for {what}")),
    }
}

fn skin(code: GateCode, what: &str, fits: bool) -> Gate {
    if fits {
        return gate(code, true, format!("the {what} has a colour that skin can have"));
    }
    let reason = format!(
        "the {what} has no colour that skin can have in any common light; draw it on skin, or use daylight or a grey \
         card"
    );
    gate(code, false, reason)
}

fn cast(light: &Light) -> Gate {
    if light.is_cast {
        let reason = "the light has a colour cast, so the colours themselves are not those of the skin; use daylight or \
                      a grey card. Differences of redness and melanin hold all the same";
        return gate(GateCode::ColourCast, false, reason);
    }
    gate(GateCode::ColourCast, true, "no colour cast is seen")
}

fn profile(photo: &DecodedPhoto) -> Gate {
    if photo.has_readable_profile() {
        return gate(GateCode::ProfileUnreadable, true, "the photo's colour profile is understood");
    }
    gate(
        GateCode::ProfileUnreadable,
        false,
        "the photo's colour profile cannot be read, so its colours are not known; save the photo as sRGB",
    )
}
