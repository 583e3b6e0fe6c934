//! The numbers of an outline against shapes of known geometry.

use skinai_services::outline::{Mask, measure_shape, trace_outline};

#[track_caller]
fn close(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{found} is not {wanted} ± {tolerance}");
}

/// An ellipse about the middle of the mask; a pixel belongs to it where its centre does.
fn ellipse(half_x: f64, half_y: f64) -> Mask {
    let (width, height) = (2 * half_x as usize + 11, 2 * half_y as usize + 11);
    let (cx, cy) = (width as f64 / 2.0, height as f64 / 2.0);
    Mask::from_fn(width, height, |x, y| {
        ((x as f64 + 0.5 - cx) / half_x).powi(2) + ((y as f64 + 0.5 - cy) / half_y).powi(2) <= 1.0
    })
}

#[test]
fn an_ellipse_has_the_area_the_symmetry_and_the_compactness_of_one() {
    let shape = measure_shape(&ellipse(40.0, 20.0)).expect("there is a shape");
    close(shape.area, 2509.0, 6.0);
    assert_eq!(shape.asymmetry, [0.0, 0.0]);
    close(shape.compactness, 1.202, 4e-3);
    close(shape.longest, 80.0, 1.5);
    close(shape.perpendicular, 40.0, 1.5);
}

#[test]
fn a_half_disc_is_asymmetric_over_one_axis_only() {
    let half = Mask::from_fn(100, 60, |x, y| {
        let (dx, dy) = (x as f64 + 0.5 - 50.0, y as f64 + 0.5 - 10.0);
        dy > 0.0 && dx.hypot(dy) <= 40.0
    });
    let shape = measure_shape(&half).expect("there is a shape");
    close(shape.asymmetry[0], 0.183, 5e-3);
    assert_eq!(shape.asymmetry[1], 0.0);
}

#[test]
fn a_slanted_ellipse_measures_like_an_upright_one() {
    let (sine, cosine) = 33f64.to_radians().sin_cos();
    let slanted = Mask::from_fn(101, 101, |x, y| {
        let (dx, dy) = (x as f64 - 50.0, y as f64 - 50.0);
        let (u, v) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
        (u / 40.0).powi(2) + (v / 20.0).powi(2) <= 1.0
    });
    let shape = measure_shape(&slanted).expect("there is a shape");
    close(shape.area, 2513.3, 15.0);
    close(shape.longest, 80.0, 2.0);
    close(shape.perpendicular, 40.0, 2.0);
    close(shape.compactness, 1.19, 0.03);
    assert!(shape.asymmetry.into_iter().all(|share| share < 0.03), "{:?}", shape.asymmetry);
}

#[test]
fn a_disc_is_compact() {
    close(measure_shape(&ellipse(40.0, 40.0)).expect("there is a shape").compactness, 1.0, 0.02);
}

#[test]
fn nothing_has_no_shape() {
    let nothing = Mask::from_fn(10, 10, |_, _| false);
    assert_eq!(measure_shape(&nothing), None);
    assert!(trace_outline(&nothing).is_empty());
}

#[test]
fn the_traced_outline_encloses_exactly_the_pixels() {
    let shapes =
        [ellipse(9.0, 5.0), Mask::from_fn(6, 6, |x, y| (x == 2 && y < 5 && y > 0) || (y == 3 && x == 3))];
    for mask in shapes {
        let corners = trace_outline(&mask);
        let next = corners.iter().cycle().skip(1);
        let twice: f64 = corners.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
        close(twice / 2.0, mask.area() as f64, 1e-9);
    }
}

#[test]
fn the_largest_piece_is_kept_and_its_holes_are_filled() {
    let mask = Mask::from_fn(20, 12, |x, y| {
        let ring =
            (2..9).contains(&x) && (2..9).contains(&y) && !((4..6).contains(&x) && (4..6).contains(&y));
        ring || (x == 15 && y == 5)
    });
    let piece = mask.largest_piece();
    assert_eq!(piece.area(), 49);
    assert!(piece.iter().all(|(x, y)| (1..19).contains(&x) && (1..11).contains(&y)), "it touches no edge");
}
