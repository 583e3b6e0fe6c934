//! The two programs that are measured beside each other.

use std::path::PathBuf;
use std::time::Duration;

use contract::Snapshot;
use end_to_end::{
    Desktop, Guarded, HEALTHY_WITHIN, Home, Programs, eventually, eventually_async, http, processes,
};
use nix::sys::signal::Signal;

/// Between two looks at something that is to come.
pub const PAUSE: Duration = Duration::from_millis(2);

/// Ours, or the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The application, without its panel.
    Ours,
    /// The smallest that Tauri makes.
    Empty,
}

impl Subject {
    /// Starts it in the session.
    pub fn start(self, desktop: &Desktop<'_>) -> Guarded {
        let (program, args): (PathBuf, &[&str]) = match self {
            Self::Ours => (Programs::app(), &["--hidden"]),
            Self::Empty => (Programs::empty_tray(), &[]),
        };
        desktop.spawn("subject", desktop.command(program).args(args))
    }

    /// Starts it and waits until it has nothing more to do.
    pub async fn settled(self, desktop: &Desktop<'_>, settle: Duration) -> Guarded {
        let before = desktop.tray().await.icons().await.len();
        let process = self.start(desktop);
        let tray = desktop.tray().await;
        eventually_async(HEALTHY_WITHIN, "its icon is in the tray", async || {
            (tray.icons().await.len() > before).then_some(())
        })
        .await;
        if self == Self::Ours {
            eventually(HEALTHY_WITHIN, "every service is healthy", || is_healthy(desktop.home()));
        }
        tokio::time::sleep(settle).await;
        process
    }
}

/// Whether the control API says that every service is healthy.
pub fn is_healthy(home: &Home) -> bool {
    let answer = http::control(&home.control_socket("default"), "GET", "/v1/status", "");
    let snapshot = answer.ok().and_then(|answer| serde_json::from_slice::<Snapshot>(&answer.body).ok());
    snapshot.is_some_and(|snapshot| snapshot.all_healthy())
}

/// Ends it as a session does, and waits until its icon is gone too.
pub async fn end(desktop: &Desktop<'_>, mut process: Guarded) {
    process.signal(Signal::SIGTERM);
    process.wait(HEALTHY_WITHIN);
    let tray = desktop.tray().await;
    eventually_async(HEALTHY_WITHIN, "its icon is gone", async || {
        tray.icons().await.is_empty().then_some(())
    })
    .await;
}

/// The processes of the webview, whoever started them in this home.
pub fn webview(home: &Home) -> Vec<u32> {
    let of_webkit = |pid: &u32| processes::command_line(*pid).contains("WebKit");
    home.processes().into_iter().filter(of_webkit).collect()
}

/// CPU time that these processes have used, in seconds.
pub fn cpu_seconds(pids: &[u32]) -> f64 {
    pids.iter().filter_map(|pid| processes::cpu_seconds(*pid)).sum()
}
