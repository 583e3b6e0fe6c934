//! Linux: sock_diag for the table of sockets, procfs for processes, open file description locks.

mod diag;
mod lock;
mod procfs;
mod text;

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};

use contract::Holder;
use nix::libc;
use socket2::Socket;

use super::{Depth, Doubt, HeldPorts, matters};
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

/// Why binding `port` plainly failed; `own` is our socket, which holds it too.
pub(crate) fn doubt(port: u16, host: IpAddr, own: &Socket) -> Doubt {
    let Ok(own) = procfs::inode_of(own) else { return Doubt::Somebody };
    let in_the_way =
        |entry: &Entry| entry.is_held() && entry.inode != own && matters(entry.address.ip(), host);
    // Connections and bound sockets take the kernel ten times as long as listeners.
    for states in [States::LISTENING, States::ALL] {
        let Ok(entries) = diag::dump(port, port, states) else { return Doubt::Somebody };
        if entries.iter().any(in_the_way) {
            return Doubt::Somebody;
        }
        if entries.iter().any(|entry| !entry.is_held()) {
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
