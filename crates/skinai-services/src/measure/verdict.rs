//! Every number, or the reasons why it is withheld.

use super::area::Area;
use super::quality_checks::QualityChecks;
use super::reasons::no_surround;
use super::surround::Surrounding;
use super::target::MeasureTarget;
use super::{lightness_deviation, spot};
use crate::colour::{Gains, delta_e_2000, lightness, typology};
use crate::photo::DecodedPhoto;
use crate::wire::{
    Difference, Evenness, GateCode, Outline, Reading, Results, Selection, Typology, Withheld, WithheldCode,
};

/// All numbers of a measurement.
pub fn results(
    photo: &DecodedPhoto,
    selection: &Selection,
    gains: Option<Gains>,
    target: &MeasureTarget,
    surround: Option<&Surrounding>,
) -> Results {
    let region = &target.area;
    let checks = QualityChecks::run(photo, target, surround);
    let against = checks.against_region();
    Results {
        colour: reading(against.clone(), || region.told_colour()),
        redness: reading(against.clone(), || region.indices.ei),
        melanin: reading(against, || region.indices.mi),
        typology: typology_reading(&checks, region, gains),
        difference: difference(&checks, region, surround),
        outline: outline_reading(&checks, target, selection),
        evenness: evenness(&checks, region),
        card_gains: gains.map(|gains| gains.0),
        gates: checks.told,
    }
}

fn reading<T>(reasons: Vec<Withheld>, value: impl FnOnce() -> T) -> Reading<T> {
    if reasons.is_empty() { Reading::Measured { value: value() } } else { Reading::Withheld { reasons } }
}

fn typology_reading(checks: &QualityChecks, region: &Area, gains: Option<Gains>) -> Reading<Typology> {
    let mut reasons = checks.against_region();
    reasons.extend(checks.failed(&[GateCode::UnevenLight]));
    if gains.is_none() {
        reasons.push(Withheld {
            code: WithheldCode::NeedsColourCard,
            reason: "without a grey card in the photo this angle would show the light more than the skin: a quarter \
                     of an exposure step gives the wrong class in about half of all cases"
                .to_owned(),
        });
    }
    match typology(region.lab) {
        Some(value) => reading(reasons, || value),
        None => {
            reasons.push(Withheld {
                code: WithheldCode::NotYellowEnough,
                reason: "the colour has too little yellow in it for this angle to mean anything".to_owned(),
            });
            Reading::Withheld { reasons }
        }
    }
}

fn difference(checks: &QualityChecks, region: &Area, surround: Option<&Surrounding>) -> Difference {
    let Some(surround) = surround else {
        let reasons = vec![no_surround()];
        return Difference {
            surround: None,
            surround_colour: Reading::Withheld { reasons: reasons.clone() },
            redness: Reading::Withheld { reasons: reasons.clone() },
            melanin: Reading::Withheld { reasons: reasons.clone() },
            delta_e: Reading::Withheld { reasons },
        };
    };
    let mut against = checks.against_ratios();
    for reason in checks.against_surround().into_iter().chain(checks.failed(&[GateCode::UnevenLight])) {
        if !against.contains(&reason) {
            against.push(reason);
        }
    }
    let (spot, skin) = (region.indices, surround.area.indices);
    // A gain for each channel cancels out in a difference of logarithms, and not in L*a*b*.
    let cast = checks.failed(&[GateCode::ColourCast]);
    Difference {
        surround: Some(surround.place),
        surround_colour: reading([cast.clone(), checks.against_surround()].concat(), || {
            surround.area.told_colour()
        }),
        redness: reading(against.clone(), || spot.ei - skin.ei),
        melanin: reading(against.clone(), || spot.mi - skin.mi),
        delta_e: reading([cast, against].concat(), || delta_e_2000(region.lab, surround.area.lab)),
    }
}

fn outline_reading(
    checks: &QualityChecks,
    target: &MeasureTarget,
    selection: &Selection,
) -> Reading<Outline> {
    let reasons = checks.against_outline();
    if !reasons.is_empty() {
        return Reading::Withheld { reasons };
    }
    match target.outlined.as_ref().map_err(Clone::clone).and_then(|spot| spot::outline(spot, selection.scale))
    {
        Ok(value) => Reading::Measured { value },
        Err(reason) => Reading::Withheld { reasons: vec![reason] },
    }
}

fn evenness(checks: &QualityChecks, region: &Area) -> Reading<Evenness> {
    let mut reasons = checks.against_ratios();
    reasons.extend(checks.failed(&[GateCode::Blurred]));
    let crop = &region.crop;
    reading(reasons, || {
        let lightness: Vec<f32> = crop.pixels.iter().map(|&pixel| lightness(pixel)).collect();
        let deviation_l = lightness_deviation(&lightness, crop.width, |index| region.has(index));
        Evenness { deviation_l: deviation_l.unwrap_or_default() }
    })
}
