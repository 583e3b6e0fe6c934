//! Careless rectangles: what is measured where the rectangle is not drawn just around one clear spot.

mod common;

use common::readings::*;
use common::*;
use image::{Rgb, RgbImage};
use skinai_services::colour::{decode, delta_e_2000, encode, lab_from_linear};
use skinai_services::wire::{GateCode, Results, Selection, WithheldCode};

/// Skin with spots: each a disc with its middle, radius and colour.
struct Scene {
    size: u32,
    skin: [u8; 3],
    spots: Vec<(f64, f64, f64, [u8; 3])>,
    /// How many times as broad as high the spots are.
    stretch: f64,
    /// The standard deviation of their edges, in pixels.
    soft: f64,
    /// The standard deviation of the noise, in 8-bit steps.
    noise: f64,
}

impl Scene {
    fn one(skin: [u8; 3], spot: [u8; 3]) -> Self {
        let spots = vec![(120.0, 120.0, 32.0, spot)];
        Self { size: 240, skin, spots, stretch: 1.0, soft: 0.0, noise: 0.0 }
    }

    fn draw(&self) -> RgbImage {
        let mut random = fastrand::Rng::with_seed(0x9e37_79b9_7f4a_7c15);
        RgbImage::from_fn(self.size, self.size, |x, y| {
            let mut colour = linear(self.skin);
            for &(middle_x, middle_y, radius, spot) in &self.spots {
                let away =
                    ((f64::from(x) + 0.5 - middle_x) / self.stretch).hypot(f64::from(y) + 0.5 - middle_y);
                // A logistic edge, within a hundredth of a Gaussian one.
                let share = if self.soft > 0.0 {
                    1.0 / (1.0 + (-1.702 * (radius - away) / self.soft).exp())
                } else {
                    f64::from(u8::from(away < radius))
                };
                let spot = linear(spot);
                colour = [0, 1, 2].map(|c| colour[c] * (1.0 - share) + spot[c] * share);
            }
            let noisy = |channel: f64| encode(channel) * 255.0 + self.noise * normal(&mut random);
            Rgb(colour.map(noisy).map(|value| value.round().clamp(2.0, 253.0) as u8))
        })
    }

    fn measure(&self, selection: &Selection) -> Results {
        results(&png(&self.draw()), selection)
    }
}

/// The polar form of Box and Muller.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

fn linear(colour: [u8; 3]) -> [f64; 3] {
    colour.map(|channel| decode(f64::from(channel) / 255.0))
}

/// A square of twice `half` about a place.
fn square(x: f64, y: f64, half: f64) -> Selection {
    let side = (2.0 * half).round() as u32;
    let from = |at: f64| (at - half).round().max(0.0) as u32;
    only(region(from(x), from(y), side, side))
}

/// ΔE2000, ΔEI, ΔMI of two colours as they are drawn.
fn differences(spot: [u8; 3], skin: [u8; 3]) -> [f64; 3] {
    let lab = |colour| lab_from_linear(linear(colour).map(|channel| channel as f32));
    let (one, two) = (linear(spot), linear(skin));
    let redness = |c: [f64; 3]| 100.0 * (c[0] / c[1]).log10();
    let melanin = |c: [f64; 3]| -100.0 * c[0].log10();
    [delta_e_2000(lab(spot), lab(skin)), redness(one) - redness(two), melanin(one) - melanin(two)]
}

#[track_caller]
fn differs(results: &Results, [delta_e, redness, melanin]: [f64; 3], tolerance: f64) {
    close(measured(&results.difference.delta_e), delta_e, tolerance);
    close(measured(&results.difference.redness), redness, tolerance);
    close(measured(&results.difference.melanin), melanin, tolerance);
}

const FAINT: [u8; 3] = [174, 130, 110];
/// ΔEI 6.34 at the same L\*.
const REDDER: [u8; 3] = [203, 147, 129];
const RED: [u8; 3] = [214, 142, 128];
const TAN: [u8; 3] = [141, 95, 74];
const LIGHTER: [u8; 3] = [182, 136, 114];
const VERY_DARK: [u8; 3] = [69, 48, 40];

