//! What one does in the rows of the panel besides restarting and moving: copy an address, read along what
//! a service prints, look into the folder with the logs.

use contract::{ServiceState, Snapshot};
use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, StackFile, eventually, eventually_async, http,
};
use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::app::{self, CLICK_WITHIN, click, clipboard, healthy, stack};
use super::interaction::gone;

#[tokio::test]
async fn a_copied_address_is_on_the_clipboard_and_the_panel_says_so() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let snapshot = healthy(&home, "default");
    let ui = snapshot.service("ui").unwrap();
    let feedback = "[data-service=ui] .feedback";
    wait_text(&panel, "[data-service=ui] [data-field=state]", |text| text == "Running").await;
    let places = "return [...document.querySelectorAll('[data-service=ui] .where > *')] \
        .map((part) => { const { x, y, width, height } = part.getBoundingClientRect(); return [x, y, width, height]; })";
    let before = panel.execute(places, vec![]).await.unwrap();

    click(&panel, "[data-service=ui] [data-action=copy]").await;
    wait_text(&panel, feedback, |text| text == "Copied").await;
    assert_eq!(panel.execute(places, vec![]).await.unwrap()[0], before[0], "the address stays where it is");
    eventually(CLICK_WITHIN, "another program gets the address", || {
        clipboard::text(desktop.display()).as_deref() == ui.url.as_deref()
    });
    assert!(!clipboard::text(desktop.display()).unwrap().contains("token"));
    wait_text(&panel, feedback, |text| text.is_empty()).await;
    panel.close().await;
}

#[tokio::test]
async fn what_the_menu_for_copying_shows_is_what_is_copied() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let port = healthy(&home, "default").service("ui").unwrap().port.unwrap();
    click(&panel, "[data-service=ui] [data-action=details]").await;
    let expected = [
        ("address", format!("http://127.0.0.1:{port}")),
        ("port", port.to_string()),
        ("curl", format!("curl http://127.0.0.1:{port}/health")),
        ("export", format!("export UI_PORT={port}")),
    ];
    for (form, copied) in expected {
        click(&panel, "[data-service=ui] [data-action=copy-menu]").await;
        let entry = format!("[data-service=ui] [data-action=copy-{form}]");
        wait_text(&panel, &entry, |text| text.ends_with(&copied)).await;
        wait_attribute(&panel, &entry, "title", &copied).await;
        click(&panel, &entry).await;
        eventually(CLICK_WITHIN, &copied, || clipboard::text(desktop.display()).as_deref() == Some(&*copied));
    }
    panel.close().await;
}

#[tokio::test]
async fn the_panel_reads_along_what_a_service_prints() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let snapshot = healthy(&home, "default");
    let port = |name: &str| snapshot.service(name).unwrap().port.unwrap();
    let print = |name: &str, text: &str| http::get(port(name), &format!("/print?{text}")).unwrap();
    let lines = "[data-service=ui] [data-log=lines]";

    click(&panel, "[data-service=ui] [data-action=logs]").await;
    wait_text(&panel, lines, |text| text.contains("fixture ui listening")).await;
    print("backend", "not-this-one");
    print("ui", "first-line");
    wait_text(&panel, lines, |text| text.contains("first-line")).await;

    // A flood is followed to its end, and only what can be seen of it is in the document.
    for number in 0..200 {
        print("ui", &format!("flood-{number}"));
    }
    wait_text(&panel, lines, |text| text.contains("flood-199") && !text.contains("first-line")).await;
    let filter = panel.find(Locator::Css("[data-service=ui] [data-log=filter]")).await.unwrap();
    filter.send_keys("FIRST").await.unwrap();
    wait_text(&panel, lines, |text| text == "first-line").await;
    let all = panel.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
    assert!(!all.contains("not-this-one"), "{all}");

    // Who scrolls back reads; what is printed meanwhile does not carry the lines away.
    filter.send_keys(&Key::Backspace.repeat("FIRST".len())).await.unwrap();
    wait_text(&panel, lines, |text| text.contains("flood-199")).await;
    let scroll = "const box = document.querySelector(arguments[0]); box.scrollTop = 0; return box.scrollTop";
    panel.execute(scroll, vec![json!(lines)]).await.unwrap();
    let follow = "[data-service=ui] [data-log=follow]";
    wait_attribute(&panel, follow, "aria-pressed", "false").await;
    print("ui", "last-line");
    click(&panel, follow).await;
    wait_text(&panel, lines, |text| text.contains("last-line")).await;
    click(&panel, "[data-service=ui] [data-action=logs]").await;
    eventually_async(SOON, "the lines are gone", async || {
        panel.find(Locator::Css(lines)).await.is_err().then_some(())
    })
    .await;
    panel.close().await;
}

