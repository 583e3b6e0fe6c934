//! Damaged photos and absurd selections are refused, and never bring the backend down.

mod common;

use common::*;
use image::ImageFormat;
use proptest::prelude::*;
use proptest::sample::Index;
use skinai_services::measure::measure;
use skinai_services::photo::DecodedPhoto;
use skinai_services::wire::{Card, CardEdge, Point, Region, Results, Scale, Selection};

fn photos() -> impl Strategy<Value = Vec<u8>> {
    let picture = with_spot(64, LIGHT, DARK, 18.0, 12.0);
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    prop_oneof![
        Just(png(&picture)),
        Just(jpeg(&picture)),
        Just(packed(&picture, ImageFormat::WebP)),
        Just(jpeg_with_orientation(&picture, 6)),
        Just(png_with_profile(&picture, profile)),
    ]
}

fn regions() -> impl Strategy<Value = Region> {
    let number = || prop_oneof![0..80u32, any::<u32>()];
    (number(), number(), number(), number()).prop_map(|(x, y, width, height)| region(x, y, width, height))
}

fn selections() -> impl Strategy<Value = Selection> {
    let point = || (-10.0..80.0, -10.0..80.0).prop_map(|(x, y)| Point { x, y });
    let scale = (point(), point()).prop_map(|(from, to)| Scale { from, to, edge: CardEdge::Short });
    let card = (regions(), "#[0-9a-f]{6}").prop_map(|(region, reference)| Card { region, reference });
    (regions(), prop::option::of(regions()), prop::option::of(card), prop::option::of(scale))
        .prop_map(|(region, surround, card, scale)| Selection { region, surround, card, scale })
}

proptest! {
    #[test]
    fn a_damaged_photo_never_panics(
        mut bytes in photos(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12),
        kept in any::<Index>(),
        cut in any::<bool>(),
    ) {
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if cut {
            bytes.truncate(kept.index(bytes.len()));
        }
        if let Ok(photo) = DecodedPhoto::decode(&bytes) {
            let _ = photo.small_picture();
            let _ = measure(&photo, &only(region(0, 0, 40, 40)));
        }
    }

    #[test]
    fn whatever_is_marked_is_measured_or_refused(bytes in photos(), selection in selections()) {
        let photo = DecodedPhoto::decode(&bytes).expect("a photo");
        if let Ok(results) = measure(&photo, &selection) {
            let json = serde_json::to_string(&results).expect("JSON");
            // A number that is none would be stored as null, and the measurement never read again.
            prop_assert!(serde_json::from_str::<Results>(&json).is_ok(), "{json}");
        }
    }
}
