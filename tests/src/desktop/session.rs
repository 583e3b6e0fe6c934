//! The session: its parts, and what runs in it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Tray;
use crate::guard::Guarded;
use crate::home::{Home, Outcome};
use crate::programs::Programs;
use crate::wait::eventually;

const SESSION_WITHIN: Duration = Duration::from_secs(30);
const PANEL_CONFIG: &str = include_str!("xfce4-panel.xml");

/// A desktop session in a home. Dropping it ends everything that it started.
pub struct Desktop<'home> {
    home: &'home Home,
    display: String,
    bus: String,
    // In the order in which they are to end.
    panel: Option<Guarded>,
    _window_manager: Guarded,
    _x_server: Guarded,
    _bus: Guarded,
}

impl<'home> Desktop<'home> {
    /// Starts a session whose panel shows status notifier items.
    ///
    /// # Panics
    /// When a part of it is not installed or does not come up.
    pub fn start(home: &'home Home) -> Self {
        let folder = home.path().join("config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder).expect("own folder");
        fs::write(folder.join("xfce4-panel.xml"), PANEL_CONFIG).expect("own folder");

        let mut x_server = home.command("Xvfb");
        x_server.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]);
        let (x_server, number) = first_line(&mut x_server, &home.log("Xvfb"));
        let display = format!(":{number}");

        let mut bus = home.command("dbus-daemon");
        // What the bus starts (the settings of the panel) needs the display.
        with_session(&mut bus, &display);
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let (bus_process, bus) = first_line(&mut bus, &home.log("dbus-daemon"));

        let part = |program: &str, args: &[&str]| {
            let mut command = home.command(program);
            with_session(&mut command, &display);
            command.env("DBUS_SESSION_BUS_ADDRESS", &bus).args(args);
            Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(home.log(program)))
        };
        let window_manager = part("xfwm4", &["--compositor=off"]);
        let panel = part("xfce4-panel", &["--disable-wm-check"]);
        let desktop = Self {
            home,
            display,
            bus,
            panel: Some(panel),
            _window_manager: window_manager,
            _x_server: x_server,
            _bus: bus_process,
        };
        eventually(SESSION_WITHIN, "the panel watches for tray icons", || desktop.has_tray());
        eventually(SESSION_WITHIN, "the panel has its part of the screen", || {
            let free = desktop.run(&["xprop", "-root", "_NET_WORKAREA"]).stdout;
            free.contains(" = ") && !free.contains("1280, 800")
        });
        desktop
    }

    /// Ends the desktop's panel, and with it the tray.
    pub fn end_panel(&mut self) {
        self.panel = None;
    }

    /// The home that it runs in.
    pub fn home(&self) -> &'home Home {
        self.home
    }

    /// The address of its D-Bus.
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// Its X display, as `DISPLAY` has it.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// A command in the session's environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.home.command(program);
        with_session(&mut command, &self.display);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        command
    }

    /// Launches the tray application, as a double-click does; what it prints goes to [`Self::log_of`] `app`.
    pub fn launch_app(&self, args: &[&str]) -> Guarded {
        let mut command = self.command(Programs::app());
        command.args(args);
        self.spawn("app", &mut command)
    }

    /// Starts a program in the session; what it prints goes to [`Self::log_of`] `name`.
    pub fn spawn(&self, name: &str, command: &mut Command) -> Guarded {
        self.home.spawn(name, command)
    }

    /// What a program of the session printed.
    pub fn log_of(&self, name: &str) -> String {
        self.home.log_of(name)
    }

    /// The tray, as the panel sees it.
    pub async fn tray(&self) -> Tray {
        Tray::connect(&self.bus).await
    }

    /// The window ids of the windows that are shown under that title (a regular expression).
    pub fn windows(&self, title: &str) -> Vec<String> {
        let outcome = self.run(&["xdotool", "search", "--onlyvisible", "--name", title]);
        outcome.stdout.lines().map(str::to_owned).collect()
    }

    /// The title of the window that has the focus.
    pub fn active_window(&self) -> String {
        self.run(&["xdotool", "getactivewindow", "getwindowname"]).stdout.trim().to_owned()
    }

    /// Enlarges the text of every program that is started from now on, as a desktop's setting does it; 100 is the
    /// usual size.
    pub fn enlarge_text(&self, percent: u32) {
        let text = format!("Xft.dpi: {}", 96 * percent / 100);
        self.run(&["xprop", "-root", "-f", "RESOURCE_MANAGER", "8s", "-set", "RESOURCE_MANAGER", &text]);
    }

    /// Runs a program of the session to its end.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.home.run(self.command(words[0]).args(&words[1..]))
    }

    /// A picture of the whole screen.
    ///
    /// # Panics
    /// When it cannot be made.
    #[track_caller]
    pub fn picture(&self, path: &Path) {
        self.picture_of("root", path);
    }

    /// A picture of one window.
    ///
    /// # Panics
    /// When it cannot be made.
    #[track_caller]
    pub fn picture_of(&self, window: &str, path: &Path) {
        let outcome = self.home.run(self.command("import").args(["-window", window]).arg(path));
        assert_eq!(outcome.code, Some(0), "no picture: {outcome:?}");
    }

    fn has_tray(&self) -> bool {
        let outcome = self.run(&[
            "dbus-send",
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.DBus",
            "/",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.kde.StatusNotifierWatcher",
        ]);
        outcome.stdout.contains("boolean true")
    }
}

fn with_session(command: &mut Command, display: &str) {
    command
        .env("DISPLAY", display)
        .env("XDG_SESSION_TYPE", "x11")
        .env("XDG_CURRENT_DESKTOP", "XFCE")
        .env("GDK_BACKEND", "x11")
        .env("GSETTINGS_BACKEND", "memory")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        // The accessibility bus would be one more daemon to wait for.
        .env("NO_AT_BRIDGE", "1");
}

pub(super) fn first_line(command: &mut Command, errors: &File) -> (Guarded, String) {
    let errors = errors.try_clone().expect("a file can be opened twice");
    let mut process = Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors));
    let pipe = process.child().stdout.take().expect("it is a pipe");
    let mut line = String::new();
    BufReader::new(pipe).read_line(&mut line).expect("it says where it is");
    let line = line.trim().to_owned();
    assert!(!line.is_empty(), "{} did not come up", command.get_program().display());
    (process, line)
}
