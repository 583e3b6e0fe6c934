use std::net::{IpAddr, SocketAddr};

use contract::PortSource;

/// The port that a service has, and how it came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortAssignment {
    /// The address that it is bound at.
    pub host: IpAddr,
    /// The reserved port.
    pub port: u16,
    /// How it was found.
    pub source: PortSource,
    /// The port that a person set, where that one could not be had.
    pub requested: Option<u16>,
    /// Where the newest healthy process listens instead, by its own choice.
    pub found: Option<SocketAddr>,
    /// What the launcher has of it.
    pub holding: Holding,
}

/// What the launcher has of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// The listening socket.
    Listening,
    /// A socket that keeps the port from everybody, and does not listen: who connects is refused.
    Refusing,
    /// The lease alone.
    Released,
}

impl PortAssignment {
    /// A port whose socket is held.
    pub fn new(host: IpAddr, port: u16, source: PortSource) -> Self {
        Self { host, port, source, requested: None, found: None, holding: Holding::Listening }
    }

    /// Whether the launcher holds the listening socket.
    pub fn is_held(&self) -> bool {
        self.holding == Holding::Listening
    }

    /// Where the service is told to listen.
    pub fn told(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// Where the service is.
    pub fn address(&self) -> SocketAddr {
        self.found.unwrap_or_else(|| self.told())
    }

    /// How the service came to where it is.
    pub fn shown_source(&self) -> PortSource {
        if self.found_port().is_some() { PortSource::Found } else { self.source }
    }

    /// The port that was asked for, by a person or by the engine, where the service has another one.
    pub fn shown_request(&self) -> Option<u16> {
        self.requested.or(self.found_port().map(|_| self.port))
    }

    /// The port that it chose by itself.
    fn found_port(&self) -> Option<u16> {
        self.found.map(|found| found.port()).filter(|port| *port != self.port)
    }
}
