//! Every stack of the user in one tray, whoever has launched it.

use std::path::{Path, PathBuf};

use contract::Snapshot;
use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, Guarded, HEALTHY_WITHIN, Home, MenuItem, PortBlock, Programs, SOON, TrayIcon, eventually,
    eventually_async, eventually_some, http, processes,
};
use nix::sys::signal::Signal;
use serde_json::json;

use super::app::hands::{By, Hands};
use super::app::notifications::Notifications;
use super::app::pointer::Pointer;
use super::app::{self, CLICK_WITHIN, click, healthy, healthy_icon, stack, status};
use super::interaction;

/// The title of the panel's window, whichever stack it shows, as a pattern.
const PANEL: &str = "Skin AI Assistant$";

/// A project of one service, with a file of its own.
fn shop(home: &Home, ports: &PortBlock) -> PathBuf {
    project(home, ports, &format!("[\"{}\", \"--name\", \"web\"]", Programs::fixture().display()))
}

fn project(home: &Home, ports: &PortBlock, command: &str) -> PathBuf {
    let folder = home.path().join("shop");
    std::fs::create_dir_all(&folder).expect("own folder");
    let file = folder.join("skinai.toml");
    let text = format!(
        "name = \"Shop\"\nports = \"{}\"\n[service.web]\nlabel = \"Web\"\ncommand = {command}\nhandoff = \"socket\"\n\
         restart = \"never\"\nport = {{ env = \"WEB_PORT\" }}\nhealth = {{ http = \"/health\" }}\nopen = \"/\"\n",
        ports.range()
    );
    std::fs::write(&file, text).expect("own folder");
    file
}

/// As somebody launches it in a terminal.
fn in_a_terminal(home: &Home) -> Guarded {
    home.spawn("shop", home.command(Programs::skinai()).arg("run").current_dir(home.path().join("shop")))
}

async fn says(icon: &TrayIcon, headline: &str) {
    icon.wait_menu(HEALTHY_WITHIN, headline, |menu| menu.labels().first() == Some(&headline)).await;
}

async fn text_of(panel: &Browser, css: &str) -> Option<String> {
    let read = "return document.querySelector(arguments[0])?.innerText ?? null";
    panel.execute(read, vec![json!(css)]).await.ok()?.as_str().map(str::to_owned)
}

async fn shows(panel: &Browser, css: &str, words: &str) {
    let says = async || text_of(panel, css).await.is_some_and(|text| text.contains(words)).then_some(());
    eventually_async(HEALTHY_WITHIN, &format!("{css} says {words:?}"), says).await;
}