#[test]
fn inside_a_spot_that_fills_the_photo_nothing_is_compared() {
    // The spot leaves skin in the corners only.
    let scene =
        Scene { size: 80, spots: vec![(40.0, 40.0, 38.0, DARK)], noise: 1.5, ..Scene::one(LIGHT, DARK) };
    for times in [0.3, 0.6, 1.0] {
        let found = scene.measure(&square(40.0, 40.0, 38.0 * times));
        assert_eq!(withheld(&found.difference.delta_e), [WithheldCode::NoSurround], "{times}");
        assert_eq!(withheld(&found.difference.melanin), [WithheldCode::NoSurround], "{times}");
        close(measured(&found.colour).lab.l, 38.0, 0.5);
    }
}

#[test]
fn inside_a_spot_that_leaves_the_photo_the_spot_is_not_taken_for_skin() {
    let scene = Scene { spots: vec![(16.0, 120.0, 32.0, DARK)], noise: 1.5, ..Scene::one(LIGHT, DARK) };
    for half in [8.0, 12.0, 16.0] {
        let found = scene.measure(&square(16.0, 120.0, half));
        differs(&found, differences(DARK, LIGHT), 1.5);
        assert_eq!(withheld(&found.outline), [WithheldCode::SpotAtEdge]);
    }
}

#[test]
fn a_faint_spot_is_told_from_noise() {
    for (noise, stretch) in [(4.0, 1.0), (2.0, 0.5), (4.0, 2.0)] {
        for spot in [FAINT, REDDER] {
            let scene = Scene { noise, stretch, ..Scene::one(LIGHT, spot) };
            for times in [0.5, 1.0, 2.5] {
                let found = scene.measure(&square(120.0, 120.0, 32.0 * times));
                differs(&found, differences(spot, LIGHT), 1.5);
            }
        }
    }
}

#[test]
fn noise_alone_is_no_spot() {
    for noise in [2.0, 4.0, 6.0] {
        let found = Scene { noise, ..Scene::one(LIGHT, LIGHT) }.measure(&square(120.0, 120.0, 40.0));
        assert_eq!(withheld(&found.outline), [WithheldCode::NoSpot], "{noise}");
        differs(&found, [0.0; 3], 0.5);
    }
}

/// Slanted hairs, two pixels wide.
fn with_hairs(mut picture: RgbImage, count: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    for (hair, y) in (0..count).flat_map(|hair| (0..height).map(move |y| (hair, y))) {
        let x = (hair * 2 + 1) * width / (2 * count) + y / 5;
        (x..(x + 2).min(width)).for_each(|x| picture.put_pixel(x, y, Rgb([50, 38, 30])));
    }
    picture
}

#[test]
fn a_hair_is_not_the_spot() {
    for spot in [DARK, FAINT] {
        let picture = png(&with_hairs(Scene { noise: 1.5, ..Scene::one(LIGHT, spot) }.draw(), 6));
        for times in [0.4, 0.8, 1.3, 2.0] {
            let found = results(&picture, &square(120.0, 120.0, 32.0 * times));
            differs(&found, differences(spot, LIGHT), 1.5);
            close(measured(&found.evenness).deviation_l, 0.6, 0.6);
        }
    }
    let skin = png(&with_hairs(flat(240, 240, LIGHT), 6));
    let found = results(&skin, &square(120.0, 120.0, 40.0));
    assert_eq!(withheld(&found.outline), [WithheldCode::NoSpot]);
    differs(&found, [0.0; 3], 0.1);
}

#[test]
fn a_small_rectangle_beside_the_middle_of_a_spot_measures_the_spot() {
    for (skin, spot) in [(LIGHT, DARK), (LIGHT, FAINT), (LIGHT, REDDER), (LIGHT, RED), (TAN, LIGHTER)] {
        let scene = Scene { noise: 1.5, ..Scene::one(skin, spot) };
        for times in [0.3, 0.8] {
            for (dx, dy) in [(16.0, 0.0), (12.0, -20.0)] {
                let found = scene.measure(&square(120.0 + dx, 120.0 + dy, 32.0 * times));
                let gates = failed(&found);
                assert!(gates.is_empty(), "{spot:?} {times} {dx}: {:?}", found.gates);
                differs(&found, differences(spot, skin), 1.5);
            }
        }
    }
}

