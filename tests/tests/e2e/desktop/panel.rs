//! The panel under a real window manager: what it shows, what it may do, and that it goes away.

use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, eventually, eventually_async, eventually_some,
    http,
};
use fantoccini::Locator;
use serde_json::{Value, json};

use super::app::{self, CLICK_WITHIN, PANEL, click, healthy, healthy_icon, stack, webview_processes};
use super::commands::stolen_port;

#[tokio::test]
async fn the_rows_agree_with_the_control_socket() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let snapshot = healthy(&home, "default");
    for service in &snapshot.services {
        let row = format!("[data-service='{}']", service.name);
        let field = |name: &str| format!("{row} [data-field={name}]");
        panel.wait().at_most(HEALTHY_WITHIN).for_element(Locator::Css(&row)).await.unwrap();
        eventually_async(SOON, "the row is healthy", async || {
            let state = panel.find(Locator::Css(&field("state"))).await.ok()?;
            (state.attr("data-state").await.ok()?.as_deref() == Some("healthy")).then_some(())
        })
        .await;
        click(&panel, &format!("{row} [data-action=details]")).await;
        let text =
            async |name: &str| panel.find(Locator::Css(&field(name))).await.unwrap().text().await.unwrap();
        assert!(text("address").await.contains(&service.port.unwrap().to_string()));
        assert!(text("pid").await.contains(&service.pid.unwrap().to_string()));
        assert!(text("restarts").await.contains('0'));
    }
    if let Some(folder) = app::pictures() {
        desktop.picture(&folder.join("panel.png"));
        let window = desktop.windows(PANEL).pop().expect("the panel is shown");
        desktop.picture_of(&window, &folder.join("panel-page.png"));
    }
    panel.close().await;
}

#[tokio::test]
async fn a_click_on_restart_in_a_row_restarts_that_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let before = healthy(&home, "default");
    click(&panel, "[data-service=ui] [data-action=restart]").await;
    let was = before.service("ui").unwrap().pid;
    eventually(HEALTHY_WITHIN, "the User UI runs anew", || {
        app::status(&home, "default")
            .is_some_and(|now| now.all_healthy() && now.service("ui").unwrap().pid != was)
    });
    click(&panel, "[data-service=ui] [data-action=open]").await;
    eventually(CLICK_WITHIN, "a browser is asked for", || {
        home.opened().pop() == healthy(&home, "default").service("ui").unwrap().open_url
    });
    panel.close().await;
}

#[tokio::test]
async fn a_lost_port_is_mended_in_the_panel_and_the_user_ui_works_afterwards() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // The real services; the User UI is told its port, so that somebody can take it.
    let built_in = ports.builtin_stack();
    let (before, ui) = built_in.split_once("[service.ui]").unwrap();
    home.write_stack(&format!("{before}[service.ui]{}", ui.replacen("\"socket\"", "\"number\"", 1)));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let (lost, thief) = stolen_port(&home);
    let refused = home.skinai(["restart", "ui"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains(&format!("port {lost} is used by python3 ({})", thief.pid())),
        "{refused:?}"
    );

    let told = panel.wait().at_most(SOON);
    let told = told.for_element(Locator::Css("[data-service=ui] [data-field=conflict]")).await.unwrap();
    let text = told.text().await.unwrap();
    assert!(text.contains(&lost.to_string()) && text.contains(&thief.pid().to_string()), "{text}");
    if let Some(folder) = app::pictures() {
        desktop.picture(&folder.join("conflict-panel.png"));
    }
    click(&panel, "[data-service=ui] [data-action=reallocate]").await;
    let after = healthy(&home, "default");
    let ui = after.service("ui").unwrap();
    assert_ne!(ui.port, Some(lost));

    // The page, and what it asks of the backend.
    let port = ui.port.unwrap();
    // The panel shows the new address a little later than the map has it.
    let opened = eventually_async(CLICK_WITHIN, "a browser is asked for", async || {
        click(&panel, "[data-service=ui] [data-action=open]").await;
        home.opened().pop()
    });
    let opened = opened.await;
    assert!(opened.ends_with(".html"), "the opener is given a file, and no code: {opened}");
    let cookie = http::enter(&Home::led_to(&opened));
    for path in ["/", "/v1/measurements"] {
        assert_eq!(http::get_with_cookie(port, path, &cookie).unwrap().status, 200, "{path}");
    }
    panel.close().await;
}