/// Nothing of it is left.
fn is_gone(snapshot: &Snapshot) {
    for service in &snapshot.services {
        let (pid, port) = (service.pid.unwrap(), service.port.unwrap());
        eventually(SOON, "the service is gone", || !processes::alive(pid));
        eventually(SOON, "the port is free", || std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

#[tokio::test]
async fn a_stack_of_a_terminal_is_in_menu_and_panel_and_does_what_is_asked_there() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    shop(&home, &ports);
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let icon = healthy_icon(&desktop).await;
    let own = healthy(&home, "default");
    let mut terminal = in_a_terminal(&home);
    says(&icon, "2 stacks: all healthy").await;

    let web = |snapshot: &Snapshot| snapshot.service("web").unwrap().pid;
    let before = healthy(&home, "shop");
    icon.click(&["Shop", "Restart", "Web"]).await;
    let restarted = eventually_some(HEALTHY_WITHIN, "it runs anew", || {
        status(&home, "shop").filter(|now| now.all_healthy() && web(now) != web(&before))
    });

    click(&panel, "[data-action=stacks]").await;
    if let Some(folder) = app::pictures() {
        desktop.picture_of(&desktop.windows(PANEL).pop().unwrap(), &folder.join("stacks.png"));
    }
    click(&panel, "[data-stack=shop]").await;
    shows(&panel, "[data-field=stack]", "The service is running").await;
    shows(&panel, "[data-action=stacks]", "Shop").await;
    click(&panel, "[data-service=web] [data-action=open]").await;
    eventually(CLICK_WITHIN, "a browser is asked for", || {
        home.opened().pop() == restarted.service("web").unwrap().open_url
    });
    let port = restarted.service("web").unwrap().port.unwrap();
    http::get(port, "/print?to-the-shop").unwrap();
    click(&panel, "[data-service=web] [data-action=logs]").await;
    shows(&panel, "[data-service=web] [data-log=lines]", "to-the-shop").await;
    http::get(port, "/print?and-again").unwrap();
    shows(&panel, "[data-service=web] [data-log=lines]", "and-again").await;
    click(&panel, "[data-service=web] [data-action=restart]").await;
    eventually(HEALTHY_WITHIN, "it runs anew", || {
        status(&home, "shop").is_some_and(|now| now.all_healthy() && web(&now) != web(&restarted))
    });
    // Without leaving the keyboard.
    let window = eventually_some(SOON, "the panel is named after it", || {
        desktop.windows("^Shop – Skin AI Assistant$").pop()
    });
    desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
    desktop.run(&["xdotool", "key", "ctrl+1"]);
    shows(&panel, "[data-field=stack]", "All 3 services are running").await;
    desktop.run(&["xdotool", "key", "ctrl+Tab"]);
    shows(&panel, "[data-field=stack]", "The service is running").await;

    let last = healthy(&home, "shop");
    icon.click(&["Shop", "Stop this stack"]).await;
    assert!(terminal.wait(HEALTHY_WITHIN).success());
    is_gone(&last);
    says(&icon, "Skin AI Assistant: all healthy").await;
    shows(&panel, "[data-field=stack]", "The services have ended").await;
    // Who launches it again finds it where it was.
    let again = in_a_terminal(&home);
    shows(&panel, "[data-field=stack]", "The service is running").await;
    again.signal(Signal::SIGTERM);
    shows(&panel, "[data-field=stack]", "The services have ended").await;
    click(&panel, "[data-action=stacks]").await;
    click(&panel, "[data-stack=default]").await;
    shows(&panel, "[data-field=stack]", "All 3 services are running").await;
    let pids = |snapshot: &Snapshot| snapshot.services.iter().map(|row| row.pid).collect::<Vec<_>>();
    assert_eq!(pids(&healthy(&home, "default")), pids(&own));
    panel.close().await;
}

#[tokio::test]
async fn the_icon_and_the_panel_of_another_stack_show_the_worst_of_all() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    project(&home, &ports, "[\"false\"]");
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let icon = healthy_icon(&desktop).await;
    let looks = async |wanted: &str| {
        eventually_async(CLICK_WITHIN, wanted, async || {
            (icon.property("IconName").await.as_deref() == Some(wanted)).then_some(())
        })
        .await;
    };
    looks("skin-ai-tray-healthy").await;
    let mut terminal = in_a_terminal(&home);
    looks("skin-ai-tray-attention").await;
    says(&icon, "Shop: Web failed").await;
    interaction::says(&panel, "[data-field=troubled]", "Shop has trouble").await;
    terminal.signal(Signal::SIGKILL);
    terminal.wait(SOON);
    looks("skin-ai-tray-healthy").await;
    says(&icon, "Skin AI Assistant: all healthy").await;
    interaction::gone(&panel, "[data-field=troubled]").await;
    panel.close().await;
}

#[tokio::test]
async fn a_stack_that_hangs_is_told_and_keeps_nobody_waiting() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    shop(&home, &ports);
    let terminal = in_a_terminal(&home);
    healthy(&home, "shop");
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = desktop.tray().await.icon().await;
    says(&icon, "2 stacks: all healthy").await;
    terminal.signal(Signal::SIGSTOP);
    says(&icon, "Shop: does not answer").await;
    let before = healthy(&home, "default");
    icon.click(&["Skin AI Assistant", "Restart", "User UI"]).await;
    eventually(HEALTHY_WITHIN, "the User UI runs anew", || {
        status(&home, "default").is_some_and(|now| {
            now.all_healthy() && now.service("ui").unwrap().pid != before.service("ui").unwrap().pid
        })
    });
    terminal.signal(Signal::SIGCONT);
    says(&icon, "2 stacks: all healthy").await;
}

#[tokio::test]
async fn a_stack_that_is_handed_over_is_opened_under_the_same_icon_and_dies_with_the_application() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let file = shop(&home, &ports);
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    for _ in 0..2 {
        let mut second = desktop.spawn(
            "second",
            desktop
                .command(Programs::app())
                .args(["--stack", "skinai.toml"])
                .current_dir(file.parent().unwrap()),
        );
        assert!(second.wait(SOON).success());
        eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
        says(&icon, "2 stacks: all healthy").await;
    }
    assert_eq!(desktop.tray().await.icons().await.len(), 1);
    assert!(status(&home, "shop-2").is_none(), "one that runs is not launched twice");
    let (own, further) = (healthy(&home, "default"), healthy(&home, "shop"));
    app.signal(Signal::SIGKILL);
    app.wait(SOON);
    is_gone(&own);
    is_gone(&further);
}

#[tokio::test]
async fn a_stack_is_chosen_in_the_menu_and_opened_again_at_login() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let file = shop(&home, &ports);
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    icon.click(&["Open stack…"]).await;
    app::choose_file(&desktop, &file);
    says(&icon, "2 stacks: all healthy").await;
    let shown = || desktop.windows(PANEL).len() == 1;
    eventually(CLICK_WITHIN, "it is shown", shown);

    icon.click(&["Shop", "Start at login"]).await;
    let settings = home.config().join("settings.toml");
    eventually(CLICK_WITHIN, "it is kept", || {
        std::fs::read_to_string(&settings).is_ok_and(|text| text.contains("stacks_at_login"))
    });
    let entry = home.path().join("config/autostart/skin-ai-assistant.desktop");
    eventually(CLICK_WITHIN, "the application starts then", || entry.exists());
    let further = healthy(&home, "shop");
    icon.click(&["Quit"]).await;
    assert!(app.wait(HEALTHY_WITHIN).success());
    is_gone(&further);

    let _at_login = desktop.launch_app(&["--hidden"]);
    let icon = desktop.tray().await.icon().await;
    says(&icon, "2 stacks: all healthy").await;
    assert!(desktop.windows(PANEL).is_empty());
    let menu = icon.menu().await.unwrap();
    assert_eq!(menu.child("Open recent").map(MenuItem::labels), None, "it has a menu of its own");
    icon.click(&["Shop", "Stop this stack"]).await;
    says(&icon, "Skin AI Assistant: all healthy").await;
    let menu = icon.menu().await.unwrap();
    assert_eq!(menu.child("Open recent").unwrap().labels(), [file.to_str().unwrap()]);
}

