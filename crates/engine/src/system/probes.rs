//! Probes, and who answered them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use contract::{Cause, Handoff, Product};
use ports::{ProcessListeners, may_get};
use proctree::ProcessTree;
use stackfile::{ProbeKind, Service};
use supervisor::coordinator::Answerer;
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::process_run::ProcessRun;
use crate::probe::{probe, probe_accepted, user_agent};

/// How long a probe that the launcher could not send is put off. All of it is time that no service is judged by.
const LACKING: Duration = Duration::from_secs(1);

/// Sends a probe beside everything else. Of a service that is told a number it is asked who answered; one that
/// inherits its socket has to accept the connection, since the launcher's own queue takes them from anybody. It may be
/// busy for as long as its start may take.
pub(super) fn send(
    known: &ProcessRun,
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
pub(super) fn inspect(known: &ProcessRun, address: Option<SocketAddr>) {
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

/// Who answered the last probe: the sockets that listened there, and whose they are.
pub(super) type LastAnswer = Mutex<Option<(Vec<u64>, Answerer)>>;

fn lock(last: &LastAnswer) -> MutexGuard<'_, Option<(Vec<u64>, Answerer)>> {
    // Nothing panics while it is held.
    last.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often it is asked whose the sockets are while others come and go there.
const LOOKS_MAX: usize = 3;

/// An answer counts if it came from the service's own processes, or if that cannot be told. It came from nobody if
/// whoever it was has closed its socket since: another launcher that tried the port, or a service that has ended.
fn who_answered(tree: &ProcessTree, last: &LastAnswer, address: SocketAddr) -> Option<Answerer> {
    let address = SocketAddr::new(ports::reachable(address.ip()), address.port());
    for _ in 0..LOOKS_MAX {
        let Some(sockets) = sockets_at(address) else { return Some(Answerer::Own) };
        if sockets.is_empty() {
            return None;
        }
        let mut last = lock(last);
        if let Some((_, answerer)) = last.as_ref().filter(|(before, _)| *before == sockets) {
            return Some(answerer.clone());
        }
        let Ok(listeners) = ports::listeners_of(&tree.pids()) else { return Some(Answerer::Own) };
        let answerer = whose(tree, &listeners, address);
        // Until then nothing says who had them: what a process had that has ended looks like a hidden process's.
        if sockets_at(address).as_ref() == Some(&sockets) {
            *last = Some((sockets, answerer.clone()));
            return Some(answerer);
        }
    }
    None
}

/// The sockets that may get a connection to `address`, by their numbers.
fn sockets_at(address: SocketAddr) -> Option<Vec<u64>> {
    let sockets = ports::listening_at(address).ok()?;
    let mut sockets: Vec<u64> = sockets.iter().map(|socket| socket.inode).collect();
    sockets.sort_unstable();
    Some(sockets)
}

/// Who listens where a connection to `address` goes; `own` is what was seen of the run's listeners. Only a process that
/// is known not to be the run's is a stranger, or one that is hidden while none of the run's is.
pub(super) fn whose(tree: &ProcessTree, own: &ProcessListeners, address: SocketAddr) -> Answerer {
    // Linux lets nobody listen at an address beside who listens at every one.
    let is_sure = |listener: &&SocketAddr| cfg!(target_os = "linux") || **listener == address;
    if own.addresses.iter().filter(is_sure).any(|listener| may_get(*listener, address)) {
        return Answerer::Own;
    }
    let Some(holder) = ports::listener(address) else { return Answerer::Own };
    match (holder.pid, &own.hidden) {
        (None, Some(hidden)) => Answerer::Hidden(hidden.clone()),
        // It may have been started, or have got the socket, since they were looked at.
        (Some(pid), _) if tree.pids().contains(&pid) => Answerer::Own,
        _ => Answerer::Stranger(holder),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use contract::{StopSignal, StopSignalTo};
    use proctree::LaunchMarker;

    use super::*;

    fn tree(leader: u32) -> ProcessTree {
        let marker = LaunchMarker::launch("test");
        ProcessTree::new(leader, marker, StopSignal::default(), StopSignalTo::default())
    }

    #[test]
    fn an_answer_of_somebody_else_is_known_as_that() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // Wine tells whose a socket is once its process has used it.
        listener.ttl().unwrap();
        let nobody = tree(i32::MAX.cast_unsigned());
        let answerer = who_answered(&nobody, &LastAnswer::default(), listener.local_addr().unwrap());
        let Some(Answerer::Stranger(holder)) = answerer else { panic!("{answerer:?}") };
        assert_eq!(holder.pid, Some(std::process::id()));
    }

    #[test]
    fn an_answer_of_what_has_gone_since_is_none_of_the_service() {
        let tree = tree(std::process::id());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let last = LastAnswer::default();
        let asked = || who_answered(&tree, &last, address);
        assert_eq!(asked(), Some(Answerer::Own));
        drop(listener);
        assert_eq!(asked(), None);
    }
}