#[test]
fn a_rectangle_that_a_spot_reaches_into_is_mixed() {
    for spot in [DARK, FAINT, REDDER] {
        let scene = Scene { noise: 1.5, ..Scene::one(LIGHT, spot) };
        for half in [10.0, 16.0, 32.0] {
            let found = scene.measure(&square(145.0, 145.0, half));
            let place = format!("{spot:?} {half}");
            assert!(withheld(&found.redness).contains(&WithheldCode::RegionMixed), "{place}");
            assert!(withheld(&found.difference.melanin).contains(&WithheldCode::RegionMixed), "{place}");
        }
    }
}

#[test]
fn of_two_spots_that_one_counts_in_which_the_middle_lies() {
    let other = [138, 98, 84];
    let spots = vec![(85.0, 120.0, 25.0, DARK), (155.0, 120.0, 25.0, other)];
    let scene = Scene { spots, noise: 1.5, ..Scene::one(LIGHT, DARK) };
    // Both lie in each of the rectangles.
    for (x, spot) in [(95, DARK), (145, other)] {
        let found = scene.measure(&only(region(x - 90, 85, 180, 70)));
        differs(&found, differences(spot, LIGHT), 1.5);
        close(measured(&found.outline).area_px, 1963.0, 60.0);
    }
    let between = scene.measure(&only(region(40, 85, 160, 70)));
    assert_eq!(withheld(&between.redness), [WithheldCode::RegionMixed]);
    assert_eq!(withheld(&between.difference.melanin), [WithheldCode::RegionMixed]);
}

#[test]
fn a_second_spot_is_not_taken_for_skin() {
    let spots = vec![(120.0, 120.0, 25.0, DARK), (185.0, 120.0, 25.0, DARK), (120.0, 185.0, 25.0, VERY_DARK)];
    let found = Scene { spots, noise: 1.5, ..Scene::one(LIGHT, DARK) }.measure(&square(120.0, 120.0, 32.0));
    differs(&found, differences(DARK, LIGHT), 1.5);
}

#[test]
fn a_spot_with_a_core_as_large_as_its_rim_is_mixed() {
    let spots = vec![(120.0, 120.0, 36.0, DARK), (120.0, 120.0, 25.0, [45, 30, 25])];
    let found = Scene { spots, noise: 1.5, ..Scene::one(LIGHT, DARK) }.measure(&square(120.0, 120.0, 46.0));
    assert_eq!(withheld(&found.redness), [WithheldCode::RegionMixed]);
    // The outline is that of the whole.
    close(measured(&found.outline).area_px, 4071.0, 100.0);
}

#[test]
fn a_soft_edge_does_not_reach_the_colour_or_the_evenness() {
    // Without the noise of a sensor the photo counts as blurred, and evenness is withheld.
    let scene = Scene { soft: 5.0, noise: 1.5, ..Scene::one(LIGHT, VERY_DARK) };
    for times in [0.5, 1.0, 1.3, 2.0] {
        let found = scene.measure(&square(120.0, 120.0, 32.0 * times));
        // One and a half in a hundred of ΔMI, which is 95.7.
        differs(&found, differences(VERY_DARK, LIGHT), 1.5);
        close(measured(&found.evenness).deviation_l, 0.5, 0.5);
    }
}

#[test]
fn a_red_or_a_lighter_spot_is_measured() {
    for (skin, spot) in [(LIGHT, RED), (TAN, LIGHTER), (LIGHT, [170, 60, 60])] {
        for times in [0.5, 1.0, 1.5, 2.5] {
            let found = Scene::one(skin, spot).measure(&square(120.0, 120.0, 32.0 * times));
            assert_eq!(failed(&found), [], "{spot:?} {times}");
            differs(&found, differences(spot, skin), 0.5);
            measured(&found.redness);
        }
    }
}

#[test]
fn what_is_blue_or_green_is_no_spot_of_skin() {
    for ink in [[60, 70, 140], [70, 120, 70]] {
        let found = Scene::one(LIGHT, ink).measure(&square(120.0, 120.0, 48.0));
        assert_eq!(failed(&found), [GateCode::RegionNotSkin]);
        assert_eq!(withheld(&found.redness), [WithheldCode::RegionNotSkin]);
    }
}

/// A rectangle about the middle of a picture of 300 × 300 pixels, `times` as large as a disc of radius 40.
fn about_the_disc(times: f64) -> Selection {
    let half = (40.0 * times).round() as u32;
    only(region(150 - half, 150 - half, 2 * half, 2 * half))
}

