//! What happened to one service, told from what the coordinator decided and from what was observed.

use std::sync::Arc;

use contract::{Cause, Conflict, Happening, HappeningKind, Reason, ServiceState};
use supervisor::coordinator::{PortAssignment, ServiceRuntime};
use supervisor::lifecycle::{Exit, RunId, StateMachine, Why};

use super::Happenings;

/// A port that a service had when it last ran, and cannot have this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedPort {
    pub(crate) from: u16,
    pub(crate) to: u16,
    /// Why, as far as is known.
    pub(crate) cause: Option<Cause>,
}

/// What was told of a service so far.
pub(crate) struct History {
    service: String,
    label: String,
    happenings: Arc<Happenings>,
    state: ServiceState,
    /// The newest run that was told.
    run: Option<RunId>,
    /// A new run is a restart.
    is_begun: bool,
    ports: Vec<u16>,
    /// What is still to be told of its launch.
    lost: Vec<ChangedPort>,
}

impl History {
    pub(crate) fn new(
        service: String,
        label: String,
        lost: Vec<ChangedPort>,
        happenings: Arc<Happenings>,
    ) -> Self {
        let (state, run) = (ServiceState::Stopped, None);
        Self { service, label, happenings, state, run, is_begun: false, ports: Vec::new(), lost }
    }

    /// The process of a run has ended. The machine has not been told.
    pub(crate) fn exited(&self, run: RunId, exit: &Exit, machine: &StateMachine) {
        if machine.current_run() == Some(run) && !machine.is_retiring(run) {
            self.tell(HappeningKind::Exited, Some(exit.word()), Some(exit.reason.clone()));
        }
    }

    /// Tells what has become of it since the last call.
    pub(crate) fn follow(&mut self, runtime: &ServiceRuntime) {
        let (machine, why) = (runtime.machine(), runtime.machine().why());
        self.follow_ports(runtime);
        self.follow_runs(runtime, why);
        let state = machine.state();
        if std::mem::replace(&mut self.state, state) == state {
            return;
        }
        match state {
            ServiceState::Healthy => self.tell(HappeningKind::Healthy, None, None),
            ServiceState::Unhealthy => {
                // Without one, it answers, and knows an address that has changed.
                if let Some(error) = machine.last_error() {
                    self.tell(HappeningKind::Unhealthy, Some(Reason::Unhealthy), Some(error.clone()));
                }
            }
            ServiceState::Conflict => {
                if let Some(conflict) = machine.conflict() {
                    self.tell_conflict(conflict);
                }
            }
            ServiceState::Failed => self.tell(HappeningKind::Failed, why.reason, machine.failure()),
            ServiceState::Stopped if !machine.is_finished() => {
                self.is_begun = false;
                self.tell(HappeningKind::Stopped, Some(Reason::Request), None);
            }
            _ => {}
        }
    }

    fn follow_runs(&mut self, runtime: &ServiceRuntime, why: &Why) {
        let run = runtime.shown_run().filter(|run| !runtime.machine().is_retiring(*run));
        if run.is_none() || self.run == run {
            return;
        }
        self.run = run;
        if std::mem::replace(&mut self.is_begun, true) {
            self.tell(HappeningKind::Restarted, why.reason, why.cause.clone());
        } else {
            self.tell(HappeningKind::Started, None, None);
        }
    }

    /// A port that the service chose by itself is none that it moved to.
    fn follow_ports(&mut self, runtime: &ServiceRuntime) {
        for ChangedPort { from, to, cause } in std::mem::take(&mut self.lost) {
            let moved = self.now(HappeningKind::Moved, Some(Reason::Address), cause);
            self.happenings.tell(Happening { from: Some(from), to: Some(to), ..moved });
        }
        let ports = runtime.assignment().into_iter().flat_map(PortAssignment::ports);
        let ports: Vec<u16> = ports.map(|port| port.number).collect();
        let before = std::mem::replace(&mut self.ports, ports);
        for (from, to) in before.iter().zip(&self.ports).filter(|(from, to)| from != to) {
            let moved = self.now(HappeningKind::Moved, Some(runtime.moved_for()), None);
            self.happenings.tell(Happening { from: Some(*from), to: Some(*to), ..moved });
        }
    }

    fn tell_conflict(&mut self, Conflict { port, holder }: &Conflict) {
        self.is_begun = false;
        let cause = Cause::PortTaken { port: *port, holder: Box::new(holder.clone()) };
        let conflict = self.now(HappeningKind::Conflict, Some(Reason::Address), Some(cause));
        self.happenings.tell(Happening { holder: Some(holder.clone()), ..conflict });
    }

    fn now(&self, kind: HappeningKind, reason: Option<Reason>, cause: Option<Cause>) -> Happening {
        let (service, label) = (Some(self.service.clone()), Some(self.label.clone()));
        Happening { service, label, reason, cause, ..Happening::now(kind) }
    }

    fn tell(&self, kind: HappeningKind, reason: Option<Reason>, cause: Option<Cause>) {
        self.happenings.tell(self.now(kind, reason, cause));
    }
}
