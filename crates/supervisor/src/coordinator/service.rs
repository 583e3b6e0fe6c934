use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use contract::{Cause, Holder, OnConflict, Reason, ServiceState, Wanted};

use super::{Answerer, Holding, PortAssignment};
use crate::lifecycle::{Policy, RunId, StateMachine};

/// What a stack file says of one service.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    /// Its key.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// The rules of its life cycle.
    pub policy: Policy,
    /// The services that it needs, by their indices.
    pub needs: Vec<usize>,
    /// The services whose addresses it is started with, by their indices.
    pub depends: Vec<usize>,
    /// A port that was set by hand is kept.
    pub strict: bool,
    /// What to do about a lost port, where the stack file says so.
    pub on_conflict: Option<OnConflict>,
    /// A process that is not its own may listen at its port on its behalf.
    pub any_listener: bool,
    /// A launch leaves it out, until somebody starts it.
    pub left_out: bool,
    /// Its port is set in the environment, which wins over the settings.
    pub set_by_environment: bool,
}

/// One service of an instance.
#[derive(Debug)]
pub struct ServiceRuntime {
    pub(super) spec: ServiceSpec,
    pub(super) machine: StateMachine,
    /// `None` for a service without a port.
    pub(super) assignment: Option<PortAssignment>,
    /// Where it is to be, while a move is under way.
    pub(super) staged: Option<PortAssignment>,
    /// What it got its newest port for.
    pub(super) moved_for: Reason,
    pub(super) runs: BTreeMap<RunId, ProcessRun>,
    /// A start that waits until its port is bound again.
    pub(super) pending_start: Option<PendingStart>,
    /// Whether anybody may have seen its address.
    pub(super) published: bool,
    pub(super) waits_for: Option<String>,
    pub(super) lacks: Option<Cause>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct PendingStart {
    pub(super) run: RunId,
    pub(super) staged: bool,
}

/// A process that was started, and all that it started.
#[derive(Debug)]
pub struct ProcessRun {
    pub(super) started: Instant,
    /// It was started with the addresses of the move under way.
    pub(super) staged: bool,
    /// Where it was told to listen, by its main port and its named ones.
    pub(super) all_told: Vec<SocketAddr>,
    /// Where it listens by its own choice: it answered its check there while the told port was shut.
    pub(super) found: Option<SocketAddr>,
    /// Who answered its newest probe.
    pub(super) answered_by: Answerer,
    /// Who listens at its port at another address of localhost, where that is somebody else.
    pub(super) loopback_taken: Option<Cause>,
    /// It was up when its listeners were looked at last.
    pub(super) was_up: bool,
    /// The addresses of other services that it knows, by their indices.
    pub(super) given: Vec<(usize, Vec<SocketAddr>)>,
    /// Where its processes listen, as was seen last.
    pub(super) listeners: Vec<SocketAddr>,
    /// When its listeners are looked at again; `None` while that is under way.
    pub(super) next_look: Option<Instant>,
    /// It was said that it does not listen where it was told to.
    pub(super) said_elsewhere: bool,
    /// None of its processes is left; what becomes of its port is being found out.
    pub(super) is_empty: bool,
}

impl ServiceRuntime {
    pub(super) fn new(spec: ServiceSpec, assignment: Option<PortAssignment>) -> Self {
        Self {
            machine: StateMachine::new(spec.policy.clone(), spec.needs.is_empty()),
            spec,
            assignment,
            staged: None,
            moved_for: Reason::Request,
            runs: BTreeMap::new(),
            pending_start: None,
            published: false,
            waits_for: None,
            lacks: None,
        }
    }

    /// What the stack file says of it.
    pub fn spec(&self) -> &ServiceSpec {
        &self.spec
    }

    /// Whether it does not run since the launch leaves it out.
    pub fn is_left_out(&self) -> bool {
        self.spec.left_out
            && self.machine.wanted() == Wanted::Down
            && self.machine.state() == ServiceState::Stopped
    }

