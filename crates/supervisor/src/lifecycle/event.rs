//! What goes into the state machine of a service, and what comes out.

use std::time::{Duration, Instant};

use contract::{Cause, Conflict, Reason};

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

impl Exit {
    /// Why in a word.
    pub fn word(&self) -> Reason {
        if self.code.is_some() { Reason::Exited } else { Reason::Signal }
    }
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
pub enum LifecycleEvent {
    /// It is to run; crashes are counted afresh.
    Start,
    /// It is to run, unless it does, when all that it needs is ready; crashes are counted afresh.
    StartAfterNeeds,
    /// All that it needs is ready.
    NeedsMet,
    /// What it needs will not be ready before somebody sees to it, and why.
    NeedsLacking(Cause),
    /// An address that it was started with has changed: that of the service with this index.
    AddressChanged(usize),
    /// It is to be started anew; crashes are counted afresh.
    Restart,
    /// It is to end, since what it needs is about to, and to be started anew when that is up again.
    RestartAfterNeeds,
    /// It is to be started anew at its staged address, and the old run kept until `Promote`, if it can be.
    Stage(Reason),
    /// The staged run takes over.
    Promote,
    /// The staged run is given up.
    Abandon,
    /// It is to end, at the latest at that time.
    Stop {
        /// What is left by then is killed, though its grace may be longer.
        limit: Option<Instant>,
    },
    /// Every process of it is to go at once.
    Kill,
    /// Its process was started.
    Spawned(RunId),
    /// Its process could not be started.
    SpawnFailed(RunId, Cause),
    /// Its port could not be had just before the start.
    PortMissing(RunId, PortCheck),
    /// It notified that it is ready.
    ReadyNotified(RunId),
    /// It answered its probe.
    Answered(RunId),
    /// It did not answer its probe, and why: that it is suspended is the first of all reasons.
    NotAnswered(RunId, Cause),
    /// What [`Action::Inspect`] found: what the process that should answer is suspended by, if it is.
    Inspected(RunId, Option<Cause>),
    /// What keeps it from answering while it starts.
    Hindered(RunId, Cause),
    /// Somebody else answers on its port while it runs, and who.
    PortLost(RunId, Cause),
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
    /// Start a process.
    Spawn {
        /// The run that it is.
        run: RunId,
        /// It is started with the addresses of the move under way.
        staged: bool,
    },
    /// Ask all its processes to end.
    Terminate(RunId),
    /// End all its processes.
    Kill(RunId),
    /// Probe it.
    Probe {
        /// The run to be probed.
        run: RunId,
        /// How long to wait for an answer.
        timeout: Duration,
    },
    /// Find out whether the process that should answer is suspended.
    Inspect(RunId),
    /// The run is the one that serves from now on.
    Promoted(RunId),
    /// Look whether the port can be had again.
    TryPort,
    /// What was requested is done, or why it is not.
    OperationFinished(Result<(), Cause>),
}
