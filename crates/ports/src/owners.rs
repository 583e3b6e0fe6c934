//! Who has a port, and which ports a process has.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use contract::Holder;

use crate::os;

/// The processes that have `port`, listening or bound, at whatever address. A socket that was
/// inherited has several. Of another user's process there is what the system lets us know, and a hint
/// what to run to find out more. Empty where nobody has it.
pub fn holders(port: u16) -> Vec<Holder> {
    os::holders(port)
}

/// The first of the [`holders`] of `port`.
pub fn holder(port: u16) -> Option<Holder> {
    holders(port).into_iter().next()
}

/// The first process that may get a connection to `address`.
pub fn listener(address: SocketAddr) -> Option<Holder> {
    os::listener(address)
}

/// Where processes listen, as far as the system lets us know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessListeners {
    /// The addresses, in ascending order.
    pub addresses: Vec<SocketAddr>,
    /// One of the processes whose sockets are hidden from us: another user's, one with file capabilities or one that
    /// is not dumpable (proc_pid_fd(5)). It may listen anywhere else too.
    pub hidden: Option<Holder>,
}

/// The addresses at which any of the processes `pids` listens. A process that is gone has none.
///
/// # Errors
/// If the system does not give its table of sockets, or we lack what it takes to look (descriptors).
pub fn listeners_of(pids: &[u32]) -> io::Result<ProcessListeners> {
    os::listeners_of(pids)
}

/// A socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListeningSocket {
    /// Its inode number, which tells one socket from another: `/proc/PID/fd` shows it, and `fstat` of the socket. On
    /// other systems than Linux its process id.
    pub inode: u64,
    /// How many connections wait for somebody to accept them; 0 where that is not told, as on Windows.
    pub waiting: u32,
}

/// The sockets that may get a connection to `address`: those that listen there, or at every address.
///
/// # Errors
/// If the system does not give its table of sockets, or has no inode numbers.
pub fn listening_at(address: SocketAddr) -> io::Result<Vec<ListeningSocket>> {
    os::listening_at(address)
}

/// The address by which a program on this machine reaches one that is bound to `host`.
pub fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// Whether a socket that listens at `listener` may get a connection to `address`.
pub fn may_get(listener: SocketAddr, address: SocketAddr) -> bool {
    let at_any = |ip: IpAddr| ip.is_unspecified() && (ip.is_ipv6() || address.is_ipv4());
    listener.port() == address.port() && (listener.ip() == address.ip() || at_any(listener.ip()))
}

/// What gets a connection to `address` where the system lets somebody listen at an address beside who listens at every
/// one: whoever listens at that very address, else at every one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn first_to_get<T>(
    address: SocketAddr,
    listeners: impl IntoIterator<Item = T>,
    at: impl Fn(&T) -> SocketAddr,
) -> Option<T> {
    let may = listeners.into_iter().filter(|listener| may_get(at(listener), address));
    may.min_by_key(|listener| at(listener) != address)
}
