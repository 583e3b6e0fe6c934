//! The ways in which the system tells us that it is time to end: signals, the session manager, and the
//! machine going down. All of them end the services in order; a signal that somebody sends again ends
//! them at once.

#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod shutdown;

use std::time::{Duration, Instant};

use crate::controller::{Ask, Asker};

/// Signals that come closer together than this are one wish: a session that ends sends SIGTERM and
/// SIGHUP, and a terminal reaches a program by more than one way.
const ONE_WISH: Duration = Duration::from_secs(1);

/// Listens from now on.
pub fn listen(asker: &Asker) {
    tauri::async_runtime::spawn(signals(asker.clone()));
    #[cfg(target_os = "linux")]
    {
        tauri::async_runtime::spawn(session::listen(asker.clone()));
        tauri::async_runtime::spawn(shutdown::listen(asker.clone()));
    }
}

#[cfg(unix)]
async fn signals(asker: Asker) {
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
        asker.tell(wish(&mut first));
    }
}

/// The first signal asks to end in order, and so does what follows at once; later ones insist.
fn wish(first: &mut Option<Instant>) -> Ask {
    let since = first.get_or_insert_with(Instant::now).elapsed();
    if since < ONE_WISH { Ask::SessionEnds } else { Ask::Quit }
}

#[cfg(not(unix))]
async fn signals(asker: Asker) {
    let mut first = None;
    while tokio::signal::ctrl_c().await.is_ok() {
        asker.tell(wish(&mut first));
    }
}
