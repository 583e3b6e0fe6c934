//! Where the services of a stack are.

use std::net::SocketAddr;

use stackfile::Addresses;

/// Each service's name and address, in the order of the stack file.
pub(crate) struct AddressTable(pub(crate) Vec<(String, Option<SocketAddr>)>);

impl Addresses for AddressTable {
    fn address(&self, service: &str) -> Option<SocketAddr> {
        self.0.iter().find(|(name, _)| name == service)?.1
    }
}

/// Before any address is known.
pub(crate) struct Unknown;

impl Addresses for Unknown {
    fn address(&self, _service: &str) -> Option<SocketAddr> {
        None
    }
}
