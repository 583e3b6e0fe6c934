//! What moves in the list while a pointer rests in it, and what does not.

use std::path::PathBuf;
use std::time::Duration;

use contract::ServiceState;
use end_to_end::browser::Browser;
use end_to_end::{Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, StackFile, eventually_async};
use serde_json::json;

use super::app::pointer::{LEFT, Pointer};
use super::app::{healthy, status};
use super::interaction::{gone, pointer, shows};

/// The place of what a selector finds, below the top of the page.
async fn top(panel: &Browser, css: &str) -> f64 {
    let script = "return document.querySelector(arguments[0]).getBoundingClientRect().top";
    panel.execute(script, vec![json!(css)]).await.unwrap().as_f64().unwrap()
}

async fn press(pointer: &Pointer<'_>, css: &str) {
    shows(pointer.panel, css).await;
    pointer.move_to(css).await;
    pointer.press(LEFT, 1, 0);
}

/// The panel of a stack of which the first service has failed, and fails as long as a file is there.
async fn launched<'a>(home: &'a Home, ports: &PortBlock) -> (Desktop<'a>, Browser, PathBuf) {
    let fault = home.path().join("fault");
    std::fs::write(&fault, "").unwrap();
    let fixture = Programs::fixture();
    let script = format!("[ -e '{}' ] && exit 78; exec '{}' \"$@\"", fault.display(), fixture.display());
    home.write_script("shaky", &script);
    let shaky = home.path().join("bin/shaky");
    let text = StackFile::new(ports)
        .command("shaky", &[shaky.to_str().unwrap()], "")
        .service("well", &[], "")
        .service("other", &[], "");
    // The window is called after the stack, and found by the name of the built-in one.
    home.write_stack(&text.text().replacen("Fixtures", "Skin AI Assistant", 1));
    let desktop = Desktop::start(home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    shows(&panel, BOX).await;
    (desktop, panel, fault)
}

const BOX: &str = "[data-service=shaky] [data-field=last_exit]";

#[tokio::test]
async fn what_has_gone_above_the_pointer_stays_pale_until_the_pointer_leaves_and_is_no_hole() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (desktop, panel, fault) = launched(&home, &ports).await;
    let pointer = pointer(&desktop, &panel);
    let other = "[data-service=other] [data-action=logs]";
    pointer.move_to(other).await;
    let (row, button) = (top(&panel, "[data-service=shaky]").await, top(&panel, other).await);

    std::fs::remove_file(&fault).unwrap();
    assert_eq!(home.skinai(["restart", "shaky"]).code, Some(0));
    gone(&panel, BOX).await;
    shows(&panel, "[data-service=shaky] .picture[inert]").await;
    assert_eq!(top(&panel, other).await, button, "it is under the pointer");
    assert_eq!(top(&panel, "[data-service=shaky]").await, row, "no hole above the list");

    pointer.move_to("h1").await;
    gone(&panel, ".picture").await;
    assert!(top(&panel, other).await < button - 40.0, "the list has closed up");
    assert_eq!(top(&panel, "[data-service=shaky]").await, row);
    panel.close().await;
}

#[tokio::test]
async fn a_box_that_is_clicked_keeps_its_room_until_the_pointer_leaves() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (desktop, panel, fault) = launched(&home, &ports).await;
    let pointer = pointer(&desktop, &panel);
    let well = top(&panel, "[data-service=well]").await;
    std::fs::remove_file(&fault).unwrap();
    press(&pointer, &format!("{BOX} [data-action=restart]")).await;
    healthy(&home, "default");
    gone(&panel, BOX).await;
    shows(&panel, ".picture[inert]").await;
    assert_eq!(top(&panel, "[data-service=well]").await, well, "what lies below stays");
    pointer.move_to("h1").await;
    gone(&panel, ".picture").await;
    assert!(top(&panel, "[data-service=well]").await < well - 40.0, "the list has closed up");
    panel.close().await;
}

