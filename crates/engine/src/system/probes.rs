//! Probes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Cause, Handoff, Product};
use proctree::ProcessTree;
use stackfile::{ProbeKind, Service};
use supervisor::coordinator::Answerer;
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::answerer::{lock, who_answered};
use super::process_run::LocalRun;
use crate::probe::{probe, probe_accepted, user_agent};

/// How long a probe that the launcher could not send is put off. All of it is time that no service is judged by.
const LACKING: Duration = Duration::from_secs(1);

/// Sends a probe beside everything else. Of a service that is told a number it is asked who answered; one that
/// inherits its socket has to accept the connection, since the launcher's own queue takes them from anybody. It may be
/// busy for as long as its start may take.
pub(super) fn send(
    known: &LocalRun,
    service: &Service,
    address: Option<SocketAddr>,
    timeout: Duration,
    product: Product,
    side: &tokio::runtime::Handle,
) {
    let (observer, kind) = (known.observer.clone(), service.health.probe.clone());
    let (tree, last) = (known.tree.clone(), Arc::clone(&known.last_answer));
    let (check, mut killed, side) = (known.check.clone(), known.killed.subscribe(), side.clone());
    let number = service.handoff == Handoff::Number;
    let inherits = !number && kind == ProbeKind::Tcp;
    let mut timeout = match kind {
        ProbeKind::Command(_) => timeout.min(service.health.timeout),
        _ if inherits => timeout.max(service.start_timeout),
        _ => timeout,
    };
    tokio::spawn(async move {
        let started = Instant::now();
        let answer = match (check, address) {
            (Some(check), _) => tokio::select! {
                answer = check.run(timeout, &side) => answer,
                // The run is killed, or is over: so is what asks it.
                _ = killed.wait_for(|killed| *killed) => return,
            },
            (None, Some(address)) if inherits => {
                probe_accepted(address, timeout, || tree.has_taken_sockets()).await
            }
            (None, Some(address)) => probe(&kind, address, timeout, &user_agent(product)).await,
            (None, None) => return,
        };
        if matches!(answer, Err(Cause::CannotProbe { .. })) {
            tokio::time::sleep(LACKING).await;
            timeout = Duration::ZERO;
        }
        let late = started.elapsed().saturating_sub(timeout);
        let latency = answer.as_ref().ok().copied();
        let result = match answer {
            // A start is inspected besides.
            Err(error) if error == Cause::Refused && number && lock(&last).is_none() => Err(error),
            Err(error) => {
                let found = spawn_blocking(move || suspension(&tree, address)).await;
                Err(found.ok().flatten().unwrap_or(error))
            }
            Ok(_) if number && let Some(address) = address => {
                let asked = spawn_blocking(move || who_answered(&tree, &last, address)).await;
                // An error means that the runtime ends.
                asked.ok().flatten().ok_or(Cause::Refused)
            }
            Ok(_) => Ok(Answerer::Own),
        };
        observer.send(ProcessObservation::Probed { address, result, latency, late }).await;
    });
}

/// Finds out whether the process that should answer is suspended.
pub(super) fn inspect(known: &LocalRun, address: Option<SocketAddr>) {
    let (tree, observer) = (known.tree.clone(), known.observer.clone());
    tokio::spawn(async move {
        let found = spawn_blocking(move || suspension(&tree, address)).await;
        observer.send(ProcessObservation::Inspected(found.ok().flatten())).await;
    });
}

/// What the process that should answer is suspended by: one that listens at the address, or while none does, any.
fn suspension(tree: &ProcessTree, address: Option<SocketAddr>) -> Option<Cause> {
    let mut suspended = tree.suspended();
    if suspended.is_empty() {
        return None;
    }
    let address = address.map(|address| SocketAddr::new(ports::reachable(address.ip()), address.port()));
    let listens = |pids: &[u32]| {
        let listeners = ports::listeners_of(pids).unwrap_or_default();
        address.is_some_and(|address| {
            listeners.addresses.iter().any(|listener| ports::may_get(*listener, address))
        })
    };
    if listens(&tree.pids()) {
        suspended.retain(|cause| cause.pid().is_some_and(|pid| listens(&[pid])));
    }
    suspended.into_iter().next()
}
