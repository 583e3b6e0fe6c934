//! From photo to numbers: decoding, profiles, gates, the card, the spot.

mod common;

use common::readings::*;
use common::*;
use image::{ImageFormat, Rgb, RgbImage, imageops};
use skinai_services::measure::{SelectionError, measure};
use skinai_services::photo::{DecodedPhoto, PhotoError};
use skinai_services::wire::{
    Card, CardEdge, Colour, ColourClass, GateCode, PhotoFormat, Point, ProfileKind, Scale, Selection,
    Surround, WithheldCode,
};

#[test]
fn a_flat_patch_of_each_format_has_the_published_colour() {
    for (format, kind) in [(ImageFormat::Png, PhotoFormat::Png), (ImageFormat::WebP, PhotoFormat::Webp)] {
        let bytes = packed(&flat(120, 100, LIGHT), format);
        assert_eq!(DecodedPhoto::decode(&bytes).expect("a photo").describe().format, kind);
        let results = results(&bytes, &only(region(40, 30, 40, 40)));
        let Colour { lab, srgb } = measured(&results.colour);
        assert_eq!(srgb, "#c29682");
        close(lab.l, 65.6673, 1e-2);
        close(lab.a, 13.6745, 1e-2);
        close(lab.b, 16.8985, 1e-2);
        close(measured(&results.redness), 24.769, 1e-2);
        close(measured(&results.melanin), 26.803, 1e-2);
        assert_eq!(failed(&results), []);
        assert_eq!(withheld(&results.outline), [WithheldCode::NoSpot]);
        close(measured(&results.evenness).deviation_l, 0.0, 1e-3);
        close(measured(&results.difference.delta_e), 0.0, 1e-3);
    }
    let jpeg = results(&jpeg(&flat(120, 100, LIGHT)), &only(region(40, 30, 40, 40)));
    close(measured(&jpeg.redness), 24.769, 0.8);
}

#[test]
fn without_a_card_the_typology_angle_is_withheld() {
    let results = results(&png(&flat(120, 100, LIGHT)), &only(region(40, 30, 40, 40)));
    assert_eq!(withheld(&results.typology), [WithheldCode::NeedsColourCard]);
    assert_eq!(results.card_gains, None);
}

#[test]
fn a_card_corrects_the_whole_photo_and_allows_the_typology_angle() {
    let mut picture = flat(200, 120, [214, 150, 110]);
    imageops::replace(&mut picture, &flat(40, 40, [135, 122, 102]), 150, 10);
    let card = Card { region: region(152, 12, 36, 36), reference: Card::default_reference() };
    let selection = Selection { card: Some(card), ..only(region(30, 30, 40, 40)) };
    let results = results(&png(&picture), &selection);
    assert_eq!(measured(&results.colour).srgb, "#c29682");
    let typology = measured(&results.typology);
    close(typology.angle_degrees, 42.835, 0.3);
    assert_eq!(typology.class, ColourClass::Light);
    for (gain, wanted) in results.card_gains.expect("gains").into_iter().zip([0.80327, 1.0, 1.43903]) {
        close(gain, wanted, 1e-4);
    }
}

