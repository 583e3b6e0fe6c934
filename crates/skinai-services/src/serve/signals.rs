//! Waits for a signal to stop, and notifies the supervisor (sd_notify(3)).

use std::future::Future;
use std::io;

use super::BuiltInService;

/// Resolves when a signal asks this process to stop. Listening begins at the call.
#[cfg(unix)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
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

/// Resolves when a signal asks this process to stop. Listening begins at the call.
#[cfg(windows)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (mut interrupt, mut terminate) = (ctrl_c()?, ctrl_break()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Notifies the supervisor that the service answers requests.
pub fn notify_ready(service: BuiltInService) {
    #[cfg(unix)]
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        service.log(format_args!(
            "WARNING: the supervisor cannot be notified that the service is ready: {error}"
        ));
    }
    #[cfg(not(unix))]
    let _ = service;
}

/// Notifies the supervisor that the service accepts no further connection.
pub fn notify_stopping() {
    // A supervisor that is gone needs no notification.
    #[cfg(unix)]
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
}
