//! Finds the instances of this user that other processes run.

use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::{Notify, mpsc};
use userdirs::Dirs;

use super::event::ControllerEvent;

/// How long after a change of the runtime folder it is looked into: what is being made there is made by then, and
/// changes come in heaps.
const GATHER: Duration = Duration::from_millis(200);
/// How often it is looked into at least: it may have been removed and made again, or not be there yet.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// Tells which instances run: at the start, whenever the runtime folder has changed, and when `look` says so.
pub(super) async fn watch(dirs: Dirs, look: Arc<Notify>, events: mpsc::Sender<ControllerEvent>) {
    let mut watched = None;
    loop {
        if !dirs.runtime.exists() {
            watched = None;
        } else if watched.is_none() {
            watched = watcher(&dirs, Arc::clone(&look));
        }
        let running = client::running(&dirs).await;
        if events.send(ControllerEvent::Found(running)).await.is_err() {
            return;
        }
        // Who is told of a change anyhow need not look.
        let _ = tokio::time::timeout(LOOK_INTERVAL, look.notified()).await;
        tokio::time::sleep(GATHER).await;
    }
}

/// Watches the folder as long as it is held. Sockets are made, removed and renamed there; what else happens to
/// them and to other files wakes nobody.
fn watcher(dirs: &Dirs, look: Arc<Notify>) -> Option<RecommendedWatcher> {
    let changed = move |event: notify::Result<notify::Event>| {
        let of_names = |event: &notify::Event| {
            matches!(
                event.kind,
                EventKind::Create(_)
                    | EventKind::Remove(_)
                    | EventKind::Modify(notify::event::ModifyKind::Name(_))
            )
        };
        if event.is_ok_and(|event| of_names(&event)) {
            look.notify_one();
        }
    };
    let watched = notify::recommended_watcher(changed)
        .and_then(|mut watcher| watcher.watch(&dirs.runtime, RecursiveMode::NonRecursive).map(|()| watcher));
    watched.inspect_err(|error| tracing::warn!("instances are looked for now and then: {error}")).ok()
}
