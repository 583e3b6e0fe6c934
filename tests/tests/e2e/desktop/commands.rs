//! What one asks of single services in the panel, by pointer and by keyboard alone.

use contract::{ServiceState, Snapshot};
use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, StackFile, eventually, eventually_async,
    eventually_some, http,
};
use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::app::{self, CLICK_WITHIN, PANEL, click, healthy, stack, stack_that_can_lose_a_port};
use super::interaction::{gone, says, shows};

#[tokio::test]
async fn a_service_is_stopped_and_started_by_the_keyboard_alone() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    says(&panel, "[data-service=admin] [data-field=state]", "Running").await;

    press(&panel, "[data-service=backend] [data-action=details]", &Key::Down).await;
    assert_eq!(focused_row(&panel).await, "ui");
    press(&panel, "[data-service=ui] [data-action=details]", "s").await;
    says(&panel, "[data-service=ui] [data-field=state]", "Stopped").await;
    says(&panel, "[data-field=stack]", "User UI is stopped").await;
    let stopped = app::status(&home, "default").unwrap();
    assert_eq!(stopped.service("ui").unwrap().state, ServiceState::Stopped);
    assert_eq!(stopped.service("admin").unwrap().pid, before.service("admin").unwrap().pid);

    // The same control of another row, and back.
    press(&panel, "[data-service=ui] [data-action=start]", &Key::Up).await;
    assert_eq!(focused_row(&panel).await, "backend");
    press(&panel, "[data-service=backend] [data-action=restart]", &Key::Down).await;
    press(&panel, "[data-service=ui] [data-action=start]", "r").await;
    let after = healthy(&home, "default");
    assert_eq!(after.service("ui").unwrap().port, before.service("ui").unwrap().port);
    says(&panel, "[data-service=ui] [data-field=state]", "Running").await;
    panel.close().await;
}

/// Letters that are meant for a search, or for an address that leads nowhere any more, do nothing else.
#[tokio::test]
async fn keys_in_a_row_search_its_output_and_the_focus_stays_in_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    says(&panel, "[data-service=admin] [data-field=state]", "Running").await;

    press(&panel, "[data-service=backend] [data-action=details]", &(Key::Control + "f" + &Key::Control))
        .await;
    shows(&panel, "[data-service=backend] [data-log=search]").await;
    let typed = "return document.activeElement.dataset.log ?? ''";
    eventually_async(CLICK_WITHIN, "the search has the focus", async || {
        (panel.execute(typed, vec![]).await.ok()?.as_str() == Some("search")).then_some(())
    })
    .await;
    press(&panel, "[data-service=backend] [data-log=search]", "rs").await;
    let value = "return document.querySelector('[data-log=search]').value";
    assert_eq!(panel.execute(value, vec![]).await.unwrap(), json!("rs"));
    press(&panel, "[data-service=backend] [data-action=details]", "ll").await;
    shows(&panel, "[data-service=backend] [data-log=searching]").await;
    gone(&panel, "[data-service=backend] [data-log=search]").await;

    press(&panel, "[data-service=ui] [data-action=open]", "s").await;
    says(&panel, "[data-service=ui] [data-field=state]", "Stopped").await;
    assert_eq!(focused_row(&panel).await, "ui");
    press(&panel, "[data-service=admin] [data-action=open]", &Key::Up).await;
    assert_eq!(focused_row(&panel).await, "ui", "its address leads nowhere, its name has the focus");
    press(&panel, "[data-service=ui] [data-action=details]", "s").await;
    says(&panel, "[data-service=ui] [data-field=state]", "Running").await;
    let after = healthy(&home, "default");
    assert_eq!(after.service("backend").unwrap().pid, before.service("backend").unwrap().pid);
    panel.close().await;
}

#[tokio::test]
async fn the_application_is_quit_from_the_panel() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=quit-application]").await;
    eventually(HEALTHY_WITHIN, "nothing runs", || app::status(&home, "default").is_none());
}

#[tokio::test]
async fn all_services_are_stopped_and_started_while_the_application_goes_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=stop-all]").await;
    says(&panel, "[data-field=stack]", "All services are stopped").await;
    assert_eq!(app::status(&home, "default").unwrap().pid, before.pid);
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=start-all]").await;
    says(&panel, "[data-field=stack]", "All 3 services are running").await;
    panel.close().await;
}

#[tokio::test]
async fn a_move_of_a_healthy_service_is_asked_once_and_can_be_undone() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    let port = |snapshot: &Snapshot| snapshot.service("backend").unwrap().port.unwrap();
    let row = |rest: &str| format!("[data-service=backend] {rest}");

    click(&panel, &row("[data-action=details]")).await;
    click(&panel, &row("[data-action=reallocate]")).await;
    says(&panel, &row(".sure"), "User UI, Admin Dashboard").await;
    click(&panel, &row("[data-action=cancel]")).await;
    gone(&panel, &row(".sure")).await;
    assert_eq!(port(&healthy(&home, "default")), port(&before), "nothing was moved");

    click(&panel, &row("[data-action=reallocate]")).await;
    click(&panel, &row("[data-action=reallocate-sure]")).await;
    says(&panel, &row("[data-field=moved-from]"), &port(&before).to_string()).await;
    assert_ne!(port(&healthy(&home, "default")), port(&before));
    click(&panel, &row("[data-action=undo-move]")).await;
    eventually(HEALTHY_WITHIN, "it is where it was", || {
        app::status(&home, "default").is_some_and(|now| now.all_healthy() && port(&now) == port(&before))
    });
    gone(&panel, &row("[data-field=moved-from]")).await;
    panel.close().await;
}

