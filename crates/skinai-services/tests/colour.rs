//! The formulas against published values.

use skinai_services::colour::{
    ChromaIndices, Gains, Linear, SkinColour, chroma_indices, decode, delta_e_2000, encode, hex,
    lab_from_linear, melanin_index, parse_hex, redness_index, typology,
};
use skinai_services::wire::{ColourClass, Lab};

fn rgb(r: u8, g: u8, b: u8) -> Linear {
    [r, g, b].map(|channel| decode(f64::from(channel) / 255.0) as f32)
}

#[track_caller]
fn close(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{found} is not {wanted} ± {tolerance}");
}

const DARK: (u8, u8, u8) = (0x73, 0x52, 0x44);
const LIGHT: (u8, u8, u8) = (0xc2, 0x96, 0x82);

#[test]
fn the_two_patches_have_their_published_lab_and_indices() {
    let cases = [
        (DARK, [38.0168, 11.7968, 13.6644], -41.250, ColourClass::Dark, 30.789, 76.589),
        (LIGHT, [65.6673, 13.6745, 16.8985], 42.835, ColourClass::Light, 24.769, 26.803),
    ];
    for ((r, g, b), [l, a, b_star], ita, class, ei, mi) in cases {
        let colour = rgb(r, g, b);
        let lab = lab_from_linear(colour);
        close(lab.l, l, 5e-4);
        close(lab.a, a, 5e-4);
        close(lab.b, b_star, 5e-4);
        let typology = typology(lab).expect("yellow enough");
        close(typology.angle_degrees, ita, 2e-3);
        assert_eq!(typology.class, class);
        close(redness_index(colour), ei, 1e-3);
        close(melanin_index(colour), mi, 1e-3);
    }
}

#[test]
fn the_difference_of_the_two_patches_is_the_published_one() {
    let (dark, light) = (rgb(DARK.0, DARK.1, DARK.2), rgb(LIGHT.0, LIGHT.1, LIGHT.2));
    close(delta_e_2000(lab_from_linear(dark), lab_from_linear(light)), 27.440, 1e-3);
    close(redness_index(dark) - redness_index(light), 6.020, 1e-3);
    close(melanin_index(dark) - melanin_index(light), 49.786, 1e-3);
}

#[test]
fn differences_survive_coloured_light_as_far_as_eight_bits_allow() {
    let (dark, light) = (rgb(128, 82, 57), rgb(214, 150, 110));
    close(redness_index(dark) - redness_index(light), 6.458, 1e-3);
    close(melanin_index(dark) - melanin_index(light), 49.348, 1e-3);
}

#[test]
fn a_grey_card_takes_the_light_out() {
    let reference = parse_hex("#7a7a79").expect("a colour");
    let gains = Gains::from_card(rgb(135, 122, 102), reference).expect("not too dark");
    for (gain, wanted) in gains.0.into_iter().zip([0.80327, 1.0, 1.43903]) {
        close(gain, wanted, 1e-5);
    }
    for (read, corrected, ita) in
        [((214, 150, 110), (194, 150, 130), 42.835), ((128, 82, 57), (116, 82, 69), -41.754)]
    {
        let (r, g, b) = read;
        let colour = gains.apply(rgb(r, g, b));
        let (r, g, b) = corrected;
        assert_eq!(hex(colour), format!("#{r:02x}{g:02x}{b:02x}"));
        // The published angle is that of the corrected colour in eight bits.
        let angle = typology(lab_from_linear(rgb(r, g, b))).expect("yellow enough").angle_degrees;
        close(angle, ita, 2e-3);
    }
}

#[test]
fn a_black_card_gives_no_gains() {
    assert_eq!(Gains::from_card(rgb(10, 10, 10), rgb(122, 122, 121)), None);
}

