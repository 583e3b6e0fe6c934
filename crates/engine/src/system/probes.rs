//! Probes, and who answered them.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract::Holder;
use proctree::ProcessTree;
use stackfile::ProbeKind;
use supervisor::coordinator::Answerer;
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::process_run::ProcessRun;
use crate::probe::probe;

/// Sends a probe beside everything else. With `number`, it is asked who answered.
pub(super) fn send(
    known: &ProcessRun,
    kind: ProbeKind,
    address: SocketAddr,
    timeout: Duration,
    number: bool,
) {
    let observer = known.observer.clone();
    let (tree, own_sockets) = (known.tree.clone(), known.own_sockets.clone());
    tokio::spawn(async move {
        let started = Instant::now();
        let answer = probe(&kind, address, timeout).await;
        let late = started.elapsed().saturating_sub(timeout);
        let latency = answer.as_ref().ok().copied();
        let result = match answer {
            Ok(_) if number => {
                let asked = spawn_blocking(move || who_answered(&tree, &own_sockets, address.port())).await;
                // An error means that the runtime ends.
                Ok(asked.unwrap_or(Answerer::Own))
            }
            answer => answer.map(|_| Answerer::Own),
        };
        observer.send(ProcessObservation::Probed { address, result, latency, late }).await;
    });
}

/// An answer counts if it came from the service's own processes, or if that cannot be told.
fn who_answered(tree: &ProcessTree, own_sockets: &Mutex<Vec<u64>>, port: u16) -> Answerer {
    let Ok(sockets) = ports::listening_inodes(port) else { return Answerer::Own };
    // Nothing panics while it is held.
    let mut own = own_sockets.lock().unwrap_or_else(PoisonError::into_inner);
    if !sockets.is_empty() && sockets.iter().all(|socket| own.contains(socket)) {
        return Answerer::Own;
    }
    let Ok(listeners) = ports::listeners_of(&tree.pids()) else { return Answerer::Own };
    if listeners.iter().any(|listener| listener.port() == port) {
        *own = sockets;
        return Answerer::Own;
    }
    Answerer::Stranger(ports::holder(port).unwrap_or(Holder::UNKNOWN))
}
