//! Who answered a probe.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ports::{ProcessListeners, may_get};
use proctree::ProcessTree;
use supervisor::coordinator::Answerer;

/// Who answered the last probe: the sockets that listened there, and whose they are.
pub(super) type LastAnswer = Mutex<Option<(Vec<u64>, Answerer)>>;

pub(super) fn lock(last: &LastAnswer) -> MutexGuard<'_, Option<(Vec<u64>, Answerer)>> {
    // Nothing panics while it is held.
    last.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often it is asked whose the sockets are while others come and go there.
const LOOKS_MAX: usize = 3;

/// An answer counts if it came from the service's own processes, or if that cannot be told. It came from nobody if
/// whoever it was has closed its socket since: another launcher that tried the port, or a service that has ended.
pub(super) fn who_answered(tree: &ProcessTree, last: &LastAnswer, address: SocketAddr) -> Option<Answerer> {
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
