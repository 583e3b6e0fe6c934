//! Signals ask to end in order; one that is sent again insists.

use std::time::{Duration, Instant};

use crate::controller::{Command, ControllerHandle};

/// Signals that come closer together than this are one request: a session that ends sends SIGTERM and
/// SIGHUP, and a terminal reaches a program by more than one way.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// Listens for signals.
#[cfg(unix)]
pub(super) async fn listen(controller: ControllerHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).inspect_err(|error| tracing::error!("cannot listen for a signal: {error}"));
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) =
        (listen(SignalKind::terminate()), listen(SignalKind::interrupt()), listen(SignalKind::hangup()))
    else {
        return;
    };
    let mut first = None;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
        controller.send(command(&mut first));
    }
}

/// The first signal asks to end in order, and so does what follows at once; later ones insist.
fn command(first: &mut Option<Instant>) -> Command {
    let since = first.get_or_insert_with(Instant::now).elapsed();
    if since < ONE_REQUEST { Command::SessionEnds } else { Command::Quit }
}

/// Listens for signals.
#[cfg(not(unix))]
pub(super) async fn listen(controller: ControllerHandle) {
    let mut first = None;
    while tokio::signal::ctrl_c().await.is_ok() {
        controller.send(command(&mut first));
    }
}
