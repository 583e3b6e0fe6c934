//! Does the desktop show tray icons? Where it does not, the panel is the application.

use std::time::Duration;

/// Waits until the desktop shows tray icons, `within` at most. Whether it does.
#[cfg(target_os = "linux")]
pub async fn appears(within: Duration) -> bool {
    let found = tokio::time::timeout(within, linux::until(true)).await;
    match found {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::info!("no session bus to ask for a tray: {error}");
            false
        }
        Err(_) => false,
    }
}

/// Comes back when the desktop has shown no tray icons for so long: a panel that is started anew is gone for a moment.
/// The end of the session's bus is that of the session.
#[cfg(target_os = "linux")]
pub async fn disappears(for_so_long: Duration) {
    loop {
        if linux::until(false).await.is_err() {
            return std::future::pending().await;
        }
        if !appears(for_so_long).await {
            return;
        }
    }
}

/// Windows and macOS always have a place for icons.
#[cfg(not(target_os = "linux"))]
pub async fn disappears(_for_so_long: Duration) {
    std::future::pending().await
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

    /// Comes back when a host is registered, or none is; the bus tells of every change that could make it so.
    pub(super) async fn until(is_there: bool) -> zbus::Result<()> {
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
        let mut ends = watcher.receive_signal("StatusNotifierHostUnregistered").await?;
        loop {
            // An error means that there is no watcher.
            if watcher.get_property("IsStatusNotifierHostRegistered").await.unwrap_or(false) == is_there {
                return Ok(());
            }
            let change = tokio::select! {
                change = owners.next() => change.map(drop),
                change = hosts.next() => change.map(drop),
                change = ends.next() => change.map(drop),
            };
            change.ok_or_else(|| zbus::Error::Failure("the session bus has gone".to_owned()))?;
        }
    }
}
