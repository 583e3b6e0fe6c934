//! What a measurement says.

use skinai_services::measure::measure;
use skinai_services::photo::DecodedPhoto;
use skinai_services::wire::{GateCode, Reading, Results, Selection, WithheldCode};

#[track_caller]
pub fn measured<T: Clone + std::fmt::Debug>(reading: &Reading<T>) -> T {
    match reading {
        Reading::Measured { value } => value.clone(),
        Reading::Withheld { reasons } => panic!("withheld: {reasons:?}"),
    }
}

#[track_caller]
pub fn withheld<T: std::fmt::Debug>(reading: &Reading<T>) -> Vec<WithheldCode> {
    match reading {
        Reading::Measured { value } => panic!("measured: {value:?}"),
        Reading::Withheld { reasons } => reasons.iter().map(|reason| reason.code).collect(),
    }
}

pub fn results(photo: &[u8], selection: &Selection) -> Results {
    let photo = DecodedPhoto::decode(photo).expect("a photo");
    measure(&photo, selection).expect("a selection that can be measured")
}

pub fn failed(results: &Results) -> Vec<GateCode> {
    results.gates.iter().filter(|gate| !gate.passed).map(|gate| gate.code).collect()
}

#[track_caller]
pub fn close(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{found} is not {wanted} ± {tolerance}");
}
