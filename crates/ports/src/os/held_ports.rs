//! What holds a port, and where it is in the way of a service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use socket2::Socket;

/// Sockets of ours that are bound to a port where a plain bind failed.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "no table to look it up in"))]
pub(crate) struct BindAttempt<'a> {
    pub(crate) port: u16,
    pub(crate) host: IpAddr,
    pub(crate) sockets: Vec<&'a Socket>,
}

/// Why a plain bind failed although one with SO_REUSEADDR succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the others know of one cause alone"))]
pub(crate) enum BindConflict {
    /// Another socket holds the port at an address that conflicts with ours.
    HeldByOther,
    /// Only connections of a former holder linger (TIME_WAIT).
    Lingering,
    /// Nothing in the table explains it.
    Unexplained,
}

/// Which sockets a table of [`HeldPorts`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableScope {
    /// Those that listen.
    Listening,
    /// Also those that are bound and do not listen, which takes longer to find out.
    Bound,
}

/// Ports that somebody holds, as the system's table had it at one moment.
#[derive(Debug)]
pub(crate) struct HeldPorts {
    /// At an address that conflicts with every service: a bit for each port.
    everywhere: Box<[u64; 1024]>,
    /// At another address.
    elsewhere: Vec<(u16, IpAddr)>,
}

impl Default for HeldPorts {
    fn default() -> Self {
        Self { everywhere: Box::new([0; 1024]), elsewhere: Vec::new() }
    }
}

impl HeldPorts {
    pub(crate) fn insert(&mut self, port: u16, address: IpAddr) {
        if is_browsable(address) {
            self.everywhere[usize::from(port / 64)] |= 1 << (port % 64);
        } else {
            self.elsewhere.push((port, address));
        }
    }

    /// Whether somebody holds `port` in the way of a service at `host`.
    pub(crate) fn contains(&self, port: u16, host: IpAddr) -> bool {
        self.everywhere[usize::from(port / 64)] >> (port % 64) & 1 == 1
            || self.elsewhere.iter().any(|&(held, address)| held == port && conflicts_with(address, host))
    }
}

/// Whether a socket at `address` conflicts with a service at `host`: its port is taken for that service.
pub(crate) fn conflicts_with(address: IpAddr, host: IpAddr) -> bool {
    match host {
        _ if is_browsable(address) || address == host => true,
        IpAddr::V4(host) => host.is_unspecified() && address.is_ipv4(),
        IpAddr::V6(host) => host.is_unspecified(),
    }
}

/// Whether a browser that asks for localhost can be answered by a socket at `address`.
fn is_browsable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_unspecified() || address == Ipv4Addr::LOCALHOST,
        IpAddr::V6(address) => address.is_unspecified() || address == Ipv6Addr::LOCALHOST,
    }
}
