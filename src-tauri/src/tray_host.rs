//! Does the desktop show tray icons? Where it does not, the panel is the application.

use std::time::Duration;

/// Waits until the desktop shows tray icons, `within` at most. Whether it does.
#[cfg(target_os = "linux")]
pub async fn appears(within: Duration) -> bool {
    let found = tokio::time::timeout(within, linux::until_there()).await;
    match found {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::info!("no session bus to ask for a tray: {error}");
            false
        }
        Err(_) => false,
    }
}

/// Windows and macOS always have a place for icons.
#[cfg(not(target_os = "linux"))]
pub async fn appears(_within: Duration) -> bool {
    true
}

/// The StatusNotifier specification: a watcher knows the icons, a host shows them.
#[cfg(target_os = "linux")]
mod linux {
    use futures_util::StreamExt as _;
    use zbus::fdo::DBusProxy;
    use zbus::proxy::CacheProperties;
    use zbus::{Connection, Proxy};

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const WATCHER_PATH: &str = "/StatusNotifierWatcher";

    /// Comes back when a host is registered; the bus tells of every change that could make it so.
    pub(super) async fn until_there() -> zbus::Result<()> {
        let bus = Connection::session().await?;
        let names = DBusProxy::new(&bus).await?;
        let mut owners = names.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
        let watcher: Proxy<'_> = zbus::proxy::Builder::new(&bus)
            .destination(WATCHER)?
            .path(WATCHER_PATH)?
            .interface(WATCHER)?
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let mut hosts = watcher.receive_signal("StatusNotifierHostRegistered").await?;
        loop {
            // An error means that there is no watcher.
            if watcher.get_property("IsStatusNotifierHostRegistered").await.unwrap_or(false) {
                return Ok(());
            }
            tokio::select! {
                _ = owners.next() => {}
                _ = hosts.next() => {}
            }
        }
    }
}