#[tokio::test]
async fn who_has_a_port_is_ended_from_the_panel_and_the_service_gets_it_back() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack_that_can_lose_a_port(&home, &ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let (lost, mut thief) = stolen_port(&home);
    assert_eq!(home.skinai(["restart", "ui"]).code, Some(1));

    says(&panel, "[data-service=ui] [data-field=conflict]", "Port taken").await;
    click(&panel, "[data-service=ui] [data-action=end-holder]").await;
    says(&panel, "[data-service=ui] .sure", &format!("python3 ({}) ends", thief.pid())).await;
    assert_eq!(thief.ended(), None, "it is asked first");
    click(&panel, "[data-service=ui] [data-action=end-holder-sure]").await;
    let after = healthy(&home, "default");
    assert_eq!(after.service("ui").unwrap().port, Some(lost));
    assert!(!thief.wait(SOON).success());
    gone(&panel, "[data-service=ui] [data-field=conflict]").await;
    panel.close().await;
}

#[tokio::test]
async fn the_headline_leads_to_the_service_that_has_failed_and_its_last_lines() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mark = home.path().join("again");
    let print = "[ -e MARK ] || { touch MARK; echo first; exit 1; }; for i in $(seq 1 9); do echo line-$i; done; exit 78";
    home.write_script("broken", &print.replace("MARK", mark.to_str().unwrap()));
    let broken = home.path().join("bin/broken");
    let text = StackFile::new(&ports).service("well", &[], "").text().to_owned();
    let broken = format!("[service.broken]\ncommand = [\"{}\"]\n", broken.display());
    home.write_stack(&format!("{text}\n{broken}"));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    says(&panel, "[data-action=jump]", "broken has failed").await;
    says(&panel, "[data-service=broken] [data-field=last_exit]", "first\nStarted again\nline-1\n").await;
    says(&panel, "[data-service=broken] [data-field=last_exit]", "line-9").await;
    let at_end = "const box = document.querySelector('[data-field=last_exit] pre'); \
        return box.scrollTop > 0 && box.scrollTop + box.clientHeight > box.scrollHeight - 2";
    eventually_async(SOON, "the last line is in view", async || {
        (panel.execute(at_end, vec![]).await.ok()? == json!(true)).then_some(())
    })
    .await;
    shows(&panel, "[data-field=last_exit] [data-action=restart]").await;
    click(&panel, "[data-action=jump]").await;
    assert_eq!(focused_row(&panel).await, "broken");
    panel.close().await;
}

#[tokio::test]
async fn settings_name_who_has_a_port_and_are_not_discarded_without_a_word() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    let port = ports.spare();
    let thief = thief(&home, port);

    click(&panel, "[data-action=settings]").await;
    let field = "[data-setting='fixed_ports.ui']";
    shows(&panel, field).await;
    press(&panel, field, &port.to_string()).await;
    says(&panel, "[data-problem=fixed_ports]", &format!("used by python3 ({})", thief.pid())).await;
    shows(&panel, "[data-action=save]:disabled").await;

    press(&panel, field, &Key::Escape).await;
    shows(&panel, "[data-action=discard]").await;
    press(&panel, "[data-action=cancel]", &Key::Escape).await;
    gone(&panel, "[data-action=discard]").await;
    press(&panel, field, &Key::Escape).await;
    click(&panel, "[data-action=discard]").await;
    shows(&panel, "[data-service=ui]").await;
    // Cancel says what it does.
    click(&panel, "[data-action=settings]").await;
    shows(&panel, field).await;
    press(&panel, field, &port.to_string()).await;
    click(&panel, "[data-action=leave]").await;
    shows(&panel, "[data-service=ui]").await;
    panel.close().await;
}

#[tokio::test]
async fn settings_say_before_they_are_saved_which_service_they_restart() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    let port = ports.spare();
    click(&panel, "[data-action=settings]").await;
    shows(&panel, "[data-setting=open_on_launch]").await;
    press(&panel, "[data-setting='fixed_ports.ui']", &port.to_string()).await;
    let label = before.service("ui").unwrap().label.clone();
    says(&panel, ".fields", &format!("Saving moves {label} to port {port} and restarts it")).await;
    shows(&panel, "[data-action=save]:not(:disabled)").await;
    click(&panel, "[data-action=save]").await;
    says(&panel, ".said", &format!("Saved. Restarted, with what needs it: {label}")).await;
    let after = healthy(&home, "default").service("ui").unwrap().clone();
    assert_eq!(after.port, Some(port));
    assert_ne!(after.pid, before.service("ui").unwrap().pid);
    panel.close().await;
}

