//! The User UI in a real browser, measuring a real photo.

use std::path::PathBuf;
use std::time::Duration;

use end_to_end::browser::Browser;
use end_to_end::{Home, Launch, Launcher, PortBlock};
use fantoccini::Locator;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;

const PAGE_WITHIN: Duration = Duration::from_secs(30);
/// A patch of cheek in the photo, and its redness: 100·log10(R/G) of the linear medians.
const PATCH: [(&str, u32); 4] = [("x", 195), ("y", 128), ("width", 15), ("height", 12)];
const PATCH_REDNESS: f64 = 18.72;

fn photo() -> PathBuf {
    let path = std::env::var_os("SKINAI_TEST_PHOTO").map(PathBuf::from);
    path.expect("SKINAI_TEST_PHOTO names the photo to measure: run `cargo xtask test`, which fetches it")
}

/// The address that the tray would open.
fn address(home: &Home, launcher: &Launcher, service: &str) -> String {
    launcher.healthy();
    home.skinai(["url", service]).stdout.trim().to_owned()
}

async fn find(browser: &Browser, css: &str) -> Element {
    let found = browser.wait().at_most(PAGE_WITHIN).for_element(Locator::Css(css)).await;
    found.unwrap_or_else(|error| panic!("{css} is not on the page: {error}"))
}

/// Draws a region over most of the photo's face, as a person does.
async fn draw(browser: &Browser, canvas: &Element) {
    drag(browser, canvas, (0.36, 0.20), (0.45, 0.28)).await;
}

/// Drags the mouse from one place of the photo to another, in shares of its width and height.
async fn drag(browser: &Browser, canvas: &Element, from: (f64, f64), to: (f64, f64)) {
    let (x, y, width, height) = canvas.rectangle().await.unwrap();
    let at = |(dx, dy): (f64, f64), duration: Option<Duration>| PointerAction::MoveTo {
        duration,
        x: x + width * dx,
        y: y + height * dy,
    };
    let half_way = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    let moves = MouseActions::new("mouse".to_owned())
        .then(at(from, None))
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(at(half_way, Some(Duration::from_millis(100))))
        .then(at(to, Some(Duration::from_millis(100))))
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    browser.perform_actions(moves).await.unwrap();
}

#[tokio::test]
async fn a_photo_is_measured_and_kept() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();

    find(&browser, "[data-photo-input]").await.send_keys(photo().to_str().unwrap()).await.unwrap();
    let canvas = find(&browser, "[data-region-canvas]").await;
    assert_eq!(canvas.attr("data-photo-width").await.unwrap().as_deref(), Some("512"));
    draw(&browser, &canvas).await;
    // Drawn by hand, then made exact by numbers, so that the result is known.
    for (side, value) in PATCH {
        let field = find(&browser, &format!("[data-region={side}]")).await;
        assert_ne!(field.prop("value").await.unwrap().as_deref(), Some(""), "the drawing set {side}");
        let set = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))";
        browser.execute(set, vec![serde_json::to_value(&field).unwrap(), value.into()]).await.unwrap();
    }
    find(&browser, "[data-measure]").await.click().await.unwrap();
    let redness = find(&browser, "[data-value=redness]").await;
    let shown: f64 = redness.text().await.unwrap().trim().parse().unwrap();
    assert!((shown - PATCH_REDNESS).abs() < 0.05, "redness {shown}, not {PATCH_REDNESS}");
    let disclaimer = find(&browser, "[data-disclaimer]").await.text().await.unwrap();
    assert!(disclaimer.contains("cannot detect disease"), "{disclaimer}");
    find(&browser, "[data-history-item]").await;
    if let Some(folder) = std::env::var_os("SKINAI_PICTURES").filter(|folder| !folder.is_empty()) {
        browser.picture(&PathBuf::from(folder).join("user.png")).await;
    }

    browser.refresh().await.unwrap();
    find(&browser, "[data-history-item] [data-action=show]").await.click().await.unwrap();
    let kept = find(&browser, "[data-value=redness]").await;
    assert_eq!(kept.text().await.unwrap().trim().parse::<f64>().unwrap(), shown);
    browser.close().await;
}

/// A photo as phones make them: twelve million pixels with the noise of a sensor, to be turned upright by its EXIF
/// block (TIFF tag 0x0112, value 6).
fn phone_photo() -> Vec<u8> {
    const SKIN: [u8; 3] = [194, 150, 130];
    let mut state = 1_u32;
    let picture = image::RgbImage::from_fn(4032, 3024, |_, _| {
        // A linear congruential generator (Numerical Recipes).
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 28) as u8;
        image::Rgb(SKIN.map(|channel| channel - 8 + noise))
    });
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 99);
    picture.write_with_encoder(encoder).unwrap();
    let tiff = [77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    let exif = [&[0xff, 0xe1, 0, 34][..], b"Exif\0\0", &tiff].concat();
    jpeg.splice(2..2, exif);
    jpeg
}

#[tokio::test]
async fn a_photo_from_a_phone_is_measured() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();
    let (photo, file) = (phone_photo(), home.path().join("IMG_0001.jpg"));
    assert!(photo.len() > 6_000_000, "{} bytes are not many for a phone", photo.len());
    std::fs::write(&file, photo).unwrap();
    find(&browser, "[data-photo-input]").await.send_keys(file.to_str().unwrap()).await.unwrap();
    let canvas = find(&browser, "[data-region-canvas]").await;
    assert_eq!(canvas.attr("data-photo-width").await.unwrap().as_deref(), Some("3024"), "it is upright");
    draw(&browser, &canvas).await;
    find(&browser, "[data-measure]").await.click().await.unwrap();
    let redness: f64 =
        find(&browser, "[data-value=redness]").await.text().await.unwrap().trim().parse().unwrap();
    assert!((redness - 24.77).abs() < 1.0, "the redness of its skin is 24.77, not {redness}");
    browser.close().await;
}

