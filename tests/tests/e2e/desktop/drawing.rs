//! What drawing the panel costs: no OpenGL, and nothing while nobody sees it.

use contract::Snapshot;
use end_to_end::browser::Browser;
use end_to_end::processes::{command_line, threads, variables};
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, eventually, eventually_async, eventually_some,
    http,
};
use serde_json::json;

use super::app::{self, CLICK_WITHIN, PANEL, click, healthy, healthy_icon, stack, webview_processes};

#[tokio::test]
async fn the_panel_is_drawn_without_opengl_and_no_service_hears_of_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    icon.click(&["Show port map"]).await;
    eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
    let page = eventually_some(CLICK_WITHIN, "its page has a process", || {
        webview_processes(&home).into_iter().find(|pid| command_line(*pid).contains("WebProcess"))
    });
    // WebKit makes the threads in any case; what counts is that they have nothing to do.
    let of_opengl = || {
        let mut threads = threads(page);
        threads.retain(|(name, _)| ["Compositor", "llvmpipe", "SkiaGPU"].iter().any(|of| name.contains(of)));
        threads
    };
    let script = |(name, _): &(String, u64)| name.contains("JIT");
    eventually(CLICK_WITHIN, "the page's script has run", || threads(page).iter().any(script));
    let drawn = of_opengl();

    let before = (healthy(&home, "default"), app::pixels(&desktop));
    icon.click(&["Restart", "All services"]).await;
    let services = eventually_some(HEALTHY_WITHIN, "all have been restarted", || {
        let now = app::status(&home, "default").filter(Snapshot::all_healthy)?.services;
        now.iter().zip(&before.0.services).all(|(now, before)| now.pid != before.pid).then_some(now)
    });
    for service in services {
        let variables = variables(service.pid.unwrap());
        assert!(variables.contains(&"UI_PORT".to_owned()), "{variables:?}");
        assert!(!variables.iter().any(|name| name.starts_with("WEBKIT")), "{variables:?}");
    }
    // Once all are healthy again it looks as it did before.
    assert_eq!(home.skinai(["stop", "ui"]).code, Some(0));
    eventually(CLICK_WITHIN, "the panel is drawn anew", || app::pixels(&desktop) != before.1);
    assert_eq!(of_opengl(), drawn);
}

#[tokio::test]
async fn a_panel_that_nobody_sees_rests_and_is_up_to_date_when_it_comes_back() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default").service("ui").unwrap().pid.unwrap().to_string();
    let read = async |script: &str| panel.execute(script, vec![]).await.ok();
    let pid = "return document.querySelector('[data-service=ui] [data-field=pid]')?.innerText";
    let shows = async |expected: &str| {
        eventually_async(SOON, expected, async || (read(pid).await? == json!(expected)).then_some(())).await;
    };
    click(&panel, "[data-service=ui] [data-action=details]").await;
    shows(&before).await;
    let log = "return document.querySelector('[data-service=backend] [data-log=lines]')?.innerText";
    let logged = async |expected: &str| {
        eventually_async(SOON, expected, async || {
            read(log).await?.as_str()?.contains(expected).then_some(())
        })
        .await;
    };
    click(&panel, "[data-service=backend] [data-action=logs]").await;
    logged("fixture backend listening").await;

    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    desktop.run(&["xdotool", "windowminimize", &window]);
    eventually_async(SOON, "the page is hidden", async || {
        (read("return document.hidden").await? == json!(true)).then_some(())
    })
    .await;
    assert_eq!(home.skinai(["restart", "ui"]).code, Some(0));
    let after = healthy(&home, "default").service("ui").unwrap().pid.unwrap().to_string();
    assert_ne!(after, before);
    assert_eq!(read(pid).await, Some(json!(before)), "nothing is drawn that nobody sees");

    desktop.run(&["wmctrl", "-i", "-a", &window]);
    shows(&after).await;
    let port = healthy(&home, "default").service("backend").unwrap().port.unwrap();
    http::get(port, "/print?seen-again").unwrap();
    logged("seen-again").await;
    panel.close().await;
}
