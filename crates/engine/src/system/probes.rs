//! Probes, and who answered them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract::{Cause, Handoff, Holder, Product};
use proctree::ProcessTree;
use stackfile::{ProbeKind, Service};
use supervisor::coordinator::Answerer;
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::process_run::ProcessRun;
use crate::addresses::reachable;
use crate::probe::{probe, probe_accepted, user_agent};

/// How long a probe that the launcher could not send is put off. All of it is time that no service is judged by.
const LACKING: Duration = Duration::from_secs(1);

/// Sends a probe beside everything else. Of a service that is told a number it is asked who answered; one that
/// inherits its socket has to accept the connection, since the launcher's own queue takes them from anybody. It may be
/// busy for as long as its start may take.
pub(super) fn send(
    known: &ProcessRun,
    service: &Service,
    address: SocketAddr,
    timeout: Duration,
    product: Product,
) {
    let (observer, kind) = (known.observer.clone(), service.health.probe.clone());
    let (tree, last) = (known.tree.clone(), Arc::clone(&known.last_answer));
    let number = service.handoff == Handoff::Number;
    let inherits = !number && kind == ProbeKind::Tcp;
    let mut timeout = if inherits { timeout.max(service.start_timeout) } else { timeout };
    tokio::spawn(async move {
        let started = Instant::now();
        let answer = if inherits {
            probe_accepted(address, timeout).await
        } else {
            probe(&kind, address, timeout, &user_agent(product)).await
        };
        if matches!(answer, Err(Cause::CannotProbe { .. })) {
            tokio::time::sleep(LACKING).await;
            timeout = Duration::ZERO;
        }
        let late = started.elapsed().saturating_sub(timeout);
        let latency = answer.as_ref().ok().copied();
        let result = match answer {
            Ok(_) if number => {
                let asked = spawn_blocking(move || who_answered(&tree, &last, address)).await;
                // An error means that the runtime ends.
                Ok(asked.unwrap_or(Answerer::Own))
            }
            answer => answer.map(|_| Answerer::Own),
        };
        observer.send(ProcessObservation::Probed { address, result, latency, late }).await;
    });
}

/// Who answered the last probe: the sockets that listened there, and whose they are.
pub(super) type LastAnswer = Mutex<Option<(Vec<u64>, Answerer)>>;

/// An answer counts if it came from the service's own processes, or if that cannot be told.
fn who_answered(tree: &ProcessTree, last: &LastAnswer, address: SocketAddr) -> Answerer {
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    let Ok(sockets) = ports::listening_at(address) else { return Answerer::Own };
    let mut sockets: Vec<u64> = sockets.iter().map(|socket| socket.inode).collect();
    if sockets.is_empty() {
        // Whoever it was has closed its socket since.
        return Answerer::Own;
    }
    sockets.sort_unstable();
    // Nothing panics while it is held.
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, answerer)) = last.as_ref().filter(|(before, _)| *before == sockets) {
        return answerer.clone();
    }
    let Ok(listeners) = ports::listeners_of(&tree.pids()) else { return Answerer::Own };
    let answerer = if listeners.iter().any(|listener| ports::may_get(*listener, address)) {
        Answerer::Own
    } else {
        Answerer::Stranger(ports::listener(address).unwrap_or(Holder::UNKNOWN))
    };
    *last = Some((sockets, answerer.clone()));
    answerer
}
