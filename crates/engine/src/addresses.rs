//! Where the services of a stack are.

use std::net::SocketAddr;

use stackfile::{Addresses, Stack};

/// The addresses of each service, in the order of the stack file; its main one first.
pub(crate) struct AddressTable<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) addresses: Vec<Vec<SocketAddr>>,
}

impl Addresses for AddressTable<'_> {
    fn address(&self, service: &str, port: Option<&str>) -> Option<SocketAddr> {
        let (index, _, described) = self.stack.services.get_full(service)?;
        let port = described.all_ports().position(|(name, _)| name == port)?;
        self.addresses.get(index)?.get(port).copied()
    }
}

/// Before any address is known.
pub(crate) struct Unknown;

impl Addresses for Unknown {
    fn address(&self, _service: &str, _port: Option<&str>) -> Option<SocketAddr> {
        None
    }
}
