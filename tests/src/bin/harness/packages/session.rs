//! The installed application in a desktop session, as a person handles it.

use std::path::PathBuf;
use std::time::Duration;

use contract::Snapshot;
use end_to_end::{
    Desktop, Guarded, HEALTHY_WITHIN, Home, Outcome, SOON, TrayIcon, eventually, eventually_async,
    eventually_some, http, processes,
};

use super::machine::PACKAGE;

/// The bound for a click or a launch to show.
const SHOWN_WITHIN: Duration = Duration::from_secs(20);
const TITLE: &str = "Skin AI Assistant";
const PANEL: &str = "^Skin AI Assistant$";

/// A session with the application in it, and the services of its built-in stack.
pub struct Session<'home> {
    desktop: Desktop<'home>,
    home: &'home Home,
}

impl<'home> Session<'home> {
    /// A session in which nothing was launched yet.
    pub fn start(home: &'home Home) -> Self {
        Self { desktop: Desktop::start(home), home }
    }

    /// What a double-click on the application's icon does.
    #[track_caller]
    pub fn double_click(&self) {
        let outcome = self.launch_desktop_file();
        assert!(outcome, "gtk-launch: {}", self.home.log_of("gtk-launch"));
    }

    /// Whether the session can launch the desktop file.
    pub fn launch_desktop_file(&self) -> bool {
        let mut command = self.desktop.command("gtk-launch");
        // What it launches writes on into its log.
        self.home.spawn("gtk-launch", command.arg(PACKAGE)).wait(SOON).success()
    }

    /// Runs a command to its end.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.desktop.run(words)
    }

    /// Starts a program that stays.
    #[track_caller]
    pub fn spawn(&self, words: &[&str]) -> Guarded {
        self.home.spawn(words[0], self.desktop.command(words[0]).args(&words[1..]))
    }

    /// Waits for the icon of the only instance to say that all is well.
    pub async fn healthy_icon(&self) -> TrayIcon {
        let icon = self.desktop.tray().await.icon().await;
        let well = format!("{TITLE}: all healthy");
        let says_so = |menu: &end_to_end::MenuItem| menu.labels().first() == Some(&well.as_str());
        icon.wait_menu(HEALTHY_WITHIN, "the menu says that all is well", says_so).await;
        icon
    }

    /// Waits until there are that many icons in the tray.
    pub async fn icons(&self, count: usize) {
        let tray = self.desktop.tray().await;
        let what = format!("{count} icons are in the tray");
        eventually_async(HEALTHY_WITHIN, &what, async || (tray.icons().await.len() == count).then_some(()))
            .await;
    }

    /// Waits for an instance to fulfil the condition.
    #[track_caller]
    pub fn wait(&self, instance: &str, what: &str, condition: impl Fn(&Snapshot) -> bool) -> Snapshot {
        eventually_some(HEALTHY_WITHIN, what, || self.status(instance).filter(|now| condition(now)))
    }

    /// Waits until the instance of this snapshot has ended, and each of its services.
    #[track_caller]
    pub fn wait_ended(&self, of: &Snapshot) {
        let alive = || services(of).into_iter().any(processes::alive);
        eventually(HEALTHY_WITHIN, "the instance has ended", || {
            !alive() && self.status(&of.instance).is_none()
        });
    }

    /// The same, and its launcher.
    #[track_caller]
    pub fn wait_gone(&self, of: &Snapshot) {
        self.wait_ended(of);
        eventually(HEALTHY_WITHIN, "its launcher is gone", || !processes::alive(of.pid));
    }

    /// Asks an instance to restart a service, over its control socket.
    #[track_caller]
    pub fn restart(&self, instance: &str, service: &str) -> http::Answer {
        let body = format!("{{\"service\":\"{service}\"}}");
        let answer = http::control(&self.home.control_socket(instance), "POST", "/v1/restart", &body);
        answer.expect("the instance answers")
    }

    fn status(&self, instance: &str) -> Option<Snapshot> {
        let answer = http::control(&self.home.control_socket(instance), "GET", "/v1/status", "").ok()?;
        serde_json::from_slice(&answer.body).ok()
    }

    /// Waits for the panel, and returns its window.
    #[track_caller]
    pub fn panel(&self) -> String {
        eventually_some(SHOWN_WITHIN, "the panel is shown", || self.desktop.windows(PANEL).pop())
    }

    /// What the window system calls a window's application.
    #[track_caller]
    pub fn class_of(&self, window: &str) -> String {
        self.run(&["xprop", "-id", window, "WM_CLASS"]).stdout
    }

    /// Opens another window over the panel, which stays until this is dropped.
    #[track_caller]
    pub fn another_window(&self) -> Guarded {
        let other = self.spawn(&["xev"]);
        eventually(SHOWN_WITHIN, "another window is in front", || {
            let active = self.desktop.active_window();
            !active.is_empty() && active != TITLE
        });
        other
    }

    /// Waits for the panel to be the window that has the focus.
    #[track_caller]
    pub fn panel_is_in_front(&self) {
        eventually(SHOWN_WITHIN, "the panel is in front", || self.desktop.active_window() == TITLE);
    }

    /// Waits for a browser to be asked for that many addresses in all, and returns them.
    #[track_caller]
    pub fn opened(&self, count: usize) -> Vec<String> {
        let opened = || Some(self.home.opened()).filter(|opened| opened.len() == count);
        eventually_some(SHOWN_WITHIN, "a browser is asked for", opened)
    }
}

/// The program that a process runs, as the kernel has it now; ` (deleted)` where the file is another one.
pub fn program_of(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Whether a process runs what is or was the program at this path.
pub fn runs(pid: u32, program: &str) -> bool {
    program_of(pid).is_some_and(|its| its.to_string_lossy().starts_with(program))
}

/// Asserts that a process runs the program at this path, and not one that was there before.
#[track_caller]
pub fn assert_runs(pid: u32, program: &str) {
    assert_eq!(program_of(pid), Some(PathBuf::from(program)));
}

/// The processes of the services.
pub fn services(snapshot: &Snapshot) -> Vec<u32> {
    snapshot.services.iter().filter_map(|service| service.pid).collect()
}