#[test]
fn a_card_that_is_black_burnt_out_or_of_no_colour_is_refused() {
    let card = |reference: &str| Card { region: region(0, 0, 20, 20), reference: reference.to_owned() };
    for (colour, reference) in
        [([8, 8, 8], "#7a7a79"), ([255, 255, 255], "#7a7a79"), ([122, 122, 121], "grey")]
    {
        let mut picture = flat(120, 100, LIGHT);
        imageops::replace(&mut picture, &flat(20, 20, colour), 0, 0);
        let photo = DecodedPhoto::decode(&png(&picture)).expect("a photo");
        let selection = Selection { card: Some(card(reference)), ..only(region(60, 40, 30, 30)) };
        let error = measure(&photo, &selection).expect_err("no usable card");
        match error {
            SelectionError::CardUnusable(_) => assert_ne!(reference, "grey"),
            SelectionError::CardColour(_) => assert_eq!(reference, "grey"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_real_photo_gives_its_known_numbers() {
    let bytes = real_photo();
    let photo = DecodedPhoto::decode(&bytes).expect("a photo").describe();
    assert_eq!((photo.width, photo.height, photo.profile), (512, 512, ProfileKind::Embedded));
    let cheek = results(&bytes, &only(region(195, 128, 15, 12)));
    close(measured(&cheek.redness), 18.72, 0.005);
    assert_eq!(measured(&cheek.colour).srgb, "#d7b498");
    let suit = results(&bytes, &only(region(60, 300, 70, 45)));
    assert!(failed(&suit).contains(&GateCode::RegionNotSkin));
    for reading in [&suit.redness, &suit.melanin, &suit.difference.redness] {
        assert!(withheld(reading).contains(&WithheldCode::RegionNotSkin));
    }
    assert!(withheld(&suit.colour).contains(&WithheldCode::RegionNotSkin));
}

#[test]
fn a_blurred_photo_withholds_edges_but_not_colour() {
    let picture = image::load_from_memory(&real_photo()).expect("a photo").to_rgb8();
    let sharp = results(&png(&picture), &only(region(173, 68, 99, 99)));
    assert!(!failed(&sharp).contains(&GateCode::Blurred), "{:?}", sharp.gates);
    let blurred = imageops::blur(&picture, 6.0);
    let results = results(&png(&blurred), &only(region(173, 68, 99, 99)));
    assert!(failed(&results).contains(&GateCode::Blurred), "{:?}", results.gates);
    assert!(withheld(&results.outline).contains(&WithheldCode::Blurred));
    assert!(withheld(&results.evenness).contains(&WithheldCode::Blurred));
    measured(&results.redness);
}

#[test]
fn a_display_p3_photo_is_read_in_its_own_colours() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    // #c29682 in Display P3, of its definition (SMPTE EG 432-1 primaries, D65).
    let bytes = png_with_profile(&flat(120, 100, [187, 152, 133]), p3);
    let described = DecodedPhoto::decode(&bytes).expect("a photo").describe();
    assert_eq!(described.profile, ProfileKind::Embedded);
    assert!(described.profile_name.is_some_and(|name| name.contains("P3")));
    let colour = measured(&results(&bytes, &only(region(40, 30, 40, 40))).colour);
    close(colour.lab.l, 65.6673, 0.5);
    close(colour.lab.a, 13.6745, 0.6);
    close(colour.lab.b, 16.8985, 0.6);
}

#[test]
fn a_profile_that_cannot_be_read_withholds_the_colours() {
    let bytes = png_with_profile(&flat(120, 100, LIGHT), vec![7; 400]);
    let results = results(&bytes, &only(region(40, 30, 40, 40)));
    assert_eq!(failed(&results), [GateCode::ProfileUnreadable]);
    assert_eq!(withheld(&results.colour), [WithheldCode::ProfileUnreadable]);
    assert_eq!(withheld(&results.difference.delta_e), [WithheldCode::ProfileUnreadable]);
}

#[test]
fn a_photo_is_measured_upright_whatever_way_it_is_stored() {
    // Upright: light above, dark below.
    let upright = RgbImage::from_fn(160, 240, |_, y| Rgb(if y < 120 { LIGHT } else { DARK }));
    let stored = [
        (1, upright.clone()),
        (3, imageops::rotate180(&upright)),
        (6, imageops::rotate270(&upright)),
        (8, imageops::rotate90(&upright)),
    ];
    for (orientation, picture) in stored {
        let bytes = jpeg_with_orientation(&picture, orientation);
        let photo = DecodedPhoto::decode(&bytes).expect("a photo");
        assert_eq!((photo.width(), photo.height()), (160, 240), "orientation {orientation}");
        let above = measured(&results(&bytes, &only(region(40, 20, 60, 60))).colour).lab.l;
        let below = measured(&results(&bytes, &only(region(40, 160, 60, 60))).colour).lab.l;
        assert!(above > 60.0 && below < 45.0, "orientation {orientation}: {above}, {below}");
    }
}

#[test]
fn burnt_out_and_black_pixels_withhold_the_colour() {
    for extreme in [[255, 255, 255], [0, 0, 0]] {
        let mut picture = flat(120, 100, LIGHT);
        imageops::replace(&mut picture, &flat(10, 40, extreme), 45, 30);
        let results = results(&png(&picture), &only(region(40, 30, 40, 40)));
        assert!(failed(&results).contains(&GateCode::Clipped));
        assert_eq!(withheld(&results.colour), [WithheldCode::Clipped]);
    }
}

#[test]
fn uneven_light_withholds_the_comparison() {
    let picture = RgbImage::from_fn(200, 200, |x, _| {
        Rgb(LIGHT.map(|channel| (f64::from(channel) * (0.55 + 0.45 * f64::from(x) / 200.0)) as u8))
    });
    let results = results(&png(&picture), &only(region(60, 60, 80, 80)));
    assert!(failed(&results).contains(&GateCode::UnevenLight), "{:?}", results.gates);
    assert!(withheld(&results.difference.delta_e).contains(&WithheldCode::UnevenLight));
    assert!(withheld(&results.typology).contains(&WithheldCode::UnevenLight));
}

#[test]
fn a_spot_is_compared_with_its_skin_and_outlined() {
    let bytes = png(&with_spot(200, LIGHT, DARK, 40.0, 20.0));
    // The long edge of a bank card over 171.2 pixels: half a millimetre a pixel.
    let scale =
        Scale { from: Point { x: 0.0, y: 50.0 }, to: Point { x: 171.2, y: 50.0 }, edge: CardEdge::Long };
    let selection = Selection { scale: Some(scale), ..only(region(50, 60, 100, 80)) };
    let outline = measured(&results(&bytes, &selection).outline);
    close(outline.area_px, 2509.0, 8.0);
    // Analytic 1.1888; how the pixels' centres lie moves it by a hundredth or two.
    close(outline.compactness, 1.19, 2e-2);
    assert!(outline.asymmetry.into_iter().all(|share| share < 0.01));
    assert!(outline.polygon.len() <= 256);
    assert!(outline.polygon.iter().all(|p| (59.0..=141.0).contains(&p.x) && (79.0..=121.0).contains(&p.y)));
    let millimetres = measured(&outline.millimetres);
    close(millimetres.mm_per_px, 0.5, 1e-9);
    close(millimetres.longest_mm, 40.0, 1.0);
    close(millimetres.area_mm2, outline.area_px / 4.0, 1e-9);

    let inside = results(
        &bytes,
        &Selection { surround: Some(region(10, 10, 40, 40)), ..only(region(85, 92, 30, 16)) },
    );
    close(measured(&inside.difference.delta_e), 27.440, 1e-2);
    close(measured(&inside.difference.redness), 6.020, 1e-2);
    close(measured(&inside.difference.melanin), 49.786, 1e-2);
    assert!(matches!(inside.difference.surround, Some(Surround::Marked { .. })));
    assert_eq!(withheld(&inside.outline), [WithheldCode::SpotAtEdge]);
}

#[test]
fn millimetres_need_a_card_of_known_size() {
    let bytes = png(&with_spot(200, LIGHT, DARK, 40.0, 20.0));
    let outline = measured(&results(&bytes, &only(region(50, 60, 100, 80))).outline);
    assert_eq!(withheld(&outline.millimetres), [WithheldCode::NeedsSizeCard]);
}

#[test]
fn a_spot_that_reaches_the_edge_has_no_outline() {
    let bytes = png(&with_spot(200, LIGHT, DARK, 40.0, 20.0));
    let results = results(&bytes, &only(region(90, 60, 100, 80)));
    assert_eq!(withheld(&results.outline), [WithheldCode::SpotAtEdge]);
}

#[test]
fn a_region_as_large_as_the_photo_has_no_surround() {
    let results = results(&png(&flat(64, 64, LIGHT)), &only(region(0, 0, 64, 64)));
    assert_eq!(results.difference.surround, None);
    assert_eq!(withheld(&results.difference.delta_e), [WithheldCode::NoSurround]);
    measured(&results.redness);
}

#[test]
fn a_region_of_few_pixels_is_told_so() {
    let results = results(&png(&flat(64, 64, LIGHT)), &only(region(20, 20, 10, 10)));
    assert_eq!(failed(&results), [GateCode::RegionSmall]);
    assert_eq!(withheld(&results.redness), [WithheldCode::RegionSmall]);
}

#[test]
fn what_lies_outside_or_is_too_small_is_refused() {
    let photo = DecodedPhoto::decode(&png(&flat(64, 48, LIGHT))).expect("a photo");
    let error = |selection: &Selection| measure(&photo, selection).expect_err("refused");
    for outside in [region(60, 0, 10, 10), region(0, 40, 10, 10), region(u32::MAX, 0, u32::MAX, 20)] {
        let error = error(&only(outside));
        assert_eq!(error, SelectionError::Outside { what: "region", width: 64, height: 48 });
    }
    assert_eq!(error(&only(region(0, 0, 7, 40))), SelectionError::TooSmall { what: "region" });
    let surround = Selection { surround: Some(region(50, 50, 20, 20)), ..only(region(0, 0, 20, 20)) };
    assert!(matches!(error(&surround), SelectionError::Outside { what: "surround", .. }));
    let line =
        |x: f64| Scale { from: Point { x: 1.0, y: 1.0 }, to: Point { x, y: 1.0 }, edge: CardEdge::Short };
    let scaled = |x: f64| Selection { scale: Some(line(x)), ..only(region(0, 0, 20, 20)) };
    assert_eq!(error(&scaled(5.0)), SelectionError::ScaleTooShort);
    assert!(matches!(error(&scaled(99.0)), SelectionError::Outside { .. }));
    assert!(matches!(error(&scaled(f64::NAN)), SelectionError::Outside { .. }));
}

#[test]
fn what_is_no_photo_or_broken_is_told_apart() {
    let error = |bytes: &[u8]| DecodedPhoto::decode(bytes).err().expect("refused");
    for other in
        [&b"hello"[..], b"", b"GIF89a\x01\0\x01\0\0\0\0;", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
    {
        assert!(matches!(error(other), PhotoError::NotAPhoto));
    }
    let picture = with_spot(120, LIGHT, DARK, 30.0, 20.0);
    for whole in [png(&picture), jpeg(&picture), packed(&picture, ImageFormat::WebP)] {
        assert!(DecodedPhoto::decode(&whole).is_ok());
        for part in [whole.len() * 3 / 4, whole.len() / 2, whole.len() / 10, 14] {
            let refused = DecodedPhoto::decode(&whole[..part]).err();
            assert!(matches!(refused, Some(PhotoError::Broken(_))), "{part} of {}: {refused:?}", whole.len());
        }
    }
}

#[test]
fn a_decompression_bomb_is_refused_before_it_is_unpacked() {
    let mut bomb = png(&flat(8, 8, LIGHT));
    // The PNG header's width and height, and its checksum (PNG, 11.2.2).
    bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    let checksum = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = DecodedPhoto::decode(&bomb).err().expect("refused");
    assert!(matches!(error, PhotoError::TooManyPixels { width: 50_000, height: 50_000 }), "{error}");
}

/// CRC-32 as in PNG, annex D.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn the_small_picture_is_small_and_carries_no_metadata() {
    let photo = DecodedPhoto::decode(&jpeg_with_orientation(&flat(900, 600, LIGHT), 6)).expect("a photo");
    let small = photo.small_picture().expect("a picture");
    let decoded = image::load_from_memory(&small).expect("a JPEG");
    assert_eq!((decoded.width(), decoded.height()), (213, 320));
    assert!(!small.windows(4).any(|window| window == b"Exif"));
}
