//! Linux: sock_diag for the table of sockets, procfs for processes, open file description locks.

mod counts;
mod diag;
mod lock;
mod procfs;
mod text;

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;

use contract::Holder;
use nix::libc;
use socket2::Socket;

use super::{Claim, Depth, Doubt, HeldPorts, matters};
use diag::{Entry, States};
pub(crate) use lock::{open_lock_file, try_lock, unlock};

/// A plain bind is exclusive by itself.
pub(crate) fn claim_exclusively(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Whether the kernel was built or started without the address family.
pub(crate) fn lacks_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT))
}

/// Why plain binds failed at the ports of these claims, in one look for all: the table is walked from end to
/// end, whether one port is asked for or a thousand. `bound` of our sockets are bound and do not listen.
pub(crate) fn doubt(claims: &[Claim<'_>], bound: usize) -> Doubt {
    let own: io::Result<Vec<u64>> = claims.iter().map(|claim| procfs::inode_of(claim.socket)).collect();
    let Ok(own) = own else { return Doubt::Somebody };
    let ports = || claims.iter().map(|claim| claim.port);
    let (Some(start), Some(end)) = (ports().min(), ports().max()) else { return Doubt::Unexplained };
    let in_the_way = |entry: &Entry| {
        let hinders =
            |claim: &Claim<'_>| claim.port == entry.address.port() && matters(entry.address.ip(), claim.host);
        entry.is_held() && !own.contains(&entry.inode) && claims.iter().any(hinders)
    };
    // Connections and bound sockets take the kernel ten times as long as listeners.
    for states in [States::LISTENING, States::HELD, States::ALL] {
        let Ok(entries) = diag::dump(start, end, states) else { return Doubt::Somebody };
        if entries.iter().any(in_the_way) {
            return Doubt::Somebody;
        }
        // A kernel that shows our own sockets, which do not listen, would show those of others too.
        let is_shown = |own: &u64| entries.iter().any(|entry| entry.inode == *own);
        let is_left =
            |port: u16| entries.iter().any(|entry| !entry.is_held() && entry.address.port() == port);
        if own.iter().all(is_shown) || ports().all(is_left) {
            return Doubt::Leftover;
        }
        // Nobody listens. Where no socket but ours is outside of the table, nobody else's is bound, which
        // need not be looked up among all connections of the last minute.
        if counts::sockets_outside_the_table() == Some(bound) {
            return Doubt::Leftover;
        }
    }
    Doubt::Unexplained
}

/// The ports of a range that somebody holds.
pub(crate) fn held_ports(start: u16, end: u16, depth: Depth) -> io::Result<HeldPorts> {
    let mut held = HeldPorts::default();
    let states = match depth {
        Depth::Listening => States::LISTENING,
        Depth::Bound => States::HELD,
    };
    diag::for_each(start, end, states, |entry| {
        held.insert(entry.address.port(), entry.address.ip());
    })?;
    Ok(held)
}

/// Who has `port`, bound or listening.
pub(crate) fn holders(port: u16) -> Vec<Holder> {
    let entries = diag::dump(port, port, States::HELD).unwrap_or_default();
    procfs::holders(port, &entries)
}

/// Where the processes listen.
pub(crate) fn listeners_of(pids: &[u32]) -> io::Result<Vec<SocketAddr>> {
    let inodes: HashSet<u64> = pids.iter().flat_map(|&pid| procfs::sockets_of(pid)).collect();
    if inodes.is_empty() {
        return Ok(Vec::new());
    }
    let entries = diag::dump(1, u16::MAX, States::LISTENING)?;
    let ours = |entry: &Entry| inodes.contains(&entry.inode).then_some(entry.address);
    let mut addresses: Vec<_> = entries.iter().filter_map(ours).collect();
    addresses.sort();
    addresses.dedup();
    Ok(addresses)
}

/// Which sockets listen on `port`.
pub(crate) fn listening_inodes(port: u16) -> io::Result<Vec<u64>> {
    Ok(diag::dump(port, port, States::LISTENING)?.iter().map(|entry| entry.inode).collect())
}
