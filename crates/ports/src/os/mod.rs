//! What the operating system knows, behind one interface.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod other;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::*;
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) use other::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// Why a plain bind failed although one with SO_REUSEADDR succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(windows, expect(dead_code, reason = "an exclusive bind leaves no doubt on Windows"))]
pub(crate) enum Doubt {
    /// Somebody holds the port at an address that matters.
    Somebody,
    /// Only connections of a former holder are left.
    Leftover,
    /// Nothing in the table explains it.
    Unexplained,
}

/// Ports that somebody holds, as the system's table had it at one moment.
#[derive(Debug, Default)]
pub(crate) struct HeldPorts {
    /// At an address that matters to every service.
    everywhere: HashSet<u16>,
    /// At another address.
    elsewhere: Vec<(u16, IpAddr)>,
}

impl HeldPorts {
    #[cfg_attr(not(any(target_os = "linux", windows)), expect(dead_code, reason = "no table to read"))]
    pub(crate) fn insert(&mut self, port: u16, address: IpAddr) {
        if is_browsable(address) {
            self.everywhere.insert(port);
        } else {
            self.elsewhere.push((port, address));
        }
    }

    /// Whether somebody holds `port` in the way of a service at `host`.
    pub(crate) fn contains(&self, port: u16, host: IpAddr) -> bool {
        self.everywhere.contains(&port)
            || self.elsewhere.iter().any(|&(held, address)| held == port && matters(address, host))
    }
}

/// Whether a socket at `address` makes its port taken for a service at `host`.
pub(crate) fn matters(address: IpAddr, host: IpAddr) -> bool {
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