/// Skin (#c29682) with a disc (#735244) about a place, of 400 × 400 pixels.
fn disc(middle: (f64, f64), radius: f64) -> image::RgbImage {
    image::RgbImage::from_fn(400, 400, |x, y| {
        let away = (f64::from(x) + 0.5 - middle.0).hypot(f64::from(y) + 0.5 - middle.1);
        image::Rgb(if away < radius { [115, 82, 68] } else { [194, 150, 130] })
    })
}

/// Opens a photo on the page, and drags a rectangle over it from one pixel to another.
async fn measure_by_hand(
    browser: &Browser,
    home: &Home,
    photo: &image::RgbImage,
    from: (f64, f64),
    to: (f64, f64),
) {
    let file = home.path().join("spot.png");
    photo.save(&file).unwrap();
    find(browser, "[data-photo-input]").await.send_keys(file.to_str().unwrap()).await.unwrap();
    let canvas = find(browser, "[data-region-canvas]").await;
    let share = |(x, y): (f64, f64)| (x / f64::from(photo.width()), y / f64::from(photo.height()));
    drag(browser, &canvas, share(from), share(to)).await;
    find(browser, "[data-measure]").await.click().await.unwrap();
}

#[tokio::test]
async fn a_careless_rectangle_shows_the_numbers_of_the_spot() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();
    // Half as large again as the disc, and off its middle by a third of its radius.
    measure_by_hand(&browser, &home, &disc((200.0, 200.0), 60.0), (130.0, 120.0), (310.0, 300.0)).await;
    for (value, wanted, tolerance) in [
        ("redness", 30.79, 0.05),
        ("delta-e", 27.44, 0.05),
        ("delta-redness", 6.02, 0.05),
        ("delta-melanin", 49.79, 0.05),
    ] {
        let shown =
            find(&browser, &format!("[data-value={value}]:not([data-withheld])")).await.text().await.unwrap();
        let number: f64 =
            shown.trim().trim_start_matches('+').parse().unwrap_or_else(|_| panic!("{value}: {shown}"));
        assert!((number - wanted).abs() <= tolerance, "{value} is {number}, not {wanted}");
    }
    browser.close().await;
}

#[tokio::test]
async fn a_rectangle_that_tells_no_one_thing_shows_why() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();
    // The disc reaches into it, and its middle lies on the skin.
    measure_by_hand(&browser, &home, &disc((200.0, 200.0), 60.0), (220.0, 220.0), (280.0, 280.0)).await;
    for value in ["redness", "delta-melanin"] {
        let withheld = find(&browser, &format!("[data-value={value}][data-withheld~=region_mixed]")).await;
        let said = withheld.text().await.unwrap();
        assert!(said.contains("two colours"), "{value} is withheld without its reason: {said}");
    }
    browser.close().await;
}

#[tokio::test]
async fn an_open_page_survives_a_restart_of_everything() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();
    find(&browser, "[data-photo-input]").await;
    assert_eq!(home.skinai(["restart"]).code, Some(0));
    browser.refresh().await.unwrap();
    find(&browser, "[data-photo-input]").await;
    assert!(!browser.current_url().await.unwrap().as_str().contains("code="), "no code stays in the address");
    browser.close().await;
}

#[tokio::test]
async fn what_is_no_photo_is_told_in_words() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();
    let fake = home.path().join("photo.png");
    std::fs::write(&fake, "this is no photo").unwrap();
    find(&browser, "[data-photo-input]").await.send_keys(fake.to_str().unwrap()).await.unwrap();
    assert!(!find(&browser, "[data-problem]").await.text().await.unwrap().is_empty());
    browser.close().await;
}

#[tokio::test]
async fn a_file_over_the_limit_is_told_the_limit_before_it_is_sent() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&address(&home, &launcher, "ui")).await.unwrap();
    let file = home.path().join("large.jpg");
    std::fs::File::create(&file).and_then(|file| file.set_len((48 << 20) + 1)).unwrap();
    find(&browser, "[data-photo-input]").await.send_keys(file.to_str().unwrap()).await.unwrap();
    let told = find(&browser, "[data-problem]").await.text().await.unwrap();
    assert!(told.contains("48 MiB"), "{told}");
    browser.close().await;
}

#[tokio::test]
async fn without_the_token_nothing_is_shown() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    for service in ["backend", "ui", "admin"] {
        let port = snapshot.service(service).unwrap().port.unwrap();
        let path = if service == "backend" { "/v1/measurements" } else { "/" };
        let answer = end_to_end::http::get(port, path).unwrap();
        assert!(matches!(answer.status, 401 | 403), "{service}: {}", answer.status);
        let foreign = end_to_end::http::request(port, "GET", path, &[("Host", "evil.example")], b"");
        assert!(foreign.is_ok_and(|answer| (400..500).contains(&answer.status)), "{service}");
    }
}

#[tokio::test]
async fn the_dashboard_shows_the_backend_as_it_is() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let browser = Browser::chromium(&home, ports.spare()).await;
    launcher.healthy();
    assert_eq!(home.skinai(["open", "admin"]).code, Some(0));
    // As a browser shows a file that it is asked to open.
    browser.goto(&format!("file://{}", home.opened()[0])).await.unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let shown = async || browser.source().await.is_ok_and(|source| source.contains(version)).then_some(());
    end_to_end::eventually_async(PAGE_WITHIN, "the backend's version is shown", shown).await;
    browser.close().await;
}