#[tokio::test]
async fn a_page_can_do_nothing_but_what_the_panel_does() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let row = Locator::Css("[data-service=ui]");
    panel.wait().at_most(HEALTHY_WITHIN).for_element(row).await.unwrap();
    let page = panel.current_url().await.unwrap();

    // Tauri's own commands, the plugins', and a command that does not exist.
    for command in [
        "plugin:shell|execute",
        "plugin:shell|open",
        "plugin:opener|open_url",
        "plugin:opener|open_path",
        "plugin:autostart|enable",
        "plugin:notification|notify",
        "plugin:window-state|save_window_state",
        "plugin:webview|create_webview_window",
        "plugin:window|close",
        "plugin:app|version",
        "plugin:event|emit",
        "no_such_command",
    ] {
        let answer = invoke(
            &panel,
            command,
            json!({ "stack": "default", "url": "http://127.0.0.1/", "path": "/etc/passwd" }),
        )
        .await;
        assert_eq!(answer["refused"], json!(true), "{command}: {answer}");
    }
    let answer =
        invoke(&panel, "open_service", json!({ "stack": "default", "service": "http://example.org/" })).await;
    assert_eq!(answer["error"]["code"], json!("unknown_service"), "{answer}");
    let answer = invoke(&panel, "open_service", json!({ "stack": "default", "service": "backend" })).await;
    assert_eq!(answer["error"]["code"], json!("bad_request"), "{answer}");
    assert_eq!(home.opened(), Vec::<String>::new());

    // Going elsewhere, opening elsewhere, and fetching from elsewhere.
    let ui = healthy(&home, "default").service("ui").unwrap().url.clone().unwrap();
    for script in [
        format!("location.href = '{ui}'"),
        format!("window.open('{ui}')"),
        "location.href = 'file:///etc/passwd'".to_owned(),
        "location.href = 'data:text/html,gone'".to_owned(),
        format!(
            "const link = document.createElement('a'); link.href = '{ui}'; link.target = '_blank'; document.body.append(link); link.click()"
        ),
        format!(
            "const frame = document.createElement('iframe'); frame.src = '{ui}'; document.body.append(frame)"
        ),
    ] {
        let _ = panel.execute(&script, vec![]).await;
    }
    let fetched = panel
        .execute_async(
            "const [url, done] = arguments; fetch(url).then(() => done('fetched'), () => done('refused'))",
            vec![json!(ui)],
        )
        .await
        .unwrap();
    assert_eq!(fetched, json!("refused"));
    let inline = "const s = document.createElement('script'); s.textContent = 'window.inlined = 1'; document.head.append(s); return window.inlined ?? null";
    assert_eq!(panel.execute(inline, vec![]).await.unwrap(), Value::Null);
    assert_eq!(panel.current_url().await.unwrap(), page);
    assert!(panel.find(row).await.is_ok(), "the panel is still there");
    assert_eq!(panel.windows().await.unwrap().len(), 1);
    assert_eq!(home.opened(), Vec::<String>::new());
    panel.close().await;
}

#[tokio::test]
async fn settings_are_checked_applied_and_kept() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    panel.wait().at_most(HEALTHY_WITHIN).for_element(Locator::Css("[data-service=ui]")).await.unwrap();
    let before = healthy(&home, "default");
    let mut settings = invoke(&panel, "settings", json!({})).await["value"].clone();
    assert_eq!(settings["range"], json!(""));

    settings["fixed_ports"] = json!({ "ui": 70000 });
    settings["range"] = json!("9000-8000");
    let problems = invoke(&panel, "check_settings", json!({ "settings": settings })).await["value"].clone();
    let fields: Vec<&str> =
        problems.as_array().unwrap().iter().map(|p| p["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["range", "fixed_ports.ui"]);
    let refused = invoke(&panel, "save_settings", json!({ "settings": settings })).await;
    assert_eq!(refused["error"]["code"], json!("bad_request"), "{refused}");
    assert!(!home.config().join("settings.toml").exists());

    let port = ports.spare();
    settings["range"] = json!("");
    settings["fixed_ports"] = json!({ "ui": port });
    let saved = invoke(&panel, "save_settings", json!({ "settings": settings })).await;
    assert_eq!(saved["value"], json!({ "restart_needed": false }), "{saved}");
    let after = healthy(&home, "default");
    assert_eq!(after.service("ui").unwrap().port, Some(port));
    assert_eq!(after.service("backend").unwrap().port, before.service("backend").unwrap().port);
    let kept = std::fs::read_to_string(home.config().join("settings.toml")).unwrap();
    assert!(kept.contains(&format!("ui = {port}")), "{kept}");
    let latencies = invoke(&panel, "latencies", json!({ "stack": "default", "service": "ui" })).await;
    assert!(!latencies["value"].as_array().unwrap().is_empty(), "{latencies}");
    for form in ["address", "address_with_key", "port", "curl", "export"] {
        let arguments = json!({ "stack": "default", "service": "ui", "form": form });
        let copied = invoke(&panel, "copy", arguments).await;
        assert_eq!(copied["refused"], json!(false), "{form}: {copied}");
    }
    let ui = json!({ "stack": "default", "service": "ui" });
    let taken = invoke(&panel, "resources", ui.clone()).await["value"].clone();
    assert!(taken["processes"].as_u64() >= Some(1) && taken["memory_bytes"].as_u64() > Some(0), "{taken}");
    for command in ["copy_map", "open_stack_file", "open_service_folder"] {
        let done = invoke(&panel, command, ui.clone()).await;
        assert_eq!(done["refused"], json!(false), "{command}: {done}");
    }
    let folder = home.config();
    let wanted = [folder.join("stack.toml"), folder].map(|path| path.display().to_string());
    eventually(SOON, "file and folder are opened", || wanted.iter().all(|path| home.opened().contains(path)));
    panel.close().await;
}

/// Calls a command as a page would that has been taken over.
async fn invoke(panel: &Browser, command: &str, arguments: Value) -> Value {
    let script = "const [command, args, done] = arguments; \
        window.__TAURI_INTERNALS__.invoke(command, args).then( \
            (value) => done({ refused: false, value }), \
            (error) => done({ refused: true, error }))";
    panel.execute_async(script, vec![json!(command), arguments]).await.unwrap()
}

#[tokio::test]
async fn closing_the_panel_leaves_the_tray_and_frees_the_webview() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    assert_eq!(webview_processes(&home), Vec::<u32>::new());
    for _ in 0..3 {
        icon.click(&["Show port map"]).await;
        eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
        eventually(CLICK_WITHIN, "the webview runs", || !webview_processes(&home).is_empty());
        assert_eq!(desktop.run(&["wmctrl", "-c", "Skin AI Assistant"]).code, Some(0));
        eventually(CLICK_WITHIN, "the panel is gone", || desktop.windows(PANEL).is_empty());
        eventually(CLICK_WITHIN, "the webview's processes are gone", || webview_processes(&home).is_empty());
        assert_eq!(app.ended(), None);
    }
    assert!(healthy(&home, "default").all_healthy());
}