#[tokio::test]
async fn the_folder_with_the_logs_is_opened() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    click(&panel, "[data-action=log-folder]").await;
    eventually(CLICK_WITHIN, "a file manager is asked for", || home.opened().len() == 1);
    let folder = home.opened().remove(0);
    assert_eq!(std::path::Path::new(&folder), home.state().join("default"));
    let written = std::fs::read_to_string(std::path::Path::new(&folder).join("ui.log")).unwrap();
    assert!(written.contains("fixture ui listening"), "{written}");
    panel.close().await;
}

#[tokio::test]
async fn a_row_goes_on_with_each_probe_and_with_the_time() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    click(&panel, "[data-service=ui] [data-action=details]").await;
    // So many probes are drawn as the line has points.
    let points = "return (document.querySelector('[data-service=ui] [data-field=health] + svg path:last-child')\
        ?.getAttribute('d').match(/[MLH]/g) ?? []).length";
    eventually_async(HEALTHY_WITHIN, "the line grows by several probes at once or one by one", async || {
        (panel.execute(points, vec![]).await.ok()?.as_u64()? >= 4).then_some(())
    })
    .await;
    wait_text(&panel, "[data-service=ui] [data-field=health]", |text| text.ends_with(" ms")).await;
    wait_text(&panel, "[data-service=ui] [data-field=uptime]", |text| {
        // In steps of five seconds, since each change is drawn.
        text.strip_suffix(" s")
            .and_then(|seconds| seconds.parse().ok())
            .is_some_and(|s: u32| s >= 5 && s.is_multiple_of(5))
    })
    .await;
    panel.close().await;
}

#[tokio::test]
async fn a_reason_that_does_not_fit_in_is_said_whole_in_the_details() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let label = "Dermatological measurement administration dashboard of the whole department";
    let late = StackFile::new(&ports).service("late", &["--late", "600000"], &format!("label = {label:?}"));
    home.write_stack(late.service("ui", &[], "needs = [\"late\"]").text());
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let details = "[data-service=ui] [data-action=details]";
    wait_attribute(&panel, details, "aria-expanded", "false").await;
    let button = panel.find(Locator::Css(details)).await.unwrap();
    button.send_keys(&Key::Return).await.unwrap();
    wait_attribute(&panel, details, "aria-expanded", "true").await;
    let whole = format!("Waiting for {label}");
    wait_text(&panel, "[data-service=ui] [data-field=health]", |text| text == whole).await;
    click(&panel, details).await;
    wait_attribute(&panel, details, "aria-expanded", "false").await;
    panel.close().await;
}

#[tokio::test]
async fn a_german_panel_says_in_german_why_a_service_failed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(StackFile::new(&ports).service("broken", &["--exit", "78"], "").text());
    let app = Programs::app();
    home.write_script("german-app", &format!("LANG=de_DE.UTF-8 exec '{}' \"$@\"", app.display()));
    let desktop = Desktop::start(&home);
    let german = home.path().join("bin/german-app");
    let panel = Browser::webkit(&desktop, ports.spare(), &german, &[]).await;
    let why = "[data-service=broken] [data-field=last_exit]";
    wait_text(&panel, why, |text| text.contains("hat sich mit Code 78 beendet")).await;
    wait_text(&panel, "[data-service=broken] [data-field=state]", |text| text == "Ausgefallen").await;
    wait_attribute(&panel, "[data-service=broken] [data-field=state]", "data-state", "failed").await;

    let snapshot = app::status(&home, "default").unwrap();
    let exit = snapshot.service("broken").unwrap().last_exit.clone().unwrap();
    assert_eq!(exit.reason, "exited with code 78", "programs read the same in every language");
    let cause = serde_json::to_value(exit.cause).unwrap();
    assert_eq!(cause, json!({ "kind": "exited", "code": 78 }));
    // What was asked for in vain is said by the row alone.
    let since = |snapshot: Snapshot| snapshot.service("broken").unwrap().since;
    let before = since(snapshot);
    click(&panel, "[data-service=broken] [data-action=restart]").await;
    eventually(SOON, "it has failed again", || {
        app::status(&home, "default").is_some_and(|now| {
            now.service("broken").unwrap().state == ServiceState::Failed && since(now) != before
        })
    });
    wait_text(&panel, why, |text| text.contains("hat sich mit Code 78 beendet")).await;
    gone(&panel, "[data-service=broken] [role=alert]").await;
    panel.close().await;
}

async fn wait_text(panel: &Browser, css: &str, condition: impl Fn(&str) -> bool) {
    let read = "return document.querySelector(arguments[0])?.innerText ?? null";
    eventually_async(HEALTHY_WITHIN, css, async || {
        let text = panel.execute(read, vec![json!(css)]).await.ok()?;
        text.as_str().filter(|text| condition(text.trim())).map(drop)
    })
    .await;
}

async fn wait_attribute(panel: &Browser, css: &str, name: &str, value: &str) {
    let read = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
    eventually_async(HEALTHY_WITHIN, css, async || {
        let now: Value = panel.execute(read, vec![json!(css), json!(name)]).await.ok()?;
        (now == json!(value)).then_some(())
    })
    .await;
}
