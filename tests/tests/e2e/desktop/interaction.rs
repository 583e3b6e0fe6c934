//! The panel in the hands of a person: a wheel, a double click, a large text, a launch that is refused.

use contract::Snapshot;
use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, StackFile, eventually, eventually_async,
    eventually_some, http,
};
use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::app::pointer::{LEFT, Pointer, WHEEL_DOWN, WHEEL_UP};
use super::app::{self, CLICK_WITHIN, PANEL, click, healthy, stack, status};

/// What lies between the two clicks of a double click, in milliseconds.
const DOUBLE_CLICK_MS: u32 = 120;

#[tokio::test]
async fn the_wheel_scrolls_the_list_the_logs_and_the_settings() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let backend = healthy(&home, "default").service("backend").unwrap().port.unwrap();
    let pointer = pointer(&desktop, &panel);
    pointer.resize(420, 320);
    shows(&panel, "[data-action=dismiss-welcome]").await;
    click(&panel, "[data-action=dismiss-welcome]").await;
    for service in ["admin", "ui", "backend"] {
        click(&panel, &format!("[data-service={service}] [data-action=details]")).await;
    }

    scrolls(&pointer, "main").await;

    for number in 0..200 {
        http::get(backend, &format!("/print?line-{number}")).unwrap();
    }
    click(&panel, "[data-service=backend] [data-action=logs]").await;
    let lines = "[data-service=backend] [data-log=lines]";
    // The end of the lines is shown first.
    let at_end = "const box = document.querySelector(arguments[0]); \
        return box && box.scrollHeight > 1000 && box.scrollTop + box.clientHeight > box.scrollHeight - 2";
    eventually_async(SOON, "the end of the lines", async || {
        (panel.execute(at_end, vec![json!(lines)]).await.ok()? == json!(true)).then_some(())
    })
    .await;
    // In so low a window they are below what is seen of the details.
    let into_view = "document.querySelector(arguments[0]).scrollIntoView({ block: 'nearest' })";
    panel.execute(into_view, vec![json!(lines)]).await.unwrap();
    pointer.move_to(lines).await;
    turn_until(&pointer, lines, WHEEL_UP, |before, now| now < before - 40.0).await;
    turn_until(&pointer, lines, WHEEL_DOWN, |before, now| now > before + 40.0).await;

    click(&panel, "[data-action=settings]").await;
    shows(&panel, "[data-setting=range]").await;
    scrolls(&pointer, ".fields").await;
    panel.close().await;
}

#[tokio::test]
async fn what_a_key_opens_near_the_end_of_the_window_is_seen_and_what_is_clicked_stays() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let names: Vec<String> = (1..=8).map(|number| format!("service{number}")).collect();
    let text = names.iter().fold(StackFile::new(&ports), |file, name| file.service(name, &[], ""));
    home.write_stack(&text.text().replacen("Fixtures", "Skin AI Assistant", 1));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let port = healthy(&home, "default").service("service8").unwrap().port.unwrap();
    let pointer = pointer(&desktop, &panel);
    pointer.resize(420, 480);
    shows(&panel, "[data-action=dismiss-welcome]").await;
    click(&panel, "[data-action=dismiss-welcome]").await;
    for number in 0..20 {
        http::get(port, &format!("/print?line-{number}")).unwrap();
    }
    let place = async |css: &str| {
        let script = "const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect(); \
            return [top, bottom]";
        let edges = panel.execute(script, vec![json!(css)]).await.ok()?;
        Some((edges[0].as_f64()?, edges[1].as_f64()?))
    };
    let button = "[data-service=service8] [data-action=logs]";
    let lines = "[data-service=service8] [data-log=lines]";
    let before = place(button).await;
    pointer.move_to(button).await;
    pointer.press(LEFT, 1, 0);
    let opened = async || place(lines).await.filter(|(top, bottom)| bottom - top > 200.0).map(drop);
    eventually_async(SOON, "its lines are shown", opened).await;
    assert_eq!(place(button).await, before, "a second click closes it");
    let end = async |css: &str| place(css).await.map(|(_, bottom)| bottom);
    assert!(end(lines).await > end("main").await, "a part of them is below what is seen");
    // Longer than a double click.
    std::thread::sleep(std::time::Duration::from_millis(600));
    pointer.press(LEFT, 1, 0);
    gone(&panel, lines).await;

    panel.find(Locator::Css(button)).await.unwrap().send_keys(&Key::Return).await.unwrap();
    eventually_async(SOON, "they are seen, with the row above them", async || {
        let (list, row, lines) =
            (place("main").await?, place("[data-service=service8] [data-line]").await?, place(lines).await?);
        (lines.1 - lines.0 > 200.0 && lines.1 <= list.1 && row.0 >= list.0).then_some(())
    })
    .await;
    panel.close().await;
}

