//! Where the processes of a run listen.

use std::net::SocketAddr;
use std::time::Duration;

use proctree::ProcessTree;
use stackfile::ProbeKind;
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::process_run::{ProcessRun, RunObserver};
use crate::probe::probe;

/// How often a run that listens elsewhere is looked for at the port that it was told: the system does not tell when a
/// port opens.
const TOLD_PORT_EVERY: Duration = Duration::from_millis(250);

async fn listeners(tree: &ProcessTree) -> Option<Vec<SocketAddr>> {
    let tree = tree.clone();
    spawn_blocking(move || ports::listeners_of(&tree.pids()).ok()).await.ok().flatten()
}

/// Finds out where a run listens, and which of these addresses answers its check where that is one over HTTP.
pub(super) fn find(known: &ProcessRun, kind: ProbeKind, told: SocketAddr, timeout: Duration) {
    let (tree, observer) = (known.tree.clone(), known.observer.clone());
    tokio::spawn(async move {
        let mut found = listeners(&tree).await.unwrap_or_default();
        let mut answered = None;
        let is_elsewhere = !found.iter().any(|listener| listener.port() == told.port());
        if is_elsewhere && !found.is_empty() && matches!(kind, ProbeKind::Http(_)) {
            for address in &found {
                if probe(&kind, *address, timeout).await.is_ok() {
                    answered = Some(*address);
                    break;
                }
            }
            // The told port may have opened in the meantime.
            found = listeners(&tree).await.unwrap_or_default();
        }
        observer.send(ProcessObservation::ListenersFound { listeners: found, answered }).await;
    });
}

/// Tells when a run listens on its told port.
pub(super) async fn watch_told_port(tree: ProcessTree, told: SocketAddr, observer: RunObserver) {
    loop {
        tokio::time::sleep(TOLD_PORT_EVERY).await;
        let open = spawn_blocking(move || ports::listening_inodes(told.port())).await;
        let is_shut = open.is_ok_and(|open| open.is_ok_and(|sockets| sockets.is_empty()));
        if is_shut {
            continue;
        }
        let own = listeners(&tree).await.unwrap_or_default();
        if own.iter().any(|listener| listener.port() == told.port()) {
            observer.send(ProcessObservation::ToldPortOpened).await;
            return;
        }
    }
}
