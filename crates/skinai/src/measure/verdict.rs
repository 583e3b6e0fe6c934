//! Every number, or the reasons why it is withheld.

use super::area::{Area, Surrounding};
use super::gates::Gates;
use super::{lightness_deviation, spot};
use crate::colour::{Gains, delta_e_2000, lightness, typology};
use crate::photo::Photo;
use crate::wire::{
    Difference, Evenness, GateCode, Outline, Reading, Results, Selection, Typology, Withheld, WithheldCode,
};

/// All numbers of a measurement.
pub fn results(
    photo: &Photo,
    selection: &Selection,
    gains: Option<Gains>,
    region: &Area,
    surround: Option<&Surrounding>,
) -> Results {
    let gates = Gates::check(photo, region, surround);
    let against = gates.against_region();
    Results {
        colour: reading(against.clone(), || region.told_colour()),
        redness: reading(against.clone(), || region.indices.ei),
        melanin: reading(against, || region.indices.mi),
        typology: typology_reading(&gates, region, gains),
        difference: difference(&gates, region, surround),
        outline: outline_reading(&gates, region, surround, selection),
        evenness: evenness(&gates, region),
        card_gains: gains.map(|gains| gains.0),
        gates: gates.told,
    }
}

fn reading<T>(reasons: Vec<Withheld>, value: impl FnOnce() -> T) -> Reading<T> {
    if reasons.is_empty() { Reading::Measured { value: value() } } else { Reading::Withheld { reasons } }
}

fn typology_reading(gates: &Gates, region: &Area, gains: Option<Gains>) -> Reading<Typology> {
    let mut reasons = gates.against_region();
    reasons.extend(gates.failed(&[GateCode::UnevenLight]));
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

fn difference(gates: &Gates, region: &Area, surround: Option<&Surrounding>) -> Difference {
    let Some(surround) = surround else {
        let reasons = vec![Withheld {
            code: WithheldCode::NoSurround,
            reason:
                "there is no room around the region; mark some skin to compare with, or take the photo from \
                     further away"
                    .to_owned(),
        }];
        return Difference {
            surround: None,
            surround_colour: Reading::Withheld { reasons: reasons.clone() },
            redness: Reading::Withheld { reasons: reasons.clone() },
            melanin: Reading::Withheld { reasons: reasons.clone() },
            delta_e: Reading::Withheld { reasons },
        };
    };
    let mut against = gates.against_region();
    for reason in gates.against_surround().into_iter().chain(gates.failed(&[GateCode::UnevenLight])) {
        if !against.contains(&reason) {
            against.push(reason);
        }
    }
    let (spot, skin) = (region.indices, surround.area.indices);
    Difference {
        surround: Some(surround.place),
        surround_colour: reading(gates.against_surround(), || surround.area.told_colour()),
        redness: reading(against.clone(), || spot.ei - skin.ei),
        melanin: reading(against.clone(), || spot.mi - skin.mi),
        delta_e: reading(against, || delta_e_2000(region.lab, surround.area.lab)),
    }
}

fn outline_reading(
    gates: &Gates,
    region: &Area,
    surround: Option<&Surrounding>,
    selection: &Selection,
) -> Reading<Outline> {
    let reasons = gates.against_outline();
    if !reasons.is_empty() {
        return Reading::Withheld { reasons };
    }
    match spot::outline(&region.crop, surround.map(|s| s.area.lab), selection.scale) {
        Ok(value) => Reading::Measured { value },
        Err(reason) => Reading::Withheld { reasons: vec![reason] },
    }
}

fn evenness(gates: &Gates, region: &Area) -> Reading<Evenness> {
    let mut reasons = gates.against_region();
    reasons.extend(gates.failed(&[GateCode::Blurred]));
    let crop = &region.crop;
    reading(reasons, || {
        let lightness: Vec<f32> = crop.pixels.iter().map(|&pixel| lightness(pixel)).collect();
        Evenness { deviation_l: lightness_deviation(&lightness, crop.width, crop.height).unwrap_or_default() }
    })
}