#[tokio::test]
async fn a_double_click_on_got_it_does_nothing_else() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    let pointer = pointer(&desktop, &panel);
    pointer.resize(420, 320);
    shows(&panel, "[data-service=admin] [data-state=healthy]").await;
    shows(&panel, "[data-action=dismiss-welcome]").await;

    pointer.move_to("[data-action=dismiss-welcome]").await;
    pointer.press(LEFT, 2, DOUBLE_CLICK_MS);
    gone(&panel, "[data-action=dismiss-welcome]").await;
    nothing_else_was_done(&home, &panel, &before).await;
    panel.close().await;
}

#[tokio::test]
async fn a_refused_launch_is_mended_in_an_editor_and_tried_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let right = stack(&ports);
    let file = home.write_stack(&right.replacen(
        &format!("ports = \"{}\"", ports.range()),
        "ports = \"9000-8000\"",
        1,
    ));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    says(&panel, "[data-field=stack]", "Nothing was started").await;
    says(&panel, "[data-field=refused]", ":2:").await;
    if let Some(folder) = app::pictures() {
        desktop.picture_of(&pointer(&desktop, &panel).window, &folder.join("refused.png"));
    }
    click(&panel, "[data-action=open-file]").await;
    let opened = eventually_some(CLICK_WITHIN, "an editor is asked for", || home.opened().pop());
    assert_eq!(std::path::Path::new(&opened), file);

    // What is still wrong is told again.
    std::fs::write(&file, "name = \"Skin AI Assistant\"\n").unwrap();
    click(&panel, "[data-action=try-again]").await;
    gone_text(&panel, "[data-field=refused]", ":2:").await;
    says(&panel, "[data-field=stack]", "Nothing was started").await;

    std::fs::write(&file, right).unwrap();
    shows(&panel, "[data-action=try-again]:not([aria-disabled=true])").await;
    let pointer = pointer(&desktop, &panel);
    pointer.move_to("[data-action=try-again]").await;
    pointer.press(LEFT, 2, DOUBLE_CLICK_MS);
    let launched = healthy(&home, "default");
    says(&panel, "[data-field=stack]", "All 3 services are running").await;
    gone(&panel, "[data-action=try-again]").await;
    nothing_else_was_done(&home, &panel, &launched).await;
    panel.close().await;
}

#[tokio::test]
async fn a_port_that_is_none_is_refused_in_german_without_a_file_to_open() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let app = Programs::app();
    let script = format!("BACKEND_PORT=70000 LANG=de_DE.UTF-8 exec '{}' \"$@\"", app.display());
    home.write_script("german-app", &script);
    let desktop = Desktop::start(&home);
    let german = home.path().join("bin/german-app");
    let panel = Browser::webkit(&desktop, ports.spare(), &german, &[]).await;
    says(&panel, "[data-field=stack]", "Es wurde nichts gestartet").await;
    says(&panel, "[data-field=refused]", "BACKEND_PORT").await;
    says(&panel, "[data-action=try-again]", "Erneut versuchen").await;
    let files = "return document.querySelectorAll('[data-action=open-file]').length";
    assert_eq!(panel.execute(files, vec![]).await.unwrap(), json!(0));
    panel.close().await;
}

#[tokio::test]
async fn a_large_text_cuts_no_port_off() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let app = Programs::app();
    home.write_script("german-app", &format!("LANG=de_DE.UTF-8 exec '{}' \"$@\"", app.display()));
    let desktop = Desktop::start(&home);
    for (percent, language) in [(100, "en"), (125, "en"), (150, "en"), (150, "de")] {
        desktop.enlarge_text(percent);
        let program = if language == "de" { home.path().join("bin/german-app") } else { Programs::app() };
        let panel = Browser::webkit(&desktop, ports.spare(), &program, &[]).await;
        healthy(&home, "default");
        let pointer = pointer(&desktop, &panel);
        shows(&panel, "[data-service=admin] [data-state=healthy]").await;
        for width in [420, 360] {
            pointer.resize(width, 560);
            let wanted = f64::from(width) * 100.0 / f64::from(percent);
            let enlarged = async || {
                let now = panel.execute("return innerWidth", vec![]).await.ok()?.as_f64()?;
                ((now - wanted).abs() < 2.0).then_some(())
            };
            eventually_async(SOON, "the page is enlarged with the text", enlarged).await;
            let cut = panel.execute(CUT_OFF, vec![]).await.unwrap();
            assert_eq!(cut, json!([]), "{percent} % {language} {width}");
            if let Some(folder) = app::pictures() {
                let picture = format!("text-{percent}-{language}-{width}.png");
                desktop.picture_of(&pointer.window, &folder.join(picture));
            }
        }
        let _ = desktop.launch_app(&["--quit"]).wait(SOON);
        eventually(HEALTHY_WITHIN, "it has ended", || status(&home, "default").is_none());
        panel.close().await;
    }
}

