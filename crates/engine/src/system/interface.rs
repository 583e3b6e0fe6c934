use std::net::SocketAddr;
use std::time::Duration;

use contract::{ApiError, Cause, Holder};
use jiff::Timestamp;
use proctree::ProcessTree;
use supervisor::coordinator::{
    Answerer, AssignedPort, Effect, Event, Listeners, LostPort, ProcessEvent, RequestId, ReserveFailure,
    Ticket,
};
use supervisor::lifecycle::{Exit, RunId};

/// Carries out what the coordinator decides.
pub(crate) trait System {
    /// Carries an effect out. Returns what it came to, where that is known at once; whatever is known later comes
    /// through the channel that the system was made with.
    fn carry_out(&mut self, effect: Effect) -> Option<Observation>;

    /// The process trees of a service.
    fn trees(&self, service: usize) -> Vec<ProcessTree>;

    /// Nothing is left of a run.
    fn run_ended(&mut self, service: usize, run: RunId);

    /// Nothing is left of the instance.
    fn instance_ended(&mut self);
}

/// What became known.
#[derive(Debug)]
pub(crate) enum Observation {
    /// Of one run.
    Process(usize, RunId, ProcessObservation),
    /// Of a port that was to be bound again.
    PortClaimed(Ticket, Result<(), LostPort>),
    /// Of ports that were to be reserved.
    Reserved(Ticket, Result<Vec<AssignedPort>, ReserveFailure>),
    /// Of a process that had a port and was to be ended.
    HolderEnded(RequestId, Result<(), ApiError>),
}

#[derive(Debug)]
pub(crate) enum ProcessObservation {
    Spawned {
        pid: u32,
        at: Timestamp,
        command: Vec<String>,
    },
    SpawnFailed(Cause),
    ReadyNotified,
    /// `late` is how much later the time limit was noticed than it passed.
    Probed {
        address: Option<SocketAddr>,
        result: Result<Answerer, Cause>,
        latency: Option<Duration>,
        late: Duration,
    },
    Inspected(Option<Cause>),
    ListenersFound(Listeners),
    LoopbackHeld(Option<(SocketAddr, Holder)>),
    ToldPortOpened,
    /// Its leader ended, by that signal if by one.
    Exited {
        exit: Exit,
        signal: Option<String>,
    },
    /// What it printed before its end has been read.
    OutputRead,
    /// So many of its processes are left, some time after they were asked to end.
    Remaining(usize),
    /// These of its processes were killed and could not be ended. Nobody waits for them any more.
    LeftBehind(Vec<Cause>),
    TreeEmpty,
}

impl Observation {
    /// What the coordinator has to know of it.
    pub(crate) fn into_event(self) -> Option<Event> {
        let (service, run, observation) = match self {
            Self::Process(service, run, observation) => (service, run, observation),
            Self::PortClaimed(ticket, result) => return Some(Event::PortClaimed(ticket, result)),
            Self::Reserved(ticket, result) => return Some(Event::Reserved(ticket, result)),
            Self::HolderEnded(request, result) => return Some(Event::HolderEnded(request, result)),
        };
        let event = match observation {
            ProcessObservation::Spawned { .. } => ProcessEvent::Spawned,
            ProcessObservation::SpawnFailed(cause) => ProcessEvent::SpawnFailed(cause),
            ProcessObservation::ReadyNotified => ProcessEvent::ReadyNotified,
            ProcessObservation::Probed { address, result, late, .. } => {
                ProcessEvent::Probed { address, result, late }
            }
            ProcessObservation::Inspected(suspension) => ProcessEvent::Inspected(suspension),
            ProcessObservation::ListenersFound(listeners) => ProcessEvent::ListenersFound(listeners),
            ProcessObservation::LoopbackHeld(taken) => ProcessEvent::LoopbackHeld(taken),
            ProcessObservation::ToldPortOpened => ProcessEvent::ToldPortOpened,
            ProcessObservation::Exited { exit, .. } => ProcessEvent::Exited(exit),
            ProcessObservation::TreeEmpty => ProcessEvent::TreeEmpty,
            ProcessObservation::OutputRead
            | ProcessObservation::Remaining(_)
            | ProcessObservation::LeftBehind(_) => return None,
        };
        Some(Event::Process { service, run, event })
    }
}
