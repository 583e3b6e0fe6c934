//! Where the processes of a run listen.

use std::net::SocketAddr;
use std::time::Duration;

use contract::{Handoff, Product};
use ports::may_get;
use proctree::ProcessTree;
use stackfile::{ProbeKind, Service};
use supervisor::coordinator::{Listeners, Search};
use tokio::task::spawn_blocking;

use super::ProcessObservation;
use super::process_run::{ProcessRun, RunObserver};
use crate::addresses::reachable;
use crate::probe::{probe, user_agent};

/// How often a run that listens elsewhere is looked for where it was told to listen: the system does not tell when a
/// port opens.
const TOLD_PORT_EVERY: Duration = Duration::from_millis(250);
/// How long a connection there may take.
const TOLD_PORT_WITHIN: Duration = Duration::from_secs(1);

async fn listeners(tree: &ProcessTree) -> Vec<SocketAddr> {
    let tree = tree.clone();
    let found = spawn_blocking(move || ports::listeners_of(&tree.pids()).ok()).await;
    found.ok().flatten().unwrap_or_default()
}

/// Finds out where a run listens, and which of these addresses answers its check, of those that are asked.
pub(super) fn find(
    known: &ProcessRun,
    service: &Service,
    told: SocketAddr,
    search: Search,
    timeout: Duration,
    product: Product,
) {
    let (tree, observer, kind) = (known.tree.clone(), known.observer.clone(), service.health.probe.clone());
    let inherits = service.handoff == Handoff::Socket;
    tokio::spawn(async move {
        let addresses = listeners(&tree).await;
        let answered = first_to_answer(&addresses, told, search, &kind, timeout, &user_agent(product)).await;
        let unaccepted = inherits && spawn_blocking(move || waits(told)).await.unwrap_or(false);
        let listeners = Listeners { addresses, answered, unaccepted };
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
    for address in asked {
        if probe(kind, address, timeout, user_agent).await.is_ok() {
            // The told port may have opened in the meantime.
            return (!is_open(told).await).then_some(address);
        }
    }
    None
}

/// Finds out whether somebody else listens at these addresses, at which the run may listen itself.
pub(super) fn find_strangers(known: &ProcessRun, mut addresses: Vec<SocketAddr>) {
    let (tree, observer) = (known.tree.clone(), known.observer.clone());
    tokio::spawn(async move {
        let own = listeners(&tree).await;
        addresses.retain(|address| !own.iter().any(|listener| may_get(*listener, *address)));
        let stranger =
            move || addresses.into_iter().find_map(|address| Some((address, ports::listener(address)?)));
        let taken = spawn_blocking(stranger).await.ok().flatten();
        observer.send(ProcessObservation::LoopbackHeld(taken)).await;
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
    let reached = SocketAddr::new(reachable(told.ip()), told.port());
    loop {
        tokio::time::sleep(TOLD_PORT_EVERY).await;
        let open = spawn_blocking(move || ports::listening_at(reached)).await;
        let is_shut = open.is_ok_and(|open| open.is_ok_and(|sockets| sockets.is_empty()));
        if is_shut {
            continue;
        }
        let own = listeners(&tree).await;
        let opened = own.iter().any(|listener| *listener != found && may_get(*listener, reached));
        if opened && is_open(told).await {
            observer.send(ProcessObservation::ToldPortOpened).await;
            return;
        }
    }
}
