//! What the panel says of the application itself, and what it gives to whoever is to find out what is wrong.

use contract::Snapshot;
use end_to_end::browser::Browser;
use end_to_end::{Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, eventually_async, eventually_some};
use fantoccini::Locator;

use super::app::{self, click, clipboard, healthy, status};

#[tokio::test]
async fn the_panel_says_what_it_is_and_runs_and_copies_diagnostics_without_a_secret() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let file = home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let snapshot = healthy(&home, "default");
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=about]").await;
    let file = file.display().to_string();
    for (field, expected) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("file", &file),
        ("instance", "default"),
        ("pid", &snapshot.pid.to_string()),
        ("logs", &home.state().display().to_string()),
    ] {
        let css = format!("[data-view=about] [data-field={field}]");
        eventually_async(HEALTHY_WITHIN, &css, async || {
            let text = panel.find(Locator::Css(&css)).await.ok()?.text().await.ok()?;
            text.contains(expected).then_some(())
        })
        .await;
    }
    if let Some(folder) = app::pictures() {
        panel.picture(&folder.join("about.png")).await;
    }

    click(&panel, "[data-action=copy-diagnostics]").await;
    let copied = eventually_some(HEALTHY_WITHIN, "the diagnostics are on the clipboard", || {
        clipboard::text(desktop.display()).filter(|text| text.contains("skinai doctor"))
    });
    let doctor = home.skinai(["doctor"]).stdout;
    // That of this test has another display.
    assert!(doctor.lines().any(|line| line.len() > 20 && copied.contains(line)), "{doctor} and {copied}");
    for part in ["Skin AI Assistant", "backend: healthy, http://127.0.0.1:", "launcher: ", &file] {
        assert!(copied.contains(part), "{part} is not in {copied}");
    }
    let token = home.skinai(["token"]).stdout;
    assert!(token.trim().len() > 16, "{token}");
    assert!(!copied.contains(token.trim()), "{copied}");
    assert!(!copied.contains("code=") && !copied.contains("token="), "{copied}");
    assert!(status(&home, "default").is_some_and(|now: Snapshot| now.all_healthy()));
    panel.close().await;
}
