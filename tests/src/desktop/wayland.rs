//! A Wayland session: D-Bus and a compositor without a screen, and nothing that shows tray icons.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::session::first_line;
use crate::guard::Guarded;
use crate::home::Home;
use crate::wait::eventually;

const SESSION_WITHIN: Duration = Duration::from_secs(30);
/// The compositor's socket, in the runtime folder of the home.
const SOCKET: &str = "wayland-test";

/// A Wayland session in a home. Dropping it ends what it started.
pub struct Wayland<'home> {
    home: &'home Home,
    bus: String,
    // In the order in which they are to end.
    compositor: Guarded,
    _bus: Guarded,
}

impl<'home> Wayland<'home> {
    /// Starts a session.
    ///
    /// # Panics
    /// When a part of it is not installed or does not come up.
    pub fn start(home: &'home Home) -> Self {
        let mut bus = home.command("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let (bus_process, bus) = first_line(&mut bus, &home.log("dbus-daemon"));
        let mut compositor = home.command("weston");
        compositor.args(["--backend=headless-backend.so", "--idle-time=0", "--width=1280", "--height=800"]);
        compositor.arg(format!("--socket={SOCKET}"));
        compositor.stdin(Stdio::null()).stdout(home.log("weston")).stderr(home.log("weston"));
        let session = Self { home, bus, compositor: Guarded::spawn(&mut compositor), _bus: bus_process };
        let runtime = home.runtime();
        eventually(SESSION_WITHIN, "the compositor listens", || runtime.join(SOCKET).exists());
        session
    }

    /// A command in the session's environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.home.command(program);
        command
            .env_remove("DISPLAY")
            .env("WAYLAND_DISPLAY", SOCKET)
            .env("XDG_SESSION_TYPE", "wayland")
            .env("GDK_BACKEND", "wayland")
            .env("GSETTINGS_BACKEND", "memory")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        command
    }

    /// The process id of the compositor.
    pub fn compositor(&self) -> u32 {
        self.compositor.pid()
    }
}
