use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use contract::{ApiError, Cause, Conflict, Holder, OnConflict, Request};

use super::{AssignedPort, RequestId, Ticket};
use crate::lifecycle::{Exit, RunId};

/// Something that happened to an instance, or that somebody asked for.
#[derive(Debug, Clone)]
pub enum Event {
    /// Every service is to be started.
    Launch,
    /// A request.
    Request(RequestId, Request),
    /// Settings are to be applied without losing a running service.
    Apply(RequestId, PortPreferences),
    /// Everything is to be stopped in order, and the instance to end.
    StopAll,
    /// Everything is to be killed at once, and the instance to end.
    KillAll,
    /// Something about one run.
    Process {
        /// Its service.
        service: usize,
        /// The run.
        run: RunId,
        /// What happened.
        event: ProcessEvent,
    },
    /// What [`Effect::ClaimPort`](super::Effect::ClaimPort) came to.
    PortClaimed(Ticket, Result<(), LostPort>),
    /// What [`Effect::Reserve`](super::Effect::Reserve) came to: each of the wanted ports, in their order, or
    /// none at all.
    Reserved(Ticket, Result<Vec<AssignedPort>, ReserveFailure>),
    /// What [`Effect::EndHolder`](super::Effect::EndHolder) came to.
    HolderEnded(RequestId, Result<(), ApiError>),
    /// Time passed.
    Tick {
        /// How much later than planned it was noticed.
        late: Duration,
    },
}

/// What became known of one run.
#[derive(Debug, Clone)]
pub enum ProcessEvent {
    /// The process was started.
    Spawned,
    /// The process could not be started.
    SpawnFailed(Cause),
    /// It notified that it is ready.
    ReadyNotified,
    /// The answer to its probe.
    Probed {
        /// Where it was probed, if it has a port.
        address: Option<SocketAddr>,
        /// Who answered, or why nobody did.
        result: Result<Answerer, Cause>,
        /// How much later than its time limit the probe ended.
        late: Duration,
    },
    /// What [`Effect::Inspect`](super::Effect::Inspect) found: what its process is suspended by, if it is.
    Inspected(Option<Cause>),
    /// What [`Effect::FindListeners`](super::Effect::FindListeners) found.
    ListenersFound(Listeners),
    /// What [`Effect::HoldLoopback`](super::Effect::HoldLoopback) came to: who listens there, where that is somebody
    /// else.
    LoopbackHeld(Option<(SocketAddr, Holder)>),
    /// The run, which listened elsewhere, listens on its told port.
    ToldPortOpened,
    /// Its leader ended.
    Exited(Exit),
    /// None of its processes is left.
    TreeEmpty,
}

/// What a look at the listeners of a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listeners {
    /// Where its processes listen, a socket that they inherited among them.
    pub addresses: Vec<SocketAddr>,
    /// Which of them answered the service's health check, while nobody listens where it was told to.
    pub answered: Option<SocketAddr>,
    /// Connections wait at the socket that it inherited, and nobody has accepted them.
    pub unaccepted: bool,
    /// One of its processes whose sockets are hidden from us: it may listen anywhere else too.
    pub hidden: Option<Holder>,
}

/// Who answered a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answerer {
    /// A process of the run, or the system does not tell at the moment.
    Own,
    /// It cannot be told, since the sockets of this process of the run are hidden from us. It counts as the run's own.
    Hidden(Holder),
    /// Somebody else.
    Stranger(Holder),
}

impl Answerer {
    /// What there is to say of it while the service is well.
    pub fn cause(&self) -> Option<Cause> {
        match self.clone() {
            Self::Own => None,
            Self::Hidden(holder) => Some(Cause::ListenersHidden { holder: Box::new(holder) }),
            Self::Stranger(holder) => Some(Cause::ServedBy { holder: Box::new(holder) }),
        }
    }
}

/// Why a port cannot be bound again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostPort {
    /// The port, and who has it.
    pub conflict: Conflict,
    /// The same as a sentence.
    pub message: String,
}

/// Why no port was reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveFailure {
    /// For which service none was found.
    pub service: usize,
    /// Why, as a sentence.
    pub message: String,
}

/// What a person chose besides the stack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortPreferences {
    /// Where to look for ports, in place of the stack file's range.
    pub range: Option<RangeInclusive<u16>>,
    /// Ports by the service's name.
    pub fixed: BTreeMap<String, u16>,
    /// What to do about a lost port where the stack file does not say.
    pub on_conflict: OnConflict,
}
