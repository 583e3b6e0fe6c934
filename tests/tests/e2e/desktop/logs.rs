//! Reading logs in the panel and in a window of their own: while a service floods, back to the oldest file, and
//! saved.

use std::time::Duration;

use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, eventually, eventually_async, eventually_some,
    http,
};
use fantoccini::Locator;
use fantoccini::actions::{InputSource as _, WheelAction, WheelActions};
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::app::pointer::{LEFT, Pointer, WHEEL_DOWN, WHEEL_UP};
use super::app::{self, PANEL, click, healthy, stack, webview_processes};
use super::interaction::gone;

/// The lines of the log that is open.
const LINES: &str = "[data-log=lines]";
/// The title of the window with all logs, as a pattern.
const ALL_LOGS: &str = "^Output of all services";

#[tokio::test]
async fn a_log_stands_still_in_a_flood_and_is_searched_and_saved_back_to_its_oldest_file() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let folder = home.state().join("default");
    std::fs::create_dir_all(&folder).unwrap();
    let old: String =
        (0..500).map(|at| format!("2024-01-31T10:00:{:02}.000Z out old {at}\n", at / 10)).collect();
    std::fs::write(folder.join("backend.log.2"), format!("{old}2024-01-31T10:01:00.000Z err needle\n"))
        .unwrap();
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let backend = healthy(&home, "default").service("backend").unwrap().port.unwrap();
    let print = |from: u32, to: u32| {
        for number in from..to {
            http::get(backend, &format!("/print?line-{number}-end")).unwrap();
        }
    };
    click(&panel, "[data-action=dismiss-welcome]").await;
    print(0, 300);
    click(&panel, "[data-service=backend] [data-action=logs]").await;
    says(&panel, LINES, "line-299-end").await;
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    let pointer = Pointer { desktop: &desktop, panel: &panel, window };

    // Scrolled back, it stands still past all that a page keeps, and says what it does not show.
    pointer.move_to(LINES).await;
    eventually_async(SOON, "the wheel scrolls back", async || {
        pointer.press(WHEEL_UP, 1, 20);
        (text(&panel, "[data-log=follow]").await.is_some() && !follows(&panel).await).then_some(())
    })
    .await;
    pointer.press(WHEEL_UP, 8, 2);
    let before = at_rest(&panel).await;
    print(300, 400);
    says(&panel, "[data-log=newer]", "100 new lines").await;
    assert_eq!(at_rest(&panel).await, before, "what is read does not move");

    // The wheel goes on below the last line, and passes none over.
    eventually_async(SOON, "what is new lies below", async || {
        pointer.press(WHEEL_DOWN, 1, 20);
        (text(&panel, "[data-log=newer]").await.is_none()).then_some(())
    })
    .await;
    says(&panel, LINES, "line-300-end").await;
    assert!(!follows(&panel).await);
    let before = at_rest(&panel).await;
    print(400, 1800);
    says(&panel, "[data-log=newer]", "1400 new lines").await;
    assert_eq!(at_rest(&panel).await, before, "what is read does not move");
    print(1800, 1810);
    click(&panel, "[data-log=newer]").await;
    says(&panel, LINES, "line-1809-end").await;
    assert!(follows(&panel).await);

    // What somebody marks stays where it is.
    pointer.move_to(LINES).await;
    eventually_async(SOON, "a word is marked", async || {
        pointer.press(LEFT, 2, 50);
        (!follows(&panel).await).then_some(())
    })
    .await;
    click(&panel, "[data-log=follow]").await;
    assert!(follows(&panel).await);

    // Where lines are filtered, those are counted that will be seen.
    let filter = panel.find(Locator::Css("[data-log=filter]")).await.unwrap();
    filter.send_keys("0-end").await.unwrap();
    pointer.move_to(LINES).await;
    eventually_async(SOON, "the wheel scrolls back", async || {
        pointer.press(WHEEL_UP, 1, 20);
        (!follows(&panel).await).then_some(())
    })
    .await;
    pointer.press(WHEEL_UP, 4, 2);
    print(1810, 1860);
    says(&panel, "[data-log=newer]", "5 new lines").await;
    filter.send_keys(&Key::Backspace.repeat("0-end".len())).await.unwrap();

    // The wheel goes on to lines that are in no page yet, up to the first of the oldest file.
    pointer.move_to(LINES).await;
    eventually_async(HEALTHY_WITHIN, "earlier lines are loaded", async || {
        pointer.press(WHEEL_UP, 40, 2);
        text(&panel, LINES).await?.starts_with("old 0\n").then_some(())
    })
    .await;

    // What is in view is found first, and stays where it is.
    click(&panel, "[data-log=searching]").await;
    let field = panel.find(Locator::Css("[data-log=search]")).await.unwrap();
    field.send_keys("old").await.unwrap();
    eventually_async(SOON, "a line is marked", async || text(&panel, "li.current").await.map(drop)).await;
    says(&panel, "[data-log=found]", " of 500").await;
    assert!(text(&panel, LINES).await.unwrap().starts_with("old 0\n"));
    field.clear().await.unwrap();

    // What a rotated file alone has is found.
    field.send_keys("NEEDLE").await.unwrap();
    says(&panel, "[data-log=found]", "1 of 1").await;
    says(&panel, LINES, "needle").await;
    says(&panel, LINES, "old 499").await;
    let marked = "return document.querySelector('li.current mark')?.textContent ?? null";
    eventually_async(SOON, "it is marked", async || {
        (panel.execute(marked, vec![]).await.ok()? == json!("needle")).then_some(())
    })
    .await;
    picture(&pointer, "logs-search");
    field.send_keys("s?").await.unwrap();
    says(&panel, "[data-log=found]", "Not found").await;
    click(&panel, "[data-log=regular]").await;
    says(&panel, "[data-log=found]", "1 of 1").await;
    field.send_keys(&(Key::Return + "(")).await.unwrap();
    says(&panel, "[data-log=found]", "no regular expression").await;
    field.send_keys(&Key::Escape).await.unwrap();
    gone(&panel, "[data-log=search]").await;
    let focused = panel.execute("return document.activeElement.dataset.log", vec![]).await.unwrap();
    assert_eq!(focused, json!("lines"), "who searched reads on");

    // Its edge is moved by the keyboard and by the mouse.
    let height = async || {
        panel.execute("return document.querySelector('[data-log=lines]').clientHeight", vec![]).await.unwrap()
    };
    assert_eq!(height().await, json!(216));
    let edge = panel.find(Locator::Css("[data-log=edge]")).await.unwrap();
    edge.send_keys(&Key::Down).await.unwrap();
    eventually_async(SOON, "it is a line higher", async || (height().await == json!(234)).then_some(()))
        .await;
    pointer.move_to("[data-log=edge]").await;
    drag(&pointer, -90);
    eventually_async(SOON, "it is as high as it was dragged", async || {
        let height = height().await.as_i64()?;
        (130..=160).contains(&height).then_some(())
    })
    .await;

    // What is saved has all files, and can be opened.
    click(&panel, "[data-log=save]").await;
    says(&panel, "[data-log=saved]", "Downloads").await;
    let saved = std::fs::read_dir(home.path().join("Downloads")).unwrap().next().unwrap().unwrap().path();
    let written = std::fs::read_to_string(&saved).unwrap();
    assert!(written.starts_with("2024-01-31T10:00:00.000Z out old 0\n"), "{}", &written[..200]);
    assert!(written.contains("err needle") && written.contains("line-1809-end"));
    click(&panel, "[data-log=open-saved]").await;
    let opened = eventually_some(SOON, "it is opened", || home.opened().pop());
    assert_eq!(std::path::Path::new(&opened), saved);
    panel.close().await;
}