#[tokio::test]
async fn the_focus_stays_in_the_row_when_what_was_pressed_goes() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    let focused = async |expected: Value| {
        let script = "const e = document.activeElement; return [e.closest('[data-service]')?.dataset.service, \
            e.dataset.action, e.matches(':focus-visible')]";
        eventually_async(SOON, &expected.to_string(), async || {
            (panel.execute(script, vec![]).await.ok()? == expected).then_some(())
        })
        .await;
    };
    // The arrows begin at the rows, though nothing has the focus yet.
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    desktop.run(&["xdotool", "windowfocus", "--sync", &window]);
    let key = |key: &str| desktop.run(&["xdotool", "key", key]);
    key("Down");
    focused(json!(["backend", "details", true])).await;
    key("Down");
    focused(json!(["ui", "details", true])).await;
    key("Return");
    shows(&panel, "[data-service=ui] [data-action=reallocate]").await;
    focus(&panel, "[data-service=ui] [data-action=reallocate]").await;
    key("Return");
    focused(json!(["ui", "cancel", true])).await;
    key("Return");
    focused(json!(["ui", "reallocate", true])).await;
    focus(&panel, "[data-service=ui] [data-action=stop]").await;
    key("Return");
    focused(json!(["ui", "start-again", true])).await;
    key("Return");
    focused(json!(["ui", "stop", true])).await;
    panel.close().await;
}

async fn focus(panel: &Browser, css: &str) {
    panel.execute("document.querySelector(arguments[0]).focus()", vec![json!(css)]).await.unwrap();
}

#[tokio::test]
async fn another_stack_file_is_launched_from_where_it_was_set() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let other = home.path().join("other.toml");
    std::fs::write(&other, stack(&ports).replacen("Skin AI Assistant", "Another Stack", 1)).unwrap();
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    click(&panel, "[data-action=settings]").await;
    shows(&panel, "[data-setting=stack_file]").await;
    // What is set may lead to the file by another way than what runs.
    let set = home.path().join("./other.toml");
    press(&panel, "[data-setting=stack_file]", set.to_str().unwrap()).await;
    shows(&panel, "[data-action=save]:not(:disabled)").await;
    click(&panel, "[data-action=save]").await;
    click(&panel, "[data-action=relaunch]").await;
    let launched = eventually_some(HEALTHY_WITHIN, "the other stack runs", || {
        app::status(&home, "default").filter(|now| now.stack == "Another Stack" && now.all_healthy())
    });
    assert_eq!(launched.stack_file.as_deref(), other.to_str());
    says(&panel, "[data-field=stack]", "All 3 services are running").await;
    click(&panel, "[data-action=settings]").await;
    click(&panel, "[data-setting=trouble_first]").await;
    click(&panel, "[data-action=save]").await;
    says(&panel, ".said", "Saved").await;
    let said = "return [document.querySelector('.said').innerText, document.querySelectorAll('[data-action=relaunch]').length]";
    assert_eq!(panel.execute(said, vec![]).await.unwrap(), json!(["Saved", 0]), "it runs already");
    panel.close().await;
}

/// The port of the User UI, which is stopped, and who has it now.
pub(super) fn stolen_port(home: &Home) -> (u16, end_to_end::Guarded) {
    let lost = healthy(home, "default").service("ui").unwrap().port.unwrap();
    assert_eq!(home.skinai(["stop", "ui"]).code, Some(0));
    (lost, thief(home, lost))
}

/// A process that listens at a port.
pub(super) fn thief(home: &Home, port: u16) -> end_to_end::Guarded {
    let mut thief = home.command("python3");
    thief.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]);
    let thief = home.spawn("thief", &mut thief);
    eventually(SOON, "the thief listens", || http::get(port, "/").is_ok());
    thief
}

/// Types into what is found once it is there.
async fn press(panel: &Browser, css: &str, keys: &str) {
    eventually_async(CLICK_WITHIN, css, async || {
        panel.find(Locator::Css(css)).await.ok()?.send_keys(keys).await.ok()
    })
    .await;
}

/// The service in whose row the focus is.
pub(super) async fn focused_row(panel: &Browser) -> String {
    let read = "return document.activeElement.closest('[data-service]')?.dataset.service ?? ''";
    panel.execute(read, vec![]).await.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_keys_are_listed_by_a_key_and_left_by_another() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    shows(&panel, "[data-service=ui] [data-state=healthy]").await;
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
    for key in ["F1", "question"] {
        desktop.run(&["xdotool", "key", key]);
        says(&panel, "[data-view=keys]", "In the row of a service").await;
        desktop.run(&["xdotool", "key", "Escape"]);
        gone(&panel, "[data-view=keys]").await;
    }
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=keys]").await;
    shows(&panel, "[data-view=keys]").await;
    panel.close().await;
}
