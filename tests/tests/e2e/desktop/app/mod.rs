//! The tray application with services of the fixture, for the tests of the desktop.

pub mod clipboard;
pub mod drop;
pub mod film;
pub mod hands;
pub mod notifications;
pub mod pointer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::Snapshot;
use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, TrayIcon, eventually, eventually_async,
    eventually_some, http, processes,
};
use fantoccini::Locator;

/// The bound for a click to show in the tray.
pub const CLICK_WITHIN: Duration = Duration::from_secs(20);

/// The title of the panel's window, as a pattern.
pub const PANEL: &str = "^Skin AI Assistant$";

/// A stack of three services with the labels of the built-in one.
pub fn stack(ports: &PortBlock) -> String {
    let fixture = Programs::fixture();
    let service = |name: &str, label: &str, more: &str| {
        format!(
            "[service.{name}]\nlabel = \"{label}\"\ncommand = [\"{}\", \"--name\", \"{name}\"]\n\
             port = {{ env = \"{}_PORT\", fallback = \"{}\" }}\nhandoff = \"socket\"\n\
             health = {{ http = \"/health\" }}\n{more}\n",
            fixture.display(),
            name.to_uppercase(),
            ports.range(),
        )
    };
    three(ports, service)
}

/// The stack of these three, each as `service` writes it of its name, its label and further lines.
pub fn three(ports: &PortBlock, service: impl Fn(&str, &str, &str) -> String) -> String {
    format!(
        "name = \"Skin AI Assistant\"\nports = \"{}\"\n\n{}{}{}",
        ports.range(),
        service("backend", "Backend API", ""),
        service("ui", "User UI", "needs = [\"backend\"]\nopen = \"/\"\n"),
        service("admin", "Admin Dashboard", "needs = [\"backend\"]\nopen = \"/\"\n"),
    )
}

/// The same stack, whose User UI gets a number: while the file `slow` is in its home, it takes its time
/// before it binds, so that somebody else can.
pub fn stack_that_can_lose_a_port(home: &Home, ports: &PortBlock) -> String {
    let slow = home.path().join("slow");
    home.write_script(
        "slow-ui",
        &format!(
            "i=0; while [ -e '{}' ] && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.1; done\nexec '{}' --name ui --port-env UI_PORT",
            slow.display(),
            Programs::fixture().display()
        ),
    );
    let text = stack(ports);
    let (before, ui) = text.split_once("[service.ui]").expect("it has one");
    let (ui, after) = ui.split_once("[service.admin]").expect("it has one");
    let command = format!("[\"{}\", \"--name\", \"ui\"]", Programs::fixture().display());
    let script = format!("[\"{}\"]", home.path().join("bin/slow-ui").display());
    let ui = ui.replace(&command, &script).replace("\"socket\"", "\"number\"");
    format!("{before}[service.ui]{ui}[service.admin]{after}")
}

/// What the control socket of an instance says.
pub fn status(home: &Home, instance: &str) -> Option<Snapshot> {
    let answer = http::control(&home.control_socket(instance), "GET", "/v1/status", "").ok()?;
    serde_json::from_slice(&answer.body).ok()
}

/// Waits until an instance is all healthy.
#[track_caller]
pub fn healthy(home: &Home, instance: &str) -> Snapshot {
    eventually_some(HEALTHY_WITHIN, "every service is healthy", || {
        status(home, instance).filter(Snapshot::all_healthy)
    })
}

/// Waits for the icon of an all healthy stack.
pub async fn healthy_icon(desktop: &Desktop<'_>) -> TrayIcon {
    let icon = desktop.tray().await.icon().await;
    icon.wait_menu(HEALTHY_WITHIN, "the menu says that all is well", |menu| {
        menu.labels().first() == Some(&"Skin AI Assistant: all healthy")
    })
    .await;
    icon
}

/// The processes of the webview that a process has started.
pub fn webview_processes(home: &Home) -> Vec<u32> {
    let of_webkit = |pid: &u32| processes::command_line(*pid).contains("WebKit");
    home.processes().into_iter().filter(of_webkit).collect()
}

/// Clicks as soon as it can be clicked.
pub async fn click(panel: &Browser, css: &str) {
    eventually_async(HEALTHY_WITHIN, css, async || {
        let button = panel.find(Locator::Css(css)).await.ok()?;
        // The driver takes what lies under the footer for what is in view.
        let scroll = format!("document.querySelector({css:?})?.scrollIntoView({{ block: 'center' }})");
        panel.execute(&scroll, vec![]).await.ok()?;
        button.click().await.ok()
    })
    .await;
}

/// Where pictures go that a person looks at: `SKINAI_PICTURES`, where it is set.
pub fn pictures() -> Option<PathBuf> {
    std::env::var_os("SKINAI_PICTURES").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// What the window of the panel looks like.
pub fn pixels(desktop: &Desktop<'_>) -> Vec<u8> {
    let window = desktop.windows(PANEL).pop().expect("the panel is shown");
    // A format without a date in it.
    let file = desktop.home().path().join("panel.ppm");
    desktop.picture_of(&window, &file);
    std::fs::read(file).expect("it was just made")
}

/// How long somebody waits before they press a key again.
const AGAIN: Duration = Duration::from_secs(1);

/// The title of the file chooser, as a pattern; it is in the language of the desktop.
const CHOOSER: &str = "^(Open|Eine Stack-Datei öffnen)";

/// Types the path of a file into the file chooser that opens.
pub fn choose_file(desktop: &Desktop<'_>, file: &Path) {
    let chooser = eventually_some(CLICK_WITHIN, "a file can be chosen", || desktop.windows(CHOOSER).pop());
    desktop.run(&["xdotool", "windowactivate", "--sync", &chooser]);
    // What follows too soon on the keys that open the line for a path is lost: it is typed when that has been drawn.
    let drawn = || {
        let picture = desktop.home().path().join("chooser.ppm");
        desktop.picture_of(&chooser, &picture);
        std::fs::read(picture).expect("it was just made")
    };
    let before = drawn();
    desktop.run(&["xdotool", "key", "ctrl+l"]);
    eventually(CLICK_WITHIN, "a path can be typed", || drawn() != before);
    desktop.run(&["xdotool", "type", "--delay", "40", file.to_str().expect("a path in UTF-8")]);
    // It takes the path once it has looked for the file, and is given time to close before it is told again.
    let mut told: Option<Instant> = None;
    eventually(CLICK_WITHIN, "the file is chosen", || {
        let open = !desktop.windows(CHOOSER).is_empty();
        if open && told.is_none_or(|at| at.elapsed() > AGAIN) {
            desktop.run(&["xdotool", "key", "Return"]);
            told = Some(Instant::now());
        }
        !open
    });
}