/// The ports and controls that cannot be seen whole.
pub(super) const CUT_OFF: &str = "const seen = (element) => { \
        const box = element.getBoundingClientRect(); \
        for (let at = element.parentElement; at; at = at.parentElement) { \
            if (getComputedStyle(at).overflowX === 'visible') continue; \
            const outer = at.getBoundingClientRect(); \
            if (box.left < outer.left - 0.5 || box.right > outer.right + 0.5) return false; \
        } \
        return box.width > 0 && box.left >= 0 && box.right <= innerWidth + 0.5; \
    }; \
    const cut = [...document.querySelectorAll('[data-field=address] .port, button, input')]; \
    return cut.filter((element) => element.checkVisibility() && !seen(element)).map((element) => element.outerHTML.slice(0, 80))";

pub(super) fn pointer<'a>(desktop: &'a Desktop<'a>, panel: &'a Browser) -> Pointer<'a> {
    let window = eventually_some(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop());
    Pointer { desktop, panel, window }
}

/// Turns the wheel down to the end and up to the begin: slowly, and as fast as a free-running wheel does.
async fn scrolls(pointer: &Pointer<'_>, css: &str) {
    pointer.move_to(css).await;
    let before = app::pixels(pointer.desktop);
    turn_until(pointer, css, WHEEL_DOWN, |before, now| now > before + 10.0).await;
    eventually(SOON, "another part is drawn", || app::pixels(pointer.desktop) != before);
    pointer.press(WHEEL_DOWN, 40, 2);
    let end = "const box = document.querySelector(arguments[0]); \
        return box.scrollTop + box.clientHeight > box.scrollHeight - 2";
    eventually_async(SOON, "the end is reached", async || {
        (pointer.panel.execute(end, vec![json!(css)]).await.ok()? == json!(true)).then_some(())
    })
    .await;
    pointer.press(WHEEL_UP, 40, 2);
    turn_until(pointer, css, WHEEL_UP, |_, now| now == 0.0).await;
}

/// Turns the wheel notch by notch until it has scrolled so far.
async fn turn_until(pointer: &Pointer<'_>, css: &str, wheel: u8, far: impl Fn(f64, f64) -> bool) {
    let read = async || {
        let script = "return document.querySelector(arguments[0]).scrollTop";
        pointer.panel.execute(script, vec![json!(css)]).await.ok()?.as_f64()
    };
    let before = read().await.expect("the element is there");
    eventually_async(SOON, &format!("the wheel scrolls {css}"), async || {
        pointer.press(wheel, 1, 20);
        far(before, read().await?).then_some(())
    })
    .await;
}

/// Every service is the same process on the same port, also after all that the page has asked for is done.
async fn nothing_else_was_done(home: &Home, panel: &Browser, before: &Snapshot) {
    let ask = "const [done] = arguments; \
        window.__TAURI_INTERNALS__.invoke('latencies', { stack: 'default', service: 'ui' }).then(() => done(true), done)";
    assert_eq!(panel.execute_async(ask, vec![]).await.unwrap(), json!(true));
    let after = healthy(home, "default");
    let facts = |snapshot: &Snapshot| {
        snapshot.services.iter().map(|row| (row.port, row.pid, row.restarts)).collect::<Vec<_>>()
    };
    assert_eq!(facts(&after), facts(before));
}

pub(super) async fn text(panel: &Browser, css: &str) -> Option<String> {
    let read = "return document.querySelector(arguments[0])?.innerText ?? null";
    let text: Value = panel.execute(read, vec![json!(css)]).await.ok()?;
    text.as_str().map(str::to_owned)
}

pub(super) async fn shows(panel: &Browser, css: &str) {
    eventually_async(HEALTHY_WITHIN, css, async || text(panel, css).await.map(drop)).await;
}

pub(super) async fn gone(panel: &Browser, css: &str) {
    eventually_async(HEALTHY_WITHIN, css, async || text(panel, css).await.is_none().then_some(())).await;
}

pub(super) async fn says(panel: &Browser, css: &str, words: &str) {
    eventually_async(HEALTHY_WITHIN, words, async || text(panel, css).await?.contains(words).then_some(()))
        .await;
}

pub(super) async fn gone_text(panel: &Browser, css: &str, words: &str) {
    eventually_async(HEALTHY_WITHIN, words, async || {
        (!text(panel, css).await?.contains(words)).then_some(())
    })
    .await;
}
