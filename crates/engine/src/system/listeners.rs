//! Where the processes of a run listen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use contract::{Handoff, Product};
use ports::{ProcessListeners, may_get};
use proctree::ProcessTree;
use stackfile::{ProbeKind, Service};
use supervisor::coordinator::{Answerer, Listeners, Search};
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::answerer::whose;
use super::process_run::{LocalRun, RunObserver};
use crate::probe::{probe, user_agent};

/// How often a run that listens elsewhere is looked for where it was told to listen: the system does not tell when a
/// port opens.
const TOLD_PORT_EVERY: Duration = Duration::from_millis(250);
/// How long a connection there may take.
const TOLD_PORT_WITHIN: Duration = Duration::from_secs(1);

/// Where a run listens; what is hidden may do so at the other address of localhost, on its told port.
fn listeners(tree: &ProcessTree, told: SocketAddr) -> ProcessListeners {
    // Without the table nothing is seen and nothing is hidden.
    let mut found = ports::listeners_of(&tree.pids()).unwrap_or_default();
    let other = match told.ip() {
        IpAddr::V4(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let other = SocketAddr::new(other, told.port());
    if found.hidden.is_some()
        && told.ip().is_loopback()
        && matches!(whose(tree, &found, other), Answerer::Hidden(_))
    {
        found.addresses.push(other);
    }
    found
}

/// Finds out where a run listens, and which of these addresses answers its check, of those that are asked.
pub(super) fn find(
    known: &LocalRun,
    service: &Service,
    told: SocketAddr,
    named: Vec<u16>,
    search: Search,
    timeout: Duration,
    product: Product,
) {
    let (tree, observer, kind) = (known.tree.clone(), known.observer.clone(), service.health.probe.clone());
    let inherits = service.handoff == Handoff::Socket;
    tokio::spawn(async move {
        let look = move || {
            let unaccepted = inherits && (waits(told) || !tree.has_taken_sockets());
            (listeners(&tree, told), unaccepted)
        };
        // An error means that the runtime ends.
        let Ok((found, unaccepted)) = spawn_blocking(look).await else { return };
        let ProcessListeners { addresses, hidden } = found;
        let mut candidates = addresses.clone();
        candidates.retain(|listener| !named.contains(&listener.port()));
        let answered = first_to_answer(&candidates, told, search, &kind, timeout, &user_agent(product)).await;
        let listeners = Listeners { addresses, answered, unaccepted, hidden };
        observer.send(ProcessObservation::ListenersFound(listeners)).await;
    });
}

/// Which of a run's listeners answers its check, if none of them is where it was told to listen.
async fn first_to_answer(
    listeners: &[SocketAddr],
    told: SocketAddr,
    search: Search,
    kind: &ProbeKind,
    timeout: Duration,
    user_agent: &str,
) -> Option<SocketAddr> {
    let is_where_told =
        |listener: &SocketAddr| listener.is_ipv4() == told.is_ipv4() && may_get(*listener, told);
    if search == Search::Nowhere || listeners.iter().any(is_where_told) {
        return None;
    }
    let anywhere = search == Search::Anywhere && matches!(kind, ProbeKind::Http(_));
    let is_asked = |listener: &SocketAddr| anywhere || listener.port() == told.port();
    let mut asked: Vec<SocketAddr> = listeners.iter().copied().filter(is_asked).collect();
    asked.sort_by_key(|address| address.port() != told.port());
    for listener in asked {
        // What listens at every address is taken for where it was told to be, if it answers there.
        let mut addresses = vec![SocketAddr::new(told.ip(), listener.port()), listener];
        addresses.retain(|address| may_get(listener, *address));
        addresses.dedup();
        for address in addresses {
            if probe(kind, address, timeout, user_agent).await.is_ok() {
                // The told port may have opened in the meantime.
                return (!is_open(told).await).then_some(address);
            }
        }
    }
    None
}

/// Finds out whether somebody else listens at these addresses, at which the run may listen itself.
pub(super) fn find_strangers(known: &LocalRun, addresses: Vec<SocketAddr>) {
    let (tree, observer) = (known.tree.clone(), known.observer.clone());
    tokio::spawn(async move {
        let stranger = move || {
            let own = ports::listeners_of(&tree.pids()).ok()?;
            Some(addresses.into_iter().find_map(|address| match whose(&tree, &own, address) {
                Answerer::Stranger(holder) => Some((address, holder)),
                Answerer::Own | Answerer::Hidden(_) => None,
            }))
        };
        // What could not be looked at is as it was.
        if let Ok(Some(taken)) = spawn_blocking(stranger).await {
            observer.send(ProcessObservation::LoopbackHeld(taken)).await;
        }
    });
}

/// Whether connections wait that nobody has accepted.
fn waits(address: SocketAddr) -> bool {
    ports::listening_at(address).is_ok_and(|sockets| sockets.iter().any(|socket| socket.waiting > 0))
}

async fn is_open(address: SocketAddr) -> bool {
    // A connection alone carries no user agent.
    probe(&ProbeKind::Tcp, address, TOLD_PORT_WITHIN, "").await.is_ok()
}

/// Tells when a run that listens at `found` listens where it was told to.
pub(super) async fn watch_told_port(
    tree: ProcessTree,
    told: SocketAddr,
    found: SocketAddr,
    observer: RunObserver,
) {
    let reached = SocketAddr::new(ports::reachable(told.ip()), told.port());
    loop {
        tokio::time::sleep(TOLD_PORT_EVERY).await;
        let tree = tree.clone();
        let is_own = spawn_blocking(move || is_own(&tree, found, reached)).await;
        if is_own.unwrap_or(false) && is_open(told).await {
            observer.send(ProcessObservation::ToldPortOpened).await;
            return;
        }
    }
}

/// Whether the run listens at `address` with another socket than the one at `found`.
fn is_own(tree: &ProcessTree, found: SocketAddr, address: SocketAddr) -> bool {
    if ports::listening_at(address).is_ok_and(|sockets| sockets.is_empty()) {
        return false;
    }
    let Ok(mut own) = ports::listeners_of(&tree.pids()) else { return false };
    own.addresses.retain(|listener| *listener != found);
    !matches!(whose(tree, &own, address), Answerer::Stranger(_))
}
