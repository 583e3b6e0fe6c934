//! The panel without a tray: under a Wayland compositor, where there is no session bus, and when the tray goes.

use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, Wayland, eventually, eventually_async,
    eventually_some,
};
use serde_json::json;

use super::app::{self, PANEL, click, healthy, stack, status};

#[tokio::test]
async fn under_wayland_the_panel_opens_scrolls_and_quits() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let session = Wayland::start(&home);
    let driver = session.command("WebKitWebDriver");
    let panel = Browser::application(driver, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    is(&panel, "document.visibilityState", "visible").await;
    is(&panel, "document.querySelectorAll('[data-state=healthy]').length > 2", true).await;
    is(&panel, "document.querySelector('[data-field=alone]') !== null", true).await;
    panel.execute("document.querySelector('main').append('x '.repeat(9000))", vec![]).await.unwrap();
    panel.execute("document.querySelector('main').scrollBy(0, 300)", vec![]).await.unwrap();
    is(&panel, "document.querySelector('main').scrollTop > 200", true).await;
    click(&panel, "[data-action=quit]").await;
    eventually(HEALTHY_WITHIN, "it has ended", || status(&home, "default").is_none());
    panel.close().await;
}

#[tokio::test]
async fn without_a_tray_the_panel_says_what_closing_it_does_and_an_escape_does_not() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let (nowhere, app) = (home.path().join("no-bus"), Programs::app());
    let script =
        format!("DBUS_SESSION_BUS_ADDRESS='unix:path={}' exec '{}' \"$@\"", nowhere.display(), app.display());
    home.write_script("app-without-a-bus", &script);
    let program = home.path().join("bin/app-without-a-bus");
    let panel = Browser::webkit(&desktop, ports.spare(), &program, &[]).await;
    healthy(&home, "default");
    let said =
        "document.querySelector('[data-field=alone]')?.innerText.includes('stops the services') ?? false";
    is(&panel, said, true).await;
    if let Some(folder) = app::pictures() {
        panel.picture(&folder.join("without-a-tray.png")).await;
    }
    let window = desktop.windows(PANEL).pop().expect("the panel is shown");
    desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
    panel.execute("addEventListener('keyup', (event) => (window.last = event.key))", vec![]).await.unwrap();
    desktop.run(&["xdotool", "key", "Escape"]);
    is(&panel, "window.last", "Escape").await;
    assert_eq!(desktop.windows(PANEL).len(), 1);
    click(&panel, "[data-action=stacks]").await;
    click(&panel, "[data-action=new-instance]").await;
    is(&panel, "document.querySelector('[data-action=quit]').innerText", "Quit and stop 2 stacks").await;
    click(&panel, "[data-action=quit]").await;
    eventually(SOON, "the panel is gone", || desktop.windows(PANEL).is_empty());
    eventually(HEALTHY_WITHIN, "it has ended", || status(&home, "default").is_none());
    panel.close().await;
}

#[tokio::test]
async fn when_the_tray_goes_the_panel_says_what_closing_it_does() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let mut desktop = Desktop::start(&home);
    let app = desktop.launch_app(&["--hidden"]);
    healthy(&home, "default");
    assert_eq!(desktop.windows(PANEL).len(), 0);
    desktop.end_panel();
    let window = eventually_some(HEALTHY_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop());
    if let Some(folder) = app::pictures() {
        desktop.picture(&folder.join("the-tray-is-gone.png"));
    }
    // Closing is the end now.
    desktop.run(&["wmctrl", "-i", "-c", &window]);
    eventually(HEALTHY_WITHIN, "it has ended", || status(&home, "default").is_none());
    drop(app);
}

async fn is(panel: &Browser, what: &str, expected: impl Into<serde_json::Value>) {
    let (script, expected) = (format!("return {what}"), expected.into());
    eventually_async(HEALTHY_WITHIN, &format!("{what}: {}", json!(expected)), async || {
        (panel.execute(&script, vec![]).await.ok()? == expected).then_some(())
    })
    .await;
}
