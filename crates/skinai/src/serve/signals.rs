//! Being asked to end, and telling the supervisor how we are (sd_notify(3)).

use std::future::Future;
use std::io;

use super::Service;

/// Resolves when the system or the user asks this process to end. Listening begins at the call.
#[cfg(unix)]
pub fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves when the system or the user asks this process to end. Listening begins at the call.
#[cfg(windows)]
pub fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (mut interrupt, mut terminate) = (ctrl_c()?, ctrl_break()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Tells the supervisor that requests are answered from now on.
pub fn tell_ready(service: Service) {
    #[cfg(unix)]
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        service
            .log(format_args!("WARNING: the supervisor cannot be told that the service is ready: {error}"));
    }
    #[cfg(not(unix))]
    let _ = service;
}

/// Tells the supervisor that no new connection is accepted from now on.
pub fn tell_stopping() {
    // Whoever is gone need not know.
    #[cfg(unix)]
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
}
