//! Where the services of a stack are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use stackfile::Addresses;

/// The address by which a program on this machine reaches a service that is bound to `host`.
pub(crate) fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// Each service's name and address, in the order of the stack file.
pub(crate) struct AddressTable(pub(crate) Vec<(String, Option<SocketAddr>)>);

impl Addresses for AddressTable {
    fn address(&self, service: &str) -> Option<(String, u16)> {
        let (_, address) = self.0.iter().find(|(name, _)| name == service)?;
        address.map(|address| (reachable(address.ip()).to_string(), address.port()))
    }
}

/// Before any address is known.
pub(crate) struct Unknown;

impl Addresses for Unknown {
    fn address(&self, _service: &str) -> Option<(String, u16)> {
        None
    }
}