#[test]
fn the_typology_angle_of_published_means_is_right() {
    for ((l, a, b), ita) in [((65.0, 7.1, 13.3), 48.44), ((49.2, 10.2, 18.4), -2.49)] {
        close(typology(Lab { l, a, b }).expect("yellow enough").angle_degrees, ita, 5e-3);
    }
}

#[test]
fn the_classes_change_where_they_are_said_to() {
    let class_at = |degrees: f64| {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        typology(Lab { l: 50.0 + 20.0 * sine, a: 10.0, b: 20.0 * cosine }).expect("yellow enough").class
    };
    for (edge, above, below) in [
        (55.0, ColourClass::VeryLight, ColourClass::Light),
        (41.0, ColourClass::Light, ColourClass::Intermediate),
        (28.0, ColourClass::Intermediate, ColourClass::Tan),
        (10.0, ColourClass::Tan, ColourClass::Brown),
        (-30.0, ColourClass::Brown, ColourClass::Dark),
    ] {
        assert_eq!(class_at(edge + 0.01), above);
        assert_eq!(class_at(edge - 0.01), below);
    }
}

#[test]
fn a_colour_without_yellow_has_no_typology_angle() {
    assert_eq!(typology(Lab { l: 60.0, a: 10.0, b: 1.0 }), None);
}

#[test]
fn delta_e_agrees_with_the_paper_that_defines_it() {
    let lab = |(l, a, b): (f64, f64, f64)| Lab { l, a, b };
    // Sharma, Wu, Dalal 2005, table 1.
    for (one, two, wanted) in [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ] {
        close(delta_e_2000(lab(one), lab(two)), wanted, 1e-4);
        close(delta_e_2000(lab(two), lab(one)), wanted, 1e-4);
    }
}

#[test]
fn indices_of_an_area_are_medians_over_its_pixels() {
    assert_eq!(chroma_indices(&[]), None);
    let pixels = [rgb(200, 150, 120), rgb(190, 150, 130), rgb(0, 0, 0)];
    let indices = chroma_indices(&pixels).expect("there are pixels");
    close(indices.ei, redness_index(pixels[1]), 1e-5);
    close(indices.mi, melanin_index(pixels[1]), 1e-5);
}

#[test]
fn encoding_undoes_decoding() {
    for value in 0..=255u8 {
        let encoded = f64::from(value) / 255.0;
        close(encode(decode(encoded)), encoded, 1e-7);
    }
}

#[test]
fn only_six_hexadecimal_digits_are_a_colour() {
    assert!(parse_hex("#7A7a79").is_some());
    for text in ["7a7a79", "#7a7a7", "#7a7a799", "#7a7a7g", "#+a7a79", "", "#äaaa"] {
        assert!(parse_hex(text).is_none(), "{text}");
    }
}

#[test]
fn skin_in_a_common_light_is_skin_and_other_things_are_not() {
    let of = |(ei, gb)| SkinColour::of(ChromaIndices { ei, mi: 40.0, gb });
    let skin = (24.8, 13.6);
    assert_eq!(of(skin), SkinColour::Plausible);
    // Skin in the illuminants A, F2 and LED-RGB1, with a camera set to D65.
    let lit = [(34.9, 54.9), (15.3, 22.4), (33.5, 70.3)].map(|(ei, gb)| (skin.0 + ei, skin.1 + gb));
    for light in lit {
        assert_eq!(of(light), SkinColour::Cast, "{light:?}");
    }
    // Foreheads of portraits that lack green, to the limit and above it.
    for forehead in [(45.3, 12.1), (42.9, 5.2)] {
        assert_eq!(of(forehead), SkinColour::Cast, "{forehead:?}");
    }
    // Too red for what it has of yellow; grey; an orange suit; blue ink; a leaf.
    for other in [(48.0, 5.2), (0.0, 0.0), (68.4, 37.7), (-13.0, -55.0), (-30.0, 60.0)] {
        assert_eq!(of(other), SkinColour::NotSkin, "{other:?}");
    }
}
