use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use contract::{ApiError, Holder};

use super::{RequestId, Ticket};
use crate::lifecycle::RunId;

/// What is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start a process; comes back as [`ProcessEvent::Spawned`](super::ProcessEvent::Spawned) or `SpawnFailed`. The
    /// socket of a service that is told a number is closed at the last moment.
    Spawn {
        /// The service.
        service: usize,
        /// The run.
        run: RunId,
        /// On its staged port.
        staged: bool,
        /// Each service's addresses, the main one first, its own as it is told; none for one without a port.
        addresses: Vec<Vec<SocketAddr>>,
    },
    /// Ask all processes of a run to end.
    Terminate(usize, RunId),
    /// Kill all processes of a run.
    Kill(usize, RunId),
    /// Probe a run; comes back as [`ProcessEvent::Probed`](super::ProcessEvent::Probed).
    Probe {
        /// The service.
        service: usize,
        /// The run.
        run: RunId,
        /// Where, if it has a port.
        address: Option<SocketAddr>,
        /// How long to wait for an answer.
        timeout: Duration,
    },
    /// Find out whether the process of a run that should answer is suspended; comes back as
    /// [`ProcessEvent::Inspected`](super::ProcessEvent::Inspected).
    Inspect {
        /// The service.
        service: usize,
        /// The run.
        run: RunId,
        /// Where it should answer, if it has a port.
        address: Option<SocketAddr>,
    },
    /// Bind a service's released ports again; comes back as [`Event::PortClaimed`](super::Event::PortClaimed).
    ClaimPort {
        /// What it comes back with.
        ticket: Ticket,
        /// The service.
        service: usize,
        /// Its staged ports, or those that it has.
        staged: bool,
        /// The ports.
        ports: Vec<u16>,
    },
    /// Close the sockets of a service that is down, and keep the leases.
    ReleasePort(usize),
    /// Keep the ports of a service that is down from everybody, and refuse who connects.
    RefuseConnections(usize),
    /// Reserve ports, all or none; comes back as [`Event::Reserved`](super::Event::Reserved).
    Reserve {
        /// What it comes back with.
        ticket: Ticket,
        /// Which.
        wanted: Vec<PortWanted>,
        /// Ports that are not to be given.
        except: Vec<u16>,
    },
    /// Give a service the port that was reserved for it.
    Assign {
        /// What it was reserved with.
        ticket: Ticket,
        /// The service.
        service: usize,
        /// In the place of which of its ports: 0 is the main one.
        port: usize,
        /// Beside the ports that it has. What does not change is the same in both.
        staged: bool,
    },
    /// Give up what was reserved, since nobody wants it any longer.
    GiveUp(Ticket),
    /// The staged ports take the place of those that the service has, which are given up.
    CommitStaged(usize),
    /// Give up the staged ports.
    DropStaged(usize),
    /// Find out where the processes of a run listen, and where they do not listen as they were told, which of these
    /// addresses answers the service's check; comes back as
    /// [`ProcessEvent::ListenersFound`](super::ProcessEvent::ListenersFound).
    FindListeners {
        /// The service.
        service: usize,
        /// The run.
        run: RunId,
        /// Where it was told to listen.
        told: SocketAddr,
        /// The named ports that it was told, which are never taken for that.
        named: Vec<u16>,
        /// Which of them are asked.
        search: Search,
        /// How long each of them may take to answer.
        timeout: Duration,
    },
    /// Tell when a run that listens elsewhere listens on its told port:
    /// [`ProcessEvent::ToldPortOpened`](super::ProcessEvent::ToldPortOpened).
    WatchToldPort {
        /// The service.
        service: usize,
        /// The run.
        run: RunId,
        /// Where it was told to listen.
        told: SocketAddr,
        /// Where it listens meanwhile.
        found: SocketAddr,
    },
    /// Bind the port of a run at the addresses of localhost at which nobody listens, and find out whether somebody
    /// else does; comes back as [`ProcessEvent::LoopbackHeld`](super::ProcessEvent::LoopbackHeld).
    HoldLoopback {
        /// The service.
        service: usize,
        /// The run.
        run: RunId,
        /// On its staged port.
        staged: bool,
        /// Where the run listens.
        served: IpAddr,
    },
    /// End the process that has a port, if it is still that process and the user's own; comes back as
    /// [`Event::HolderEnded`](super::Event::HolderEnded).
    EndHolder {
        /// What it comes back with.
        request: RequestId,
        /// The port.
        port: u16,
        /// The process.
        holder: Holder,
    },
    /// Write a line of the launcher's into the service's log.
    Log {
        /// The service.
        service: usize,
        /// The line.
        text: String,
    },
    /// Answer a request.
    Reply(RequestId, Result<(), ApiError>),
}

/// Which listeners of a run may be the service, while nobody listens where it was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// None.
    Nowhere,
    /// Those on the told port, at another address.
    ToldPort,
    /// Those, and where the check is one over HTTP, which proves who answers, those on every port.
    Anywhere,
}

/// A port that is to be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortWanted {
    /// For which service.
    pub service: usize,
    /// In the place of which of its ports: 0 is the main one.
    pub port: usize,
    /// The address that it is to be bound at.
    pub host: IpAddr,
    /// Which port.
    pub whereabouts: Whereabouts,
}

/// Which port is to be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// The first free one of this range or of the stack's, else of the service's own, else any.
    Free(Option<RangeInclusive<u16>>),
    /// That one.
    Exactly(u16),
}
