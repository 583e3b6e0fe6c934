//! The panel's list of what happened, by mouse and keyboard.

use end_to_end::browser::Browser;
use end_to_end::{Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, eventually_async, processes};
use fantoccini::Locator;
use fantoccini::key::Key;
use nix::sys::signal::Signal;

use super::app::{self, click, healthy, stack};

/// What stands in the list, newest first, without the times.
async fn listed(panel: &Browser) -> Vec<String> {
    let script =
        "return [...document.querySelectorAll('[data-view=happened] li p')].map((p) => p.textContent)";
    let texts = panel.execute(script, Vec::new()).await.unwrap();
    serde_json::from_value(texts).unwrap()
}

async fn focused(panel: &Browser) -> Option<String> {
    let script = "return document.activeElement?.dataset.action ?? null";
    serde_json::from_value(panel.execute(script, Vec::new()).await.unwrap()).unwrap()
}

#[tokio::test]
async fn what_happened_is_listed_in_the_panel_as_it_happens_and_left_by_escape() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let ui = healthy(&home, "default").service("ui").unwrap().pid.unwrap();
    click(&panel, "[data-action=happened]").await;
    eventually_async(SOON, "the launch is listed", async || {
        listed(&panel).await.last().is_some_and(|first| first == "The stack was launched").then_some(())
    })
    .await;
    assert_eq!(focused(&panel).await.as_deref(), Some("back"));

    processes::signal(ui, Signal::SIGKILL);
    eventually_async(HEALTHY_WITHIN, "the restart is listed with its reason", async || {
        let newest = listed(&panel).await.into_iter().take(3).collect::<Vec<_>>();
        let expected = [
            "User UI is running",
            "User UI was restarted, since a signal had ended it",
            "User UI was ended by SIGKILL",
        ];
        (newest == expected).then_some(())
    })
    .await;
    if let Some(folder) = app::pictures() {
        desktop.picture(&folder.join("happened.png"));
    }

    click(&panel, "[data-happened=trouble]").await;
    eventually_async(SOON, "only trouble is listed", async || {
        (listed(&panel).await.len() == 2).then_some(())
    })
    .await;
    click(&panel, "[data-happened=trouble]").await;
    let by_service = panel.find(Locator::Css("[data-happened=service]")).await.unwrap();
    by_service.select_by_value("backend").await.unwrap();
    eventually_async(SOON, "only the backend is listed", async || {
        let texts = listed(&panel).await;
        (!texts.is_empty() && texts.iter().all(|text| text.starts_with("Backend API "))).then_some(())
    })
    .await;

    panel.find(Locator::Css("[data-action=back]")).await.unwrap().send_keys(&Key::Escape).await.unwrap();
    eventually_async(SOON, "the services are shown, and the focus is where it was", async || {
        (focused(&panel).await.as_deref() == Some("happened")).then_some(())
    })
    .await;
    panel.close().await;
}