#[test]
fn a_careless_rectangle_about_or_in_a_spot_measures_the_spot() {
    let bytes = png(&with_spot(300, LIGHT, DARK, 40.0, 40.0));
    for times in [0.3, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.3, 1.6, 2.0, 3.0] {
        let found = results(&bytes, &about_the_disc(times));
        assert_eq!(failed(&found), [], "{times}: {:?}", found.gates);
        close(measured(&found.difference.delta_e), 27.440, 1e-2);
        close(measured(&found.difference.redness), 6.020, 1e-2);
        close(measured(&found.difference.melanin), 49.786, 1e-2);
        assert_eq!(measured(&found.colour).srgb, "#735244", "{times}");
        close(measured(&found.evenness).deviation_l, 0.0, 1e-3);
    }
}

#[test]
fn a_colour_cast_withholds_absolutes_and_leaves_the_differences() {
    let bytes = png(&with_spot(300, [214, 150, 110], [128, 82, 57], 40.0, 40.0));
    let found = results(&bytes, &about_the_disc(1.3));
    assert_eq!(failed(&found), [GateCode::ColourCast]);
    assert_eq!(withheld(&found.redness), [WithheldCode::ColourCast]);
    assert_eq!(withheld(&found.difference.delta_e), [WithheldCode::ColourCast]);
    close(measured(&found.difference.redness), 6.458, 1e-2);
    close(measured(&found.difference.melanin), 49.348, 1e-2);
}

#[test]
fn a_spot_cut_by_the_photos_edge_is_not_reported_as_skin() {
    // The disc's middle lies on the photo's left edge.
    let picture = RgbImage::from_fn(300, 300, |x, y| {
        let (dx, dy) = (f64::from(x) + 0.5, f64::from(y) - 149.5);
        image::Rgb(if dx.hypot(dy) <= 40.0 { DARK } else { LIGHT })
    });
    let found = results(&png(&picture), &only(region(0, 90, 100, 120)));
    assert_eq!(withheld(&found.outline), [WithheldCode::SpotAtEdge]);
    assert_eq!(withheld(&found.redness), [WithheldCode::RegionMixed]);
    assert!(withheld(&found.difference.delta_e).contains(&WithheldCode::RegionMixed));
}

/// A forehead in a portrait: EI 45, 100·log10(G/B) 12.
const PORTRAIT: [u8; 3] = [0xcb, 0x7f, 0x6f];

#[test]
fn a_portrait_with_too_little_green_is_skin_in_a_colour_cast() {
    let plain = results(&png(&flat(240, 240, PORTRAIT)), &square(120.0, 120.0, 30.0));
    assert_eq!(failed(&plain), [GateCode::ColourCast]);
    let mole = [0x78, 0x46, 0x3a];
    let found = Scene { noise: 1.0, ..Scene::one(PORTRAIT, mole) }.measure(&about_the_disc(1.3));
    assert_eq!(failed(&found), [GateCode::ColourCast]);
    let [_, redness, melanin] = differences(mole, PORTRAIT);
    close(measured(&found.difference.redness), redness, 0.5);
    close(measured(&found.difference.melanin), melanin, 0.5);
}

#[test]
fn a_freckle_in_a_rectangle_of_skin_is_not_what_is_meant() {
    for at in [120.0, 130.0] {
        let mut scene = Scene { noise: 1.5, ..Scene::one(LIGHT, DARK) };
        scene.spots = vec![(at, 120.0, 5.0, DARK)];
        let found = scene.measure(&square(120.0, 120.0, 40.0));
        assert_eq!(withheld(&found.outline), [WithheldCode::NoSpot]);
        differs(&found, [0.0; 3], 0.5);
    }
}

#[test]
fn skin_with_something_else_around_it_is_no_spot() {
    // An arm before a dark cloth.
    let cloth = [40, 42, 48];
    let mut scene = Scene { noise: 1.5, stretch: 20.0, ..Scene::one(cloth, LIGHT) };
    scene.spots = vec![(120.0, 120.0, 55.0, LIGHT)];
    let found = scene.measure(&square(120.0, 120.0, 15.0));
    assert_eq!(withheld(&found.outline), [WithheldCode::NoSpot]);
    differs(&found, [0.0; 3], 0.5);
}