#[tokio::test]
async fn what_is_found_far_into_a_long_line_is_seen() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let backend = healthy(&home, "default").service("backend").unwrap().port.unwrap();
    for line in [format!("near{}", "-".repeat(3000)), format!("{}far{0}", "-".repeat(3000))] {
        http::get(backend, &format!("/print?{line}")).unwrap();
    }
    click(&panel, "[data-service=backend] [data-action=logs]").await;
    says(&panel, LINES, "near").await;
    click(&panel, "[data-log=searching]").await;
    let field = panel.find(Locator::Css("[data-log=search]")).await.unwrap();
    let seen = async |word: &str| {
        let seen = "const box = document.querySelector('[data-log=lines]'); \
            const mark = box.querySelector('.current mark'); \
            if (mark?.textContent !== arguments[0]) return false; \
            const [outer, part] = [box, mark].map((element) => element.getBoundingClientRect()); \
            return part.left >= outer.left && part.right <= outer.right \
                && part.top >= outer.top && part.bottom <= outer.bottom";
        eventually_async(SOON, &format!("{word} is seen"), async || {
            (panel.execute(seen, vec![json!(word)]).await.ok()? == json!(true)).then_some(())
        })
        .await;
    };
    // In one row, and in rows of which not all are seen.
    for _ in 0..2 {
        for word in ["far", "near"] {
            field.clear().await.unwrap();
            field.send_keys(word).await.unwrap();
            seen(word).await;
        }
        click(&panel, "[data-log=wrap]").await;
    }
    panel.close().await;
}

