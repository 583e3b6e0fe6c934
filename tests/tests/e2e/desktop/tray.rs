//! The tray application under a real window manager and tray: what its menu shows and does.

use std::time::Duration;

use contract::ServiceState;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, eventually, eventually_async, eventually_some,
};
use nix::sys::signal::Signal;

use super::app::notifications::Notifications;
use super::app::{
    self, CLICK_WITHIN, PANEL, healthy, healthy_icon, stack, stack_that_can_lose_a_port, status,
};

#[tokio::test]
async fn the_menu_shows_the_live_ports() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let snapshot = healthy(&home, "default");
    let port = |name: &str| snapshot.service(name).unwrap().port.unwrap();
    let menu = icon.menu().await.unwrap();
    assert_eq!(
        menu.labels(),
        [
            "Skin AI Assistant: all healthy".to_owned(),
            format!("Open User UI\t:{}", port("ui")),
            format!("Open Admin Dashboard\t:{}", port("admin")),
            "Show port map".to_owned(),
            "Start".to_owned(),
            "Stop".to_owned(),
            "Restart".to_owned(),
            "Re-allocate".to_owned(),
            "Start at login".to_owned(),
            "Open log folder".to_owned(),
            "Open stack…".to_owned(),
            "New instance".to_owned(),
            "Quit".to_owned(),
        ]
    );
    assert!(!menu.child("Skin AI Assistant").unwrap().enabled);
    assert_eq!(
        menu.child("Restart").unwrap().labels(),
        ["All services", "Backend API", "User UI", "Admin Dashboard"]
    );
    assert_eq!(menu.child("Re-allocate").unwrap().labels(), ["All services"]);
    assert_eq!(menu.child("Start at login").unwrap().checked, Some(false));
    if let Some(folder) = app::pictures() {
        desktop.picture(&folder.join("tray.png"));
    }
}

#[tokio::test]
async fn the_menu_speaks_the_language_of_the_session() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let mut command = desktop.command(Programs::app());
    command.arg("--hidden").env("LANG", "de_DE.UTF-8");
    let _app = desktop.spawn("app", &mut command);
    let icon = desktop.tray().await.icon().await;
    let menu = icon
        .wait_menu(HEALTHY_WITHIN, "the menu says that all is well", |menu| {
            menu.labels().first() == Some(&"Skin AI Assistant: alles läuft")
        })
        .await;
    let port = healthy(&home, "default").service("ui").unwrap().port.unwrap();
    assert_eq!(menu.labels()[1], format!("User UI öffnen\t:{port}"));
    assert_eq!(*menu.labels().last().unwrap(), "Beenden");
    assert_eq!(icon.property("Title").await.as_deref(), Some("Skin AI Assistant: alles läuft"));
    icon.click(&["User UI öffnen"]).await;
    eventually(CLICK_WITHIN, "a browser is asked for", || home.opened().len() == 1);
}

#[tokio::test]
async fn open_user_ui_opens_exactly_the_address_of_the_map() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    icon.click(&["Open User UI"]).await;
    let opened = eventually_some(CLICK_WITHIN, "a browser is asked for", || home.opened().pop());
    let snapshot = healthy(&home, "default");
    assert_eq!(Some(opened), snapshot.service("ui").unwrap().open_url);
}

#[tokio::test]
async fn restart_yields_a_new_process_on_the_same_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let before = healthy(&home, "default");
    icon.click(&["Restart", "User UI"]).await;
    let (was, port) = (before.service("ui").unwrap().pid, before.service("ui").unwrap().port);
    let after = eventually_some(HEALTHY_WITHIN, "the User UI runs anew", || {
        status(&home, "default").filter(|now| now.all_healthy() && now.service("ui").unwrap().pid != was)
    });
    assert_eq!(after.service("ui").unwrap().port, port);
    assert_eq!(after.service("backend").unwrap().pid, before.service("backend").unwrap().pid);
}

#[tokio::test]
async fn a_service_is_stopped_and_started_and_so_are_all() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let says = async |headline: &str| {
        icon.wait_menu(HEALTHY_WITHIN, headline, |menu| menu.labels().first() == Some(&headline)).await
    };
    icon.click(&["Stop", "Admin Dashboard"]).await;
    let menu = says("Skin AI Assistant: Admin Dashboard stopped").await;
    assert_eq!(menu.child("Start").unwrap().labels(), ["All services", "Admin Dashboard"]);
    icon.click(&["Start", "Admin Dashboard"]).await;
    says("Skin AI Assistant: all healthy").await;
    icon.click(&["Stop", "All services"]).await;
    says("Skin AI Assistant: stopped").await;
    assert!(status(&home, "default").is_some(), "the launcher goes on");
    icon.click(&["Start", "All services"]).await;
    says("Skin AI Assistant: all healthy").await;
}