#[tokio::test]
async fn a_file_that_is_dropped_is_asked_about_and_rubbish_is_refused_in_a_sentence() {
    const QUESTION: &str = "^Launch this stack file\\?$";
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let file = shop(&home, &ports);
    let desktop = Desktop::start(&home);
    let notifications = Notifications::serve(desktop.bus()).await;
    let _app = desktop.launch_app(&[]);
    let icon = healthy_icon(&desktop).await;
    let panel = eventually_some(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop());
    let drop = |file: &Path| app::drop::file(desktop.display(), &panel, file);
    let answer = |key: &str| {
        let window = eventually_some(CLICK_WITHIN, "it is asked", || desktop.windows(QUESTION).pop());
        desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
        if let Some(folder) = app::pictures() {
            desktop.picture(&folder.join("dropped.png"));
        }
        desktop.run(&["xdotool", "key", key]);
        eventually(CLICK_WITHIN, "it is answered", || desktop.windows(QUESTION).is_empty());
    };
    drop(&file);
    answer("Escape");
    drop(&file);
    assert!(status(&home, "shop").is_none(), "nobody has agreed to it");
    answer("Return");
    says(&icon, "2 stacks: all healthy").await;

    assert_eq!(notifications.shown(), []);
    let photo = home.path().join("photo of me.png");
    std::fs::write(&photo, "no stack").unwrap();
    drop(&photo);
    eventually(CLICK_WITHIN, "it says so", || !notifications.shown().is_empty());
    let said = notifications.shown().remove(0).body;
    let sentence =
        "is no stack file: choose a file that ends in .toml, a Procfile, or a folder with a skinai.toml.";
    assert_eq!(said, format!("{} {sentence}", photo.display()));
    assert!(desktop.windows(QUESTION).is_empty());
}

#[tokio::test]
async fn a_file_that_is_refused_says_so_in_its_own_view() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let file = shop(&home, &ports);
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "ports = \"9000-8000\"\n").unwrap();
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let icon = healthy_icon(&desktop).await;
    assert!(desktop.launch_app(&["--stack", file.to_str().unwrap()]).wait(SOON).success());
    shows(&panel, "[data-field=stack]", "Nothing was started").await;
    shows(&panel, "[data-field=refused]", ":1:").await;
    says(&icon, "shop: not started").await;
    std::fs::write(&file, right).unwrap();
    click(&panel, "[data-action=try-again]").await;
    shows(&panel, "[data-field=stack]", "The service is running").await;
    says(&icon, "2 stacks: all healthy").await;
    panel.close().await;
}

#[tokio::test]
async fn the_menu_of_stacks_fits_in_a_low_window_with_a_large_text_and_scrolls_by_keyboard() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let recent: Vec<_> =
        (0..9).map(|at| format!("\"/home/anna/projects/number-{at}/skinai.toml\"")).collect();
    std::fs::create_dir_all(home.config()).unwrap();
    let settings = format!("recent_stacks = [{}]\n", recent.join(", "));
    std::fs::write(home.config().join("settings.toml"), settings).unwrap();
    let desktop = Desktop::start(&home);
    desktop.enlarge_text(150);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    let pointer = Pointer { desktop: &desktop, panel: &panel, window };
    pointer.resize(360, 420);
    desktop.run(&["xdotool", "windowactivate", "--sync", &pointer.window]);
    let hands = Hands { by: By::Keyboard, pointer };

    hands.press("[data-action=stacks]").await;
    // It, and the entry with the focus, are seen whole.
    let fits = "const menu = document.querySelector('.menu:popover-open'); \
        if (!menu || !menu.contains(document.activeElement)) return null; \
        const [outer, entry] = [menu, document.activeElement].map((one) => one.getBoundingClientRect()); \
        return outer.top >= 0 && outer.bottom <= innerHeight && outer.left >= 0 && outer.right <= innerWidth \
            && entry.top >= outer.top && entry.bottom <= outer.bottom \
            && document.activeElement.textContent";
    let reads = async |words: &str| {
        eventually_async(SOON, &format!("{words} is seen"), async || {
            panel.execute(fits, vec![]).await.ok()?.as_str()?.contains(words).then_some(())
        })
        .await;
    };
    reads("Skin AI Assistant").await;
    hands.key("End");
    reads("New instance").await;
    hands.key("Up");
    reads("number-8").await;
    // The window becomes lower still.
    hands.pointer.resize(360, 320);
    desktop.run(&["xdotool", "key", "ctrl+plus"]);
    hands.key("End");
    reads("New instance").await;
    panel.close().await;
}