#[tokio::test]
async fn what_a_click_brings_about_is_seen_below_the_line_of_its_row() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (desktop, panel, fault) = launched(&home, &ports).await;
    std::fs::remove_file(&fault).unwrap();
    assert_eq!(home.skinai(["restart", "shaky"]).code, Some(0));
    let pointer = pointer(&desktop, &panel);
    healthy(&home, "default");
    let restart = "[data-service=shaky] [data-field=pid]";
    press(&pointer, "[data-service=shaky] [data-action=details]").await;
    shows(&panel, restart).await;
    let line = top(&panel, "[data-service=shaky]").await;
    press(&pointer, "[data-service=shaky] [data-action=stop]").await;
    end_to_end::eventually(HEALTHY_WITHIN, "it is stopped", || {
        status(&home, "default").is_some_and(|s| s.services[0].state == ServiceState::Stopped)
    });
    std::fs::write(&fault, "").unwrap();
    // A click sooner than that goes on with the one before, which was for another button.
    std::thread::sleep(Duration::from_millis(600));
    press(&pointer, "[data-service=shaky] .more [data-action=start-again]").await;
    shows(&panel, BOX).await;
    let stays = async || (top(&panel, "[data-service=shaky]").await - line).abs() < 1.0;
    eventually_async(SOON, "its line is where it was", async || stays().await.then_some(())).await;
    panel.close().await;
}

#[tokio::test]
async fn what_fails_again_and_again_stays_in_view_and_does_not_jump() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (desktop, panel, _fault) = launched(&home, &ports).await;
    let pointer = pointer(&desktop, &panel);
    let restart = format!("{BOX} [data-action=restart]");
    shows(&panel, &restart).await;
    let line = top(&panel, "[data-service=shaky]").await;
    let below = top(&panel, "[data-service=well]").await;
    let runs = || status(&home, "default").map(|snapshot| snapshot.services[0].since);
    for _ in 0..3 {
        let before = runs();
        press(&pointer, &restart).await;
        end_to_end::eventually(HEALTHY_WITHIN, "it has failed again", || {
            let now = status(&home, "default");
            now.is_some_and(|s| s.services[0].state == ServiceState::Failed) && runs() != before
        });
        shows(&panel, &restart).await;
        // The panel draws the newest state a moment after it can be asked for.
        let places =
            async || (top(&panel, "[data-service=shaky]").await, top(&panel, "[data-service=well]").await);
        eventually_async(SOON, "all is where it was", async || {
            (places().await == (line, below)).then_some(())
        })
        .await;
        // Longer than a double click, whose second click is dropped where there is another button by then.
        std::thread::sleep(Duration::from_millis(600));
    }
    panel.close().await;
}

#[tokio::test]
async fn a_box_whose_text_takes_fewer_lines_in_a_wider_window_keeps_no_room() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (desktop, panel, _fault) = launched(&home, &ports).await;
    let pointer = pointer(&desktop, &panel);
    let height = async || {
        let script = "return document.querySelector(arguments[0]).closest('.held').offsetHeight";
        panel.execute(script, vec![json!(BOX)]).await.unwrap().as_f64().unwrap()
    };
    let width = async || panel.execute("return innerWidth", vec![]).await.unwrap().as_f64().unwrap();
    // A large text, so that a few words need two lines.
    let usual = width().await;
    pointer.move_to("h1").await;
    desktop.run(&["xdotool", "windowactivate", "--sync", &pointer.window]);
    for step in 1..=5 {
        desktop.run(&["xdotool", "key", "ctrl+plus"]);
        let larger = usual / f64::from(10 + step) * 10.0 + 1.0;
        eventually_async(SOON, "the text is larger", async || (width().await <= larger).then_some(())).await;
    }
    let zoom = usual / width().await;
    let resized = async |wanted: u32| {
        pointer.resize(wanted, 560);
        let there = async || (width().await * zoom - f64::from(wanted)).abs() < 5.0;
        eventually_async(SOON, "the page is as wide", async || there().await.then_some(())).await;
        height().await
    };
    let low = resized(900).await;
    let high = resized(360).await;
    assert!(high > low, "its text takes more lines: {high} and {low}");
    // What changes beside it has the list look at its heights.
    assert_eq!(home.skinai(["stop", "well"]).code, Some(0));
    shows(&panel, "[data-service=well] [data-state=stopped]").await;
    pointer.move_to(BOX).await;
    resized(900).await;
    assert_eq!(home.skinai(["start", "well"]).code, Some(0));
    gone(&panel, "[data-service=well] [data-state=stopped]").await;
    assert_eq!(height().await, low);
    panel.close().await;
}