    /// Its life cycle.
    pub fn machine(&self) -> &StateMachine {
        &self.machine
    }

    /// The run that people see.
    pub fn shown_run(&self) -> Option<RunId> {
        self.machine.current_run().filter(|run| self.runs.contains_key(run))
    }

    /// Where its processes listen, as was seen last.
    pub fn listeners(&self) -> &[SocketAddr] {
        let run = self.shown_run().and_then(|run| self.runs.get(&run));
        run.map_or(&[], |run| run.listeners.as_slice())
    }

    /// Who listens on its behalf, where that is no process of its own.
    pub fn served_by(&self) -> Option<&Holder> {
        match self.answered_by()? {
            Answerer::Stranger(holder) => Some(holder),
            _ => None,
        }
    }

    /// Who answered its newest probe.
    pub fn answered_by(&self) -> Option<&Answerer> {
        Some(&self.runs.get(&self.shown_run()?)?.answered_by)
    }

    /// Who listens at its port at another address of localhost, where that is somebody else.
    pub fn loopback_taken(&self) -> Option<&Cause> {
        self.runs.get(&self.shown_run()?)?.loopback_taken.as_ref()
    }

    /// Where it is, but for a move that is under way.
    pub fn assignment(&self) -> Option<&PortAssignment> {
        self.assignment.as_ref()
    }

    /// What it got its newest port for.
    pub fn moved_for(&self) -> Reason {
        self.moved_for
    }

    /// Where it is, as people see it.
    pub fn shown_assignment(&self) -> Option<&PortAssignment> {
        let run = self.shown_run().and_then(|run| self.runs.get(&run));
        self.assignment_for(run.is_some_and(|run| run.staged))
    }

    /// The label of what it waits for, while it cannot start.
    pub fn waits_for(&self) -> Option<&str> {
        self.waits_for.as_deref()
    }

    /// Why it will go on waiting until somebody sees to what it needs, where that is so.
    pub fn lacks(&self) -> Option<&Cause> {
        self.lacks.as_ref()
    }

    /// Where it is, or with `staged`, where it is to be.
    pub(super) fn assignment_for(&self, staged: bool) -> Option<&PortAssignment> {
        self.staged.as_ref().filter(|_| staged).or(self.assignment.as_ref())
    }

    pub(super) fn assignment_for_mut(&mut self, staged: bool) -> Option<&mut PortAssignment> {
        self.staged.as_mut().filter(|_| staged).or(self.assignment.as_mut())
    }

    /// Its process is about to bind its ports itself. Those that a move leaves as they are are the same sockets
    /// whether they are staged or not.
    pub(super) fn release(&mut self, staged: bool) {
        if let Some(current) = self.assignment.as_mut().filter(|current| !current.named.is_empty()) {
            current.holding = Holding::Partly;
        }
        if let Some(assignment) = self.assignment_for_mut(staged) {
            assignment.holding = Holding::Released;
        }
    }

    pub(super) fn is_told_a_number(&self) -> bool {
        self.spec.policy.number && self.assignment.is_some()
    }

    /// Whether one of its ports is one that a person set and that is to be kept.
    pub(super) fn is_strict(&self, port: usize) -> bool {
        let port = self.assignment.as_ref().and_then(|assignment| assignment.ports().nth(port));
        self.spec.strict && port.is_some_and(|port| port.source == contract::PortSource::Set)
    }
}

impl ProcessRun {
    /// Where it is to be probed.
    pub(super) fn probe_address(&self) -> Option<SocketAddr> {
        self.found.or(self.told())
    }

    /// Where it was told to listen.
    pub(super) fn told(&self) -> Option<SocketAddr> {
        self.all_told.first().copied()
    }

    /// The named ports that it was told.
    pub(super) fn named(&self) -> Vec<u16> {
        self.all_told.iter().skip(1).map(SocketAddr::port).collect()
    }
}
