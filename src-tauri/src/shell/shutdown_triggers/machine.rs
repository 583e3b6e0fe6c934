//! logind says when the machine goes down, and waits for those who hold a lock.

use futures_util::StreamExt as _;
use zbus::zvariant::OwnedFd;
use zbus::{Connection, Proxy};

use crate::controller::{Command, ControllerHandle};

/// Listens from now on.
pub(super) async fn listen(controller: ControllerHandle) {
    match announced().await {
        Ok(lock) => {
            controller.send(Command::SessionEnds);
            // The machine waits for this lock, which ends with the process.
            std::future::pending::<()>().await;
            drop(lock);
        }
        Err(error) => tracing::debug!("logind does not say when the machine goes down: {error}"),
    }
}

/// Comes back when the machine goes down, with the lock that holds it up (5 seconds usually).
async fn announced() -> zbus::Result<OwnedFd> {
    let bus = Connection::system().await?;
    let name = "org.freedesktop.login1";
    let login = Proxy::new(&bus, name, "/org/freedesktop/login1", "org.freedesktop.login1.Manager").await?;
    let mut announcements = login.receive_signal("PrepareForShutdown").await?;
    let request = ("shutdown", "Skin AI Assistant", "The services are being stopped", "delay");
    let lock = login.call("Inhibit", &request).await?;
    while let Some(announcement) = announcements.next().await {
        if announcement.body().deserialize()? {
            return Ok(lock);
        }
    }
    Err(zbus::Error::Failure("the system bus went away".to_owned()))
}
