//! Which ports are free at this moment, without keeping them.

use std::net::{IpAddr, Ipv4Addr};

use crate::allocator::Scan;
use crate::bind_check;
use crate::error::RangeFull;
use crate::lease::Leases;

/// Whether nobody has `port` at `host` or at any address by which a browser on this machine could
/// reach it, and this user may bind it. Port 0 never is.
pub fn is_port_free(port: u16, host: IpAddr) -> bool {
    bind_check::prove(port, host.to_canonical(), false).is_ok()
}

/// The lowest free port from `start_port` to `max_port`, both included, that browsers open.
///
/// The port is not kept: use [`Allocator`](crate::Allocator) where nobody else may take it.
///
/// # Errors
/// If there is none.
pub fn get_free_port(start_port: u16, max_port: u16) -> Result<u16, RangeFull> {
    Ok(get_multiple_free_ports(1, start_port, max_port)?[0])
}

/// The `count` lowest free ports from `start_port` to `max_port`, both included, in one pass.
///
/// The ports are not kept: use [`Allocator`](crate::Allocator) where nobody else may take them.
///
/// # Errors
/// If there are not as many; never fewer than asked without an error.
pub fn get_multiple_free_ports(count: usize, start_port: u16, max_port: u16) -> Result<Vec<u16>, RangeFull> {
    let leases = Leases::none();
    let mut scan = Scan::new(&leases, (start_port, max_port), &[]);
    let mut ports = Vec::new();
    while ports.len() < count {
        match scan.next_free(LOCALHOST.into()) {
            Some((_, lease)) => ports.push(lease.port()),
            None => return Err(scan.into_error(count, ports.len())),
        }
    }
    Ok(ports)
}

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
