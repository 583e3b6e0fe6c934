//! Sockets of others: what holds a port, and who listens.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;

use contract::Holder;
use nix::libc;
use socket2::Socket;

use super::super::held_ports::{BindAttempt, BindConflict, HeldPorts, TableScope, conflicts_with};
use super::processes::{self, Sockets};
use super::sock_diag;
use super::socket_entry::{Entry, States};
use super::sockstat;
use crate::{ListeningSocket, ProcessListeners, may_get};

/// A plain bind is exclusive by itself.
pub(crate) fn set_exclusive(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// A socket that was shut down more than once ends each connection that it accepts later on. This takes that back.
pub(crate) fn forget_shutdown(socket: &Socket) {
    if socket.is_listener().is_ok_and(|listens| !listens) {
        let _ = rustix::net::connect_unspec(socket);
    }
}

/// Whether the kernel was built or started without the address family.
pub(crate) fn lacks_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT))
}

/// Why plain binds failed at the ports of these attempts, in one read for all: the kernel walks its table from
/// end to end, whether it is asked for one port or a thousand. `bound` of our sockets are bound and do not listen.
pub(crate) fn explain_conflict(attempts: &[BindAttempt<'_>], bound: usize) -> BindConflict {
    let sockets = attempts.iter().flat_map(|attempt| &attempt.sockets);
    let own: io::Result<Vec<u64>> = sockets.map(|socket| processes::inode_of(socket)).collect();
    let Ok(own) = own else { return BindConflict::HeldByOther };
    let ports = || attempts.iter().map(|attempt| attempt.port);
    let (Some(start), Some(end)) = (ports().min(), ports().max()) else { return BindConflict::Unexplained };
    let in_the_way = |entry: &Entry| {
        let hinders = |attempt: &BindAttempt<'_>| {
            attempt.port == entry.address.port() && conflicts_with(entry.address.ip(), attempt.host)
        };
        entry.is_held() && !own.contains(&entry.inode) && attempts.iter().any(hinders)
    };
    // Connections and bound sockets take the kernel ten times as long as listeners.
    for states in [States::LISTENING, States::HELD, States::ALL] {
        let Ok(entries) = sock_diag::dump(start, end, states) else { return BindConflict::HeldByOther };
        if entries.iter().any(in_the_way) {
            return BindConflict::HeldByOther;
        }
        // A kernel that shows our own sockets, which do not listen, would show those of others too.
        let is_shown = |own: &u64| entries.iter().any(|entry| entry.inode == *own);
        let is_left =
            |port: u16| entries.iter().any(|entry| !entry.is_held() && entry.address.port() == port);
        if own.iter().all(is_shown) || ports().all(is_left) {
            return BindConflict::Lingering;
        }
        // Nobody listens. Where no socket but ours is outside of the table, nobody else's is bound, which
        // need not be looked up among all connections of the last minute.
        if sockstat::sockets_outside_the_table() == Some(bound) {
            return BindConflict::Lingering;
        }
    }
    BindConflict::Unexplained
}

/// The ports of a range that somebody holds.
pub(crate) fn held_ports(start: u16, end: u16, scope: TableScope) -> io::Result<HeldPorts> {
    let mut held = HeldPorts::default();
    let states = match scope {
        TableScope::Listening => States::LISTENING,
        TableScope::Bound => States::HELD,
    };
    sock_diag::for_each(start, end, states, |entry| {
        held.insert(entry.address.port(), entry.address.ip());
    })?;
    Ok(held)
}

/// Who has `port`, bound or listening.
pub(crate) fn holders(port: u16) -> Vec<Holder> {
    let entries = sock_diag::dump(port, port, States::HELD).unwrap_or_default();
    processes::holders(port, &entries)
}

/// Who listens where a connection to `address` may go.
pub(crate) fn listener(address: SocketAddr) -> Option<Holder> {
    let mut entries = sock_diag::dump(address.port(), address.port(), States::LISTENING).unwrap_or_default();
    entries.retain(|entry| may_get(entry.address, address));
    processes::holders(address.port(), &entries).into_iter().next()
}

/// Where the processes listen.
pub(crate) fn listeners_of(pids: &[u32]) -> io::Result<ProcessListeners> {
    let mut found = ProcessListeners::default();
    let mut inodes = HashSet::new();
    for &pid in pids {
        match processes::sockets_of(pid)? {
            Sockets::Seen(sockets) => inodes.extend(sockets),
            Sockets::Hidden(holder) => found.hidden = found.hidden.or(Some(*holder)),
        }
    }
    if inodes.is_empty() {
        return Ok(found);
    }
    let entries = sock_diag::dump(1, u16::MAX, States::LISTENING)?;
    let ours = |entry: &Entry| inodes.contains(&entry.inode).then_some(entry.address);
    found.addresses.extend(entries.iter().filter_map(ours));
    found.addresses.sort();
    found.addresses.dedup();
    Ok(found)
}

/// Which sockets may get a connection to `address`.
pub(crate) fn listening_at(address: SocketAddr) -> io::Result<Vec<ListeningSocket>> {
    let mut found = Vec::new();
    sock_diag::for_each(address.port(), address.port(), States::LISTENING, |entry| {
        if may_get(entry.address, address) {
            found.push(ListeningSocket { inode: entry.inode, waiting: entry.waiting });
        }
    })?;
    Ok(found)
}