#[tokio::test]
async fn a_log_follows_two_fingers_pixel_by_pixel() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let backend = healthy(&home, "default").service("backend").unwrap().port.unwrap();
    let print = |from: u32, to: u32| {
        for number in from..to {
            http::get(backend, &format!("/print?line-{number}-end")).unwrap();
        }
    };
    print(0, 100);
    click(&panel, "[data-service=backend] [data-action=logs]").await;
    says(&panel, LINES, "line-99-end").await;
    let end = at_rest(&panel).await;
    // A touchpad tells a few pixels at a time.
    swipe(&panel, -3, 5).await;
    let back = at_rest(&panel).await;
    assert_eq!(back[0].as_i64().unwrap(), end[0].as_i64().unwrap() - 15);
    assert!(!follows(&panel).await, "who reads back is left alone");
    print(100, 200);
    says(&panel, "[data-log=newer]", "100 new lines").await;
    assert_eq!(at_rest(&panel).await, back, "what is read does not move");
    swipe(&panel, 200, 40).await;
    says(&panel, LINES, "line-199-end").await;
    eventually_async(SOON, "the end is followed", async || follows(&panel).await.then_some(())).await;
    panel.close().await;
}

/// Scrolls the lines by so many pixels, so often.
async fn swipe(panel: &Browser, down: i64, times: usize) {
    let place = "const box = document.querySelector('[data-log=lines]').getBoundingClientRect(); \
        return [box.left + box.width / 2, box.top + box.height / 2].map(Math.round)";
    let place = panel.execute(place, vec![]).await.unwrap();
    let (x, y) = (place[0].as_i64().unwrap(), place[1].as_i64().unwrap());
    for _ in 0..times {
        let step = WheelAction::Scroll { duration: None, x, y, delta_x: 0, delta_y: down };
        panel.perform_actions(WheelActions::new("touchpad".to_owned()).then(step)).await.unwrap();
        // The driver does not scroll again by as much as the last time.
        panel.release_actions().await.unwrap();
    }
}

