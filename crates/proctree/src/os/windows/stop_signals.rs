//! The signal that asks this process to stop.

use std::io;

use tokio::signal::windows::{CtrlC, ctrl_c};

/// Ctrl-C asks this process to stop.
pub struct StopSignals(CtrlC);

impl StopSignals {
    /// Listens from here on.
    ///
    /// # Errors
    /// What the system refused.
    pub fn listen() -> io::Result<Self> {
        ctrl_c().map(Self)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        self.0.recv().await;
    }
}