#[tokio::test]
async fn re_allocate_moves_the_services_and_the_menu_says_where() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let before = healthy(&home, "default").service("ui").unwrap().port;
    icon.click(&["Re-allocate", "All services"]).await;
    let after = eventually_some(HEALTHY_WITHIN, "the services have moved", || {
        status(&home, "default").filter(|now| now.all_healthy() && now.service("ui").unwrap().port != before)
    });
    let label = format!("Open User UI\t:{}", after.service("ui").unwrap().port.unwrap());
    icon.wait_menu(SOON, "the menu has the new port", |menu| menu.child(&label).is_some()).await;
}

#[tokio::test]
async fn quit_leaves_no_process_and_no_port_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let snapshot = healthy(&home, "default");
    icon.click(&["Quit"]).await;
    let status = app.wait(HEALTHY_WITHIN);
    assert!(status.success(), "{status}: {}", desktop.log_of("app"));
    for service in &snapshot.services {
        let port = service.port.unwrap();
        eventually(SOON, "the port is free", || std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
        assert!(!end_to_end::processes::alive(service.pid.unwrap()));
    }
    assert!(desktop.tray().await.icons().await.is_empty());
    assert!(!home.runtime().join("skinai/tray/default").exists(), "the icon's files are gone");
}

#[tokio::test]
async fn sigterm_stops_everything_in_order() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    let snapshot = healthy(&home, "default");
    app.signal(Signal::SIGTERM);
    let status = app.wait(HEALTHY_WITHIN);
    assert!(status.success(), "{status}: {}", desktop.log_of("app"));
    for service in &snapshot.services {
        assert!(!end_to_end::processes::alive(service.pid.unwrap()));
    }
}

#[tokio::test]
async fn a_second_launch_brings_the_panel_and_a_third_brings_it_forward() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    assert!(desktop.windows("^Skin AI Assistant$").is_empty());
    let mut second = desktop.launch_app(&[]);
    assert!(second.wait(SOON).success());
    eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows("^Skin AI Assistant$").len() == 1);
    let mut other = desktop.command("xev");
    let _other = desktop.spawn("other", &mut other);
    // As a task list does it: on a busy machine the window manager may leave a new window behind others.
    eventually(CLICK_WITHIN, "another window is in front", || {
        desktop.run(&["xdotool", "search", "--name", "^Event Tester$", "windowactivate"]);
        desktop.active_window() == "Event Tester"
    });
    assert!(desktop.launch_app(&[]).wait(SOON).success());
    eventually(CLICK_WITHIN, "the panel is in front", || desktop.active_window() == "Skin AI Assistant");
    assert_eq!(desktop.windows("^Skin AI Assistant$").len(), 1);
    assert_eq!(desktop.tray().await.icons().await.len(), 1);
}

#[tokio::test]
async fn a_new_instance_runs_beside_on_ports_of_its_own() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let first = healthy(&home, "default");
    icon.click(&["New instance"]).await;
    let second = eventually_some(HEALTHY_WITHIN, "the second instance is healthy", || {
        status(&home, "default-2").filter(contract::Snapshot::all_healthy)
    });
    let all: std::collections::HashSet<_> =
        first.services.iter().chain(&second.services).map(|service| service.port).collect();
    assert_eq!(all.len(), 6);
    let both = |menu: &end_to_end::MenuItem| {
        menu.labels()[0] == "2 stacks: all healthy"
            && menu.child("Skin AI Assistant: all healthy").is_some()
            && menu.child("Skin AI Assistant (default-2): all healthy").is_some()
    };
    icon.wait_menu(HEALTHY_WITHIN, "both are in the menu", both).await;
    assert_eq!(desktop.tray().await.icons().await.len(), 1);
    assert_eq!(desktop.launch_app(&["--instance", "default-3", "--quit"]).wait(SOON).code(), Some(3));
    assert!(desktop.launch_app(&["--instance", "default-2", "--quit"]).wait(SOON).success());
    eventually(HEALTHY_WITHIN, "the second instance is gone", || status(&home, "default-2").is_none());
    assert!(healthy(&home, "default").all_healthy());
}

#[tokio::test]
async fn a_desktop_file_can_open_the_user_ui_and_quit() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    assert_eq!(desktop.launch_app(&["--quit"]).wait(HEALTHY_WITHIN).code(), Some(3));
    let mut app = desktop.launch_app(&["--hidden", "--open-user-ui"]);
    let opened = eventually_some(HEALTHY_WITHIN, "a browser is asked for", || home.opened().pop());
    let snapshot = healthy(&home, "default");
    assert_eq!(Some(opened), snapshot.service("ui").unwrap().open_url);
    assert!(desktop.launch_app(&["--open-user-ui"]).wait(SOON).success());
    eventually(CLICK_WITHIN, "a browser is asked for again", || home.opened().len() == 2);
    assert!(desktop.launch_app(&["--quit"]).wait(SOON).success());
    assert!(app.wait(HEALTHY_WITHIN).success());
}

