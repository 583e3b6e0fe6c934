use std::net::{IpAddr, SocketAddr};

use contract::PortSource;

/// The ports that a service has. They are held, handed over and let go of together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortAssignment {
    /// The address that they are bound at.
    pub host: IpAddr,
    /// The one by which it is known.
    pub main: AssignedPort,
    /// Those with a name of their own, in the order of the stack file.
    pub named: Vec<AssignedPort>,
    /// Where the newest healthy process listens instead of at the main port, by its own choice.
    pub found: Option<SocketAddr>,
    /// The main port that it had before it was moved by request, or in the last launch.
    pub moved_from: Option<AssignedPort>,
    /// What the launcher has of them.
    pub holding: Holding,
}

/// A reserved port, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedPort {
    /// The port.
    pub number: u16,
    /// How it was found.
    pub source: PortSource,
    /// The port that a person set, where that one could not be had.
    pub requested: Option<u16>,
}

/// What the launcher has of a service's ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// The listening sockets.
    Listening,
    /// Sockets that keep the ports from everybody, and do not listen: who connects is refused.
    Refusing,
    /// The lease alone.
    Released,
    /// The listening sockets of some of them, as far as is known.
    Partly,
}

impl AssignedPort {
    /// A port that is the one that was wanted.
    pub fn new(number: u16, source: PortSource) -> Self {
        Self { number, source, requested: None }
    }

    /// Another port in its place. One that a person set stays known where it is not that one.
    fn replace(&mut self, new: Self) {
        let set = if self.source == PortSource::Set { Some(self.number) } else { self.requested };
        *self = Self { requested: set.filter(|port| *port != new.number), ..new };
    }
}

impl PortAssignment {
    /// Ports whose sockets are held.
    pub fn new(host: IpAddr, main: AssignedPort, named: Vec<AssignedPort>) -> Self {
        Self { host, main, named, found: None, moved_from: None, holding: Holding::Listening }
    }

    /// All of them, the main one first.
    pub fn ports(&self) -> impl Iterator<Item = &AssignedPort> {
        std::iter::once(&self.main).chain(&self.named)
    }

    /// Whether the launcher holds the listening sockets.
    pub fn is_held(&self) -> bool {
        self.holding == Holding::Listening
    }

    /// Where the service is told to listen.
    pub fn told(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.main.number)
    }

    /// Where the service is.
    pub fn address(&self) -> SocketAddr {
        self.found.unwrap_or_else(|| self.told())
    }

    /// Where the service is, and where it is by its named ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.with_named(self.address())
    }

    /// Where the service is told to listen, by all of its ports.
    pub fn all_told(&self) -> Vec<SocketAddr> {
        self.with_named(self.told())
    }

    fn with_named(&self, main: SocketAddr) -> Vec<SocketAddr> {
        let named = self.named.iter().map(|port| SocketAddr::new(self.host, port.number));
        std::iter::once(main).chain(named).collect()
    }

    /// How the service came to where it is.
    pub fn shown_source(&self) -> PortSource {
        if self.found_port().is_some() { PortSource::Found } else { self.main.source }
    }

    /// The port that was asked for, by a person or by the engine, where the service has another one.
    pub fn shown_request(&self) -> Option<u16> {
        self.main.requested.or(self.found_port().map(|_| self.main.number))
    }

    /// The port that it chose by itself.
    fn found_port(&self) -> Option<u16> {
        self.found.map(|found| found.port()).filter(|port| *port != self.main.number)
    }

    /// Its main port is in the place of the one before. One that goes back to where it was is as it was.
    pub(super) fn moved(&mut self, before: Self, by_request: bool) {
        if before.moved_from.is_some() {
            // That the one before was set by a request is no wish for the next.
            self.main.requested = before.main.requested.filter(|port| *port != self.main.number);
        }
        self.moved_from = match before.moved_from {
            Some(origin) if by_request && origin.number == self.main.number => {
                self.main = origin;
                None
            }
            _ => by_request.then_some(before.main),
        };
    }

    /// Which of its ports that is; the main one where it is none.
    pub(super) fn index_of(&self, number: u16) -> usize {
        self.ports().position(|port| port.number == number).unwrap_or(0)
    }

    /// They were bound again, or one of them could not be.
    pub(super) fn claimed(&mut self, all: bool) {
        if all {
            self.holding = Holding::Listening;
        } else if !self.named.is_empty() {
            self.holding = Holding::Partly;
        }
    }

    /// The same with another port, whose socket is held, in the place of the one of this index.
    pub(super) fn with(&self, index: usize, new: AssignedPort) -> Self {
        let mut fresh = self.clone();
        match index.checked_sub(1) {
            Some(named) => fresh.named[named].replace(new),
            None => {
                fresh.main.replace(new);
                fresh.found = None;
            }
        }
        fresh.holding =
            if fresh.named.is_empty() || fresh.is_held() { Holding::Listening } else { Holding::Partly };
        fresh
    }
}