#[tokio::test]
async fn every_launch_by_a_person_shows_the_panel_and_none_at_login_does() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    for day in ["the first day", "the second day"] {
        let mut app = desktop.launch_app(&[]);
        eventually(HEALTHY_WITHIN, day, || desktop.windows(PANEL).len() == 1);
        let icon = healthy_icon(&desktop).await;
        if day == "the second day" {
            icon.click(&["Start at login"]).await;
        }
        let entry = home.path().join("config/autostart/skin-ai-assistant.desktop");
        eventually(CLICK_WITHIN, day, || entry.exists() == (day == "the second day"));
        assert!(desktop.launch_app(&["--quit"]).wait(SOON).success());
        assert!(app.wait(HEALTHY_WITHIN).success());
    }
    // As the session starts it.
    let entry = home.path().join("config/autostart/skin-ai-assistant.desktop");
    let text = std::fs::read_to_string(entry).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
    let _at_login = desktop.spawn("app", desktop.command("sh").args(["-c", &format!("exec {line}")]));
    let icon = healthy_icon(&desktop).await;
    assert!(desktop.windows(PANEL).is_empty());
    // Another instance beside it is asked for by a person.
    icon.click(&["New instance"]).await;
    eventually(HEALTHY_WITHIN, "its panel is shown", || desktop.windows(PANEL).len() == 1);
    healthy(&home, "default-2");
    assert!(desktop.launch_app(&["--instance", "default-2", "--quit"]).wait(SOON).success());
    eventually(HEALTHY_WITHIN, "the second instance is gone", || app::status(&home, "default-2").is_none());
}

#[tokio::test]
async fn without_a_tray_the_panel_is_the_application() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let nowhere = format!("unix:path={}", home.path().join("no-bus").display());
    let mut command = desktop.command(Programs::app());
    command.arg("--hidden").env("DBUS_SESSION_BUS_ADDRESS", nowhere);
    let mut app = desktop.spawn("app", &mut command);
    eventually(HEALTHY_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
    healthy(&home, "default");
    assert_eq!(desktop.run(&["wmctrl", "-c", "Skin AI Assistant"]).code, Some(0));
    assert!(app.wait(HEALTHY_WITHIN).success(), "{}", desktop.log_of("app"));
}

#[tokio::test]
async fn the_place_of_the_panel_is_remembered() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let show = async || {
        icon.click(&["Show port map"]).await;
        eventually_some(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop())
    };
    let place = |window: &str| desktop.run(&["xdotool", "getwindowgeometry", window]).stdout;
    let window = show().await;
    desktop.run(&["wmctrl", "-r", "Skin AI Assistant", "-e", "0,700,90,500,600"]);
    eventually(CLICK_WITHIN, "it has moved", || place(&window).contains("500x600"));
    let before = place(&window);
    desktop.run(&["wmctrl", "-c", "Skin AI Assistant"]);
    eventually(CLICK_WITHIN, "the panel is gone", || desktop.windows(PANEL).is_empty());
    let window = show().await;
    let after = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    eventually(CLICK_WITHIN, "it is where it was", || after(&place(&window)) == after(&before));
}