#[tokio::test]
async fn start_at_login_is_turned_on_and_off() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let entry = home.path().join("config/autostart/skin-ai-assistant.desktop");
    icon.click(&["Start at login"]).await;
    let checked = |on: bool| {
        move |menu: &end_to_end::MenuItem| {
            menu.child("Start at login").is_some_and(|line| line.checked == Some(on))
        }
    };
    icon.wait_menu(CLICK_WITHIN, "the mark is there", checked(true)).await;
    // The menu changes its mark by itself; what counts is the file.
    eventually(CLICK_WITHIN, "the session will start it", || {
        std::fs::read_to_string(&entry).is_ok_and(|text| text.contains("--hidden"))
    });
    icon.click(&["Start at login"]).await;
    icon.wait_menu(CLICK_WITHIN, "the mark is gone", checked(false)).await;
    eventually(CLICK_WITHIN, "the session will not start it", || !entry.exists());
}

#[tokio::test]
async fn a_refused_launch_says_why_and_can_be_tried_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let file = home.write_stack("name = \"Skin AI Assistant\"\nports = \"9000-8000\"\n");
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = desktop.tray().await.icon().await;
    icon.wait_menu(SOON, "the menu says that nothing runs", |menu| {
        menu.labels().first() == Some(&"Skin AI Assistant: not started")
    })
    .await;
    eventually(CLICK_WITHIN, "the panel says why", || desktop.windows("^Skin AI Assistant$").len() == 1);
    std::fs::write(file, stack(&ports)).unwrap();
    icon.click(&["Restart", "All services"]).await;
    healthy(&home, "default");
}

#[tokio::test]
async fn the_menu_follows_within_200_milliseconds() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let snapshot = healthy(&home, "default");
    // Stopped, it does not answer; three probes later that is told.
    let pid = snapshot.service("admin").unwrap().pid.unwrap();
    end_to_end::processes::signal(pid, Signal::SIGSTOP);
    eventually(HEALTHY_WITHIN, "it is told that it does not answer", || {
        status(&home, "default")
            .is_some_and(|now| now.service("admin").unwrap().state != ServiceState::Healthy)
    });
    let bound = Duration::from_millis(200);
    icon.wait_menu(bound, "the menu says so", |menu| menu.labels()[0].contains("Admin Dashboard")).await;
}

#[tokio::test]
async fn a_lost_port_is_told_with_its_holder_and_one_click_moves_the_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack_that_can_lose_a_port(&home, &ports));
    let desktop = Desktop::start(&home);
    let notifications = Notifications::serve(desktop.bus()).await;
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let before = healthy(&home, "default");
    let lost = before.service("ui").unwrap().port.unwrap();
    assert_eq!(notifications.shown(), []);

    std::fs::write(home.path().join("slow"), "").unwrap();
    end_to_end::processes::signal(before.service("ui").unwrap().pid.unwrap(), Signal::SIGKILL);
    let stranger = eventually_some(HEALTHY_WITHIN, "the port can be taken", || {
        std::net::TcpListener::bind(("127.0.0.1", lost)).ok()
    });
    std::fs::remove_file(home.path().join("slow")).unwrap();
    let menu = icon
        .wait_menu(HEALTHY_WITHIN, "the menu names the conflict", |menu| {
            menu.labels().first() == Some(&"Skin AI Assistant: User UI in conflict")
        })
        .await;
    let line = menu.child("Re-allocate").unwrap().child("User UI").unwrap().label.clone();
    // The one that holds the port is this test.
    let own = std::fs::read_to_string("/proc/self/comm").unwrap();
    let holder = format!("{} ({})", own.trim_end(), std::process::id());
    assert!(line.starts_with(&format!("User UI: port {lost} is used by {holder}")), "{line}");
    if let Some(folder) = app::pictures() {
        desktop.picture(&folder.join("conflict.png"));
    }

    let shown = eventually_some(CLICK_WITHIN, "a notification is shown", || notifications.shown().pop());
    assert_eq!(shown.summary, "User UI lost its port");
    assert_eq!(shown.actions[..2], ["reallocate", "Re-allocate"]);
    assert_eq!(shown.sender, ["Skin AI Assistant", "skin-ai-assistant", "skin-ai-assistant"]);
    assert_eq!(shown.urgency, 2);
    assert!(desktop.windows(PANEL).is_empty());
    notifications.click(shown.id, "default").await;
    eventually(CLICK_WITHIN, "a click on it brings the panel", || desktop.windows(PANEL).len() == 1);
    notifications.click(shown.id, "reallocate").await;
    let after = healthy(&home, "default");
    assert_ne!(after.service("ui").unwrap().port, Some(lost));
    eventually(CLICK_WITHIN, "the notification is gone", || notifications.closed().contains(&shown.id));
    assert_eq!(notifications.shown().len(), 1);
    drop(stranger);
}

#[tokio::test]
async fn killed_outright_it_leaves_no_service_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    let snapshot = healthy(&home, "default");
    app.signal(Signal::SIGKILL);
    app.wait(SOON);
    for service in &snapshot.services {
        let pid = service.pid.unwrap();
        eventually(SOON, "the service is gone", || !end_to_end::processes::alive(pid));
        let port = service.port.unwrap();
        eventually(SOON, "the port is free", || std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
    let tray = desktop.tray().await;
    eventually_async(SOON, "the icon is gone", async || tray.icons().await.is_empty().then_some(())).await;
    let _again = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
}