#[tokio::test]
async fn all_logs_have_a_window_that_scrolls_is_closed_by_a_key_and_comes_back_as_it_was() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let snapshot = healthy(&home, "default");
    for number in 0..100 {
        for service in ["backend", "ui"] {
            let port = snapshot.service(service).unwrap().port.unwrap();
            http::get(port, &format!("/print?{service}-{number}")).unwrap();
        }
    }
    let alone = webview_processes(&home).len();
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=all-logs]").await;
    let shown = || eventually_some(HEALTHY_WITHIN, "the window is shown", || desktop.windows(ALL_LOGS).pop());
    let window = shown();
    let pixels = |window: &str| {
        // A format without a date in it.
        let file = home.path().join("logs.ppm");
        desktop.picture_of(window, &file);
        std::fs::read(file).unwrap()
    };
    desktop.run(&["xdotool", "windowsize", &window, "700", "420"]);
    desktop.run(&["xdotool", "mousemove", "--window", &window, "350", "300"]);
    let unscrolled = settled(|| pixels(&window));
    desktop.run(&["xdotool", "click", "--repeat", "10", "--delay", "20", &WHEEL_UP.to_string()]);
    eventually(SOON, "the wheel scrolls it", || pixels(&window) != unscrolled);
    if let Some(folder) = app::pictures() {
        desktop.picture_of(&window, &folder.join("logs-window.png"));
    }
    let scrolled = settled(|| pixels(&window));
    desktop.run(&["xdotool", "click", "--repeat", "40", "--delay", "2", &WHEEL_DOWN.to_string()]);
    eventually(SOON, "and back", || pixels(&window) != scrolled);

    desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
    desktop.run(&["xdotool", "key", "Escape"]);
    eventually(SOON, "it is closed", || desktop.windows(ALL_LOGS).is_empty());
    eventually(HEALTHY_WITHIN, "its memory is given back", || webview_processes(&home).len() <= alone);
    // A search of windows fails where one goes away just then.
    eventually(SOON, "the panel stays", || desktop.windows(PANEL).len() == 1);

    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=all-logs]").await;
    let window = shown();
    let size = || desktop.run(&["xdotool", "getwindowgeometry", &window]).stdout;
    eventually(SOON, "it has its size again", || size().contains("700x420"));
    desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
    desktop.run(&["xdotool", "key", "ctrl+w"]);
    eventually(SOON, "it is closed", || desktop.windows(ALL_LOGS).is_empty());
    panel.close().await;
}

/// Drags what is under the pointer by so many pixels.
fn drag(pointer: &Pointer<'_>, down: i32) {
    let button = LEFT.to_string();
    let (run, step) = (|words: &[&str]| pointer.desktop.run(words), (down / 10).to_string());
    run(&["xdotool", "mousedown", &button]);
    for _ in 0..10 {
        run(&["xdotool", "mousemove_relative", "--", "0", &step]);
    }
    run(&["xdotool", "mouseup", &button]);
}

fn picture(pointer: &Pointer<'_>, name: &str) {
    if let Some(folder) = app::pictures() {
        pointer.desktop.picture_of(&pointer.window, &folder.join(format!("{name}.png")));
    }
}

async fn follows(panel: &Browser) -> bool {
    let pressed = "return document.querySelector('[data-log=follow]').ariaPressed";
    panel.execute(pressed, vec![]).await.unwrap() == json!("true")
}

/// The lines in view and how far they are scrolled, once that does not change any more.
async fn at_rest(panel: &Browser) -> Value {
    let read = "const box = document.querySelector('[data-log=lines]'); \
        return [box.scrollTop, box.innerText]";
    let mut last = json!(null);
    eventually_async(SOON, "the lines rest", async || {
        let now = panel.execute(read, vec![]).await.ok()?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let rests = std::mem::replace(&mut last, now.clone()) == now;
        rests.then_some(())
    })
    .await;
    last
}

/// What is the same twice, with a while between.
fn settled(look: impl Fn() -> Vec<u8>) -> Vec<u8> {
    eventually_some(SOON, "nothing is drawn any more", || {
        let before = look();
        std::thread::sleep(Duration::from_millis(500));
        (look() == before).then_some(before)
    })
}

async fn text(panel: &Browser, css: &str) -> Option<String> {
    let read = "return document.querySelector(arguments[0])?.innerText ?? null";
    let text: Value = panel.execute(read, vec![json!(css)]).await.ok()?;
    text.as_str().map(str::to_owned)
}

async fn says(panel: &Browser, css: &str, words: &str) {
    eventually_async(HEALTHY_WITHIN, words, async || text(panel, css).await?.contains(words).then_some(()))
        .await;
}
