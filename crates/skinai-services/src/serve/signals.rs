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
    let notified = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    #[cfg(windows)]
    let notified = say_ready();
    if let Err(error) = notified {
        service.log(format_args!(
            "WARNING: the supervisor cannot be notified that the service is ready: {error}"
        ));
    }
}

/// Says so to the server that the launcher has where there is no sd_notify(3), if there is one.
#[cfg(windows)]
fn say_ready() -> io::Result<()> {
    let told = ["NOTIFY_SERVER", "NOTIFY_SECRET"].map(|name| std::env::var(name).ok());
    let [Some(server), Some(secret)] = told else { return Ok(()) };
    io::Write::write_all(&mut std::net::TcpStream::connect(server)?, format!("{secret}|READY=1\n").as_bytes())
}

/// Notifies the supervisor that the service accepts no further connection.
pub fn notify_stopping() {
    // A supervisor that is gone needs no notification.
    #[cfg(unix)]
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
}
