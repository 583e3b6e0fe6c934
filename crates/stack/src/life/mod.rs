//! The life of a service as a pure state machine: an event and the time go in, actions and the next
//! deadline come out. It knows no process, no socket and no clock, so that every case is tested without
//! any of them.
//!
//! A service has at most one *current* run, at most one *successor* (a second process that is to take
//! over), and any number of *retiring* runs whose processes have yet to go. Events carry the run they
//! belong to, so that a late word of an old process cannot touch a new one.

mod ending;
mod policy;
#[cfg(test)]
mod races;
mod requests;
mod starting;
mod state;
#[cfg(test)]
mod tests;
mod time;

use std::time::{Duration, Instant};

use contract::{Cause, Conflict};

pub use policy::Policy;
pub use state::Life;

/// One start of a service, counted from 1 and never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code, where it ended by itself.
    pub code: Option<i32>,
    /// Why ("exited with code 1", "was ended by SIGKILL").
    pub reason: Cause,
}

/// What became of a service's port while it had no process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortCheck {
    /// It is reserved for the service.
    Ours,
    /// Somebody took it, and the service has been given another one.
    Moved,
    /// Somebody took it, and a person is to decide.
    Taken(Conflict),
}

/// Something that happened, or that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is to run; crashes are counted afresh.
    Start,
    /// All that it needs is ready.
    NeedsMet,
    /// What it needs will not be ready before somebody sees to it, and why.
    NeedsLacking(Cause),
    /// An address that it was started with is no longer true.
    Rewire,
    /// It is to be started anew; crashes are counted afresh.
    Restart,
    /// It is to be started anew with other addresses, and the old run kept until `Promote`, if it can
    /// be.
    Prepare,
    /// The prepared run takes over.
    Promote,
    /// The prepared run is given up.
    Abandon,
    /// It is to end, at the latest at that time.
    Stop { limit: Option<Instant> },
    /// Every process of it is to go at once.
    Kill,
    /// Its process was started.
    Spawned(RunId),
    /// Its process could not be started.
    SpawnFailed(RunId, Cause),
    /// Its port could not be had just before the start.
    PortMissing(RunId, PortCheck),
    /// It said by itself that it is ready.
    SaidReady(RunId),
    /// It answered its probe.
    Answered(RunId),
    /// It did not answer its probe, and why.
    NotAnswered(RunId, Cause),
    /// Somebody else answers on its port while it runs.
    PortLost(RunId),
    /// Its leader ended.
    Exited(RunId, Exit),
    /// The last of its processes ended.
    Emptied(RunId, PortCheck),
    /// Whoever had its port let go of it, and it is reserved again.
    PortRegained,
    /// The machine (or this program) slept that long: nobody is to be judged by it.
    Resumed(Duration),
    /// A deadline passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start a process; `prepared` with the addresses that are to come.
    Spawn { run: RunId, prepared: bool },
    /// Ask all its processes to end.
    Terminate(RunId),
    /// End all its processes.
    Kill(RunId),
    /// Probe it, and wait that long for an answer.
    Probe { run: RunId, timeout: Duration },
    /// The run is the one that serves from now on.
    Promoted(RunId),
    /// Look whether the port can be had again.
    TryPort,
    /// What was asked for is done, or why it is not.
    Settled(Result<(), Cause>),
}
