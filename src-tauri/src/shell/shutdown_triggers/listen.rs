//! Listens for everything that ends the application. Signals ask to end in order; one that is sent again insists.

use std::time::{Duration, Instant};

use proctree::StopSignals;

#[cfg(windows)]
use super::log_off;
#[cfg(target_os = "linux")]
use super::{machine, session};
use crate::controller::{Command, ControllerHandle};

/// Signals that come closer together than this are one request: a session that ends sends SIGTERM and
/// SIGHUP, and a terminal reaches a program by more than one way.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// Listens from here on, beside everything else. To be called from the thread of the event loop.
pub fn listen(controller: &ControllerHandle) {
    tauri::async_runtime::spawn(signals(controller.clone()));
    #[cfg(windows)]
    log_off::listen(controller);
    #[cfg(target_os = "linux")]
    {
        tauri::async_runtime::spawn(session::listen(controller.clone()));
        tauri::async_runtime::spawn(machine::listen(controller.clone()));
    }
}

/// Listens for signals.
async fn signals(controller: ControllerHandle) {
    let mut signals = match StopSignals::listen() {
        Ok(signals) => signals,
        Err(error) => return tracing::error!("cannot listen for signals: {error}"),
    };
    let mut first = None;
    loop {
        signals.next().await;
        let command = command(&mut first);
        if matches!(command, Command::Quit) {
            tauri::async_runtime::spawn(end_anyway());
        }
        controller.send(command);
    }
}

/// Whatever does not answer (a disk, the desktop): the watchdog ends what is left.
async fn end_anyway() {
    tokio::time::sleep(2 * engine::KILLED_WITHIN).await;
    std::process::exit(1)
}

/// The first signal asks to end in order, and so does what follows at once; later ones insist.
fn command(first: &mut Option<Instant>) -> Command {
    let since = first.get_or_insert_with(Instant::now).elapsed();
    if since < ONE_REQUEST { Command::SessionEnds } else { Command::Quit }
}
