//! The snapshot: each service's row, made of what the coordinator decided and of what was observed.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use contract::{
    Cause, Health, LastExit, LogLine, LogStream, NamedPort, PortSource, Sample, ServiceSnapshot,
    ServiceState, Snapshot,
};
use jiff::Timestamp;
use stackfile::{PortSpec, ProbeKind, Service, url};
use supervisor::coordinator::{Answerer, AssignedPort, Coordinator, PortAssignment, ServiceRuntime};
use supervisor::lifecycle::{RunId, StateMachine};
use tokio::sync::watch;

use super::addresses::Unknown;
use super::happenings::{ChangedPort, Happenings, History};
use super::samples::Samples;
use super::system::ProcessObservation;
use crate::output::Output;

/// How many of its last lines go with a failure.
const LAST_LINES: usize = 10;
/// Of so many runs it is told where in these lines they begin: more than it has before it fails.
const BEGINS_MAX: usize = 32;

/// The rows of all services, and the snapshot made of them.
pub(crate) struct Rows {
    rows: Vec<Row>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    samples: Arc<Samples>,
}

/// What is shown of one service besides what the coordinator knows.
struct Row {
    service: Service,
    output: Output,
    history: History,
    runs: BTreeMap<RunId, ObservedRun>,
    last_exit: Option<LastExit>,
    /// When it was started, at most the last [`BEGINS_MAX`] times.
    begins: VecDeque<Timestamp>,
    /// Since when its restarts are counted: by the machine's clock, and by the calendar.
    counted_since: Option<(Instant, Timestamp)>,
    /// As it was started last, or where it never was, as the stack file has it.
    command: Vec<String>,
    /// Something of the above changed.
    changed: bool,
    shown: Arc<ServiceSnapshot>,
}

struct ObservedRun {
    pid: u32,
    started_at: Timestamp,
    /// How many of its processes are left, where it takes its time to end.
    remaining: Option<usize>,
}

impl Rows {
    /// The rows of services of which nothing has been started, with the ports that they had and cannot have again.
    pub(crate) fn new(
        instance: String,
        stack: String,
        stack_file: Option<String>,
        services: impl IntoIterator<Item = (String, Service, Output, Vec<ChangedPort>)>,
        happenings: &Arc<Happenings>,
    ) -> Self {
        let row = |(name, service, output, lost): (String, Service, Output, Vec<ChangedPort>)| {
            let history = History::new(name.clone(), service.label.clone(), lost, Arc::clone(happenings));
            Row::new(name, service, output, history)
        };
        let rows: Vec<Row> = services.into_iter().map(row).collect();
        let samples = Arc::new(Samples::new(rows.len()));
        let empty = Snapshot {
            instance,
            stack,
            stack_file,
            pid: std::process::id(),
            revision: 0,
            state: ServiceState::Stopped,
            services: Vec::new(),
        };
        Self { rows, snapshots: watch::Sender::new(Arc::new(empty)), samples }
    }

    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    pub(crate) fn samples(&self) -> Arc<Samples> {
        Arc::clone(&self.samples)
    }

    /// Takes in what was observed of a run. The service's machine has not been told.
    pub(crate) fn observe(
        &mut self,
        index: usize,
        run: RunId,
        observation: &ProcessObservation,
        machine: &StateMachine,
    ) {
        let row = &mut self.rows[index];
        row.changed = true;
        match observation {
            ProcessObservation::Spawned { pid, at, command } => {
                row.command.clone_from(command);
                row.begins.truncate(BEGINS_MAX - 1);
                row.begins.push_front(*at);
                row.runs.insert(run, ObservedRun { pid: *pid, started_at: *at, remaining: None });
            }
            ProcessObservation::Probed { latency, .. } => {
                let latency_us = latency.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
                let service = row.shown.name.clone();
                self.samples.put(index, Sample { service, at: Timestamp::now(), latency_us });
            }
            ProcessObservation::Exited { exit, signal } => {
                // With which code it ended, once it was told to, says nothing.
                let reason = machine.fault_of(run).unwrap_or(&exit.reason);
                row.history.exited(run, exit, machine);
                row.last_exit = Some(LastExit {
                    code: exit.code,
                    signal: signal.clone(),
                    at: Timestamp::now(),
                    reason: reason.to_string(),
                    cause: reason.known().cloned(),
                    last_lines: Vec::new(),
                    run_begins: Vec::new(),
                });
            }
            ProcessObservation::Remaining(count) => {
                if let Some(run) = row.runs.get_mut(&run) {
                    run.remaining = Some(*count);
                }
            }
            ProcessObservation::TreeEmpty => {
                row.runs.remove(&run);
            }
            ProcessObservation::SpawnFailed(_)
            | ProcessObservation::ReadyNotified
            | ProcessObservation::Inspected(_)
            | ProcessObservation::ListenersFound(_)
            | ProcessObservation::LoopbackHeld(_)
            | ProcessObservation::ToldPortOpened
            | ProcessObservation::LeftBehind(_)
            | ProcessObservation::OutputRead => {}
        }
    }

    /// Publishes a snapshot, if there is anything new.
    pub(crate) fn publish(&mut self, coordinator: &mut Coordinator, now: Instant) {
        for index in coordinator.take_changed() {
            self.rows[index].changed = true;
        }
        let before = Arc::clone(&self.snapshots.borrow());
        let mut any = before.services.len() != self.rows.len();
        for (index, (row, service)) in self.rows.iter_mut().zip(coordinator.services()).enumerate() {
            any |= std::mem::take(&mut row.changed) && row.refresh(service, self.samples.newest(index), now);
        }
        if any {
            let services: Vec<_> = self.rows.iter().map(|row| Arc::clone(&row.shown)).collect();
            let state = services.iter().map(|service| state_of_whole(service));
            let state = state.max_by_key(|state| urgency(*state));
            let snapshot = Snapshot {
                instance: before.instance.clone(),
                stack: before.stack.clone(),
                stack_file: before.stack_file.clone(),
                pid: before.pid,
                revision: before.revision + 1,
                state: state.unwrap_or(ServiceState::Stopped),
                services,
            };
            self.snapshots.send_replace(Arc::new(snapshot));
        }
    }
}

impl Row {
    fn new(name: String, service: Service, output: Output, history: History) -> Self {
        let shown = ServiceSnapshot {
            name,
            label: service.label.clone(),
            wanted: contract::Wanted::Down,
            state: ServiceState::Stopped,
            finished: false,
            left_out: false,
            host: String::new(),
            port: None,
            port_source: PortSource::Range,
            port_variable: service.port.as_ref().and_then(|port| port.exported.clone()),
            requested_port: None,
            ports: BTreeMap::new(),
            url: None,
            open_url: None,
            health_url: None,
            pid: None,
            handoff: service.handoff,
            restarts: 0,
            restarts_since: None,
            since: Timestamp::now(),
            started_at: None,
            health: Health { latency_us: None, checked_at: None, last_error: None, cause: None },
            conflict: None,
            served_by: None,
            other_listeners: Vec::new(),
            last_exit: None,
            detail: None,
            cause: None,
            needs: service.needs.clone(),
            command: Vec::new(),
            folder: service.cwd.as_ref().map(|folder| folder.display().to_string()),
            moved_from: None,
        };
        Self {
            command: service.command.iter().map(|part| part.show(&shown.name, &Unknown)).collect(),
            service,
            output,
            history,
            runs: BTreeMap::new(),
            last_exit: None,
            begins: VecDeque::new(),
            counted_since: None,
            changed: true,
            shown: Arc::new(shown),
        }
    }

    /// Tells whether the row is another one than before. One that is not stays shared with the snapshot before.
    /// The numbers of a probe alone are no change.
    fn refresh(&mut self, runtime: &ServiceRuntime, newest: Option<Sample>, now: Instant) -> bool {
        self.history.follow(runtime);
        self.add_last_lines(runtime.machine().state());
        self.count_since(runtime.machine().counted_since());
        let mut fresh = self.fresh(runtime, now);
        let changed = fresh != *self.shown;
        if changed {
            if let Some(sample) = newest {
                (fresh.health.latency_us, fresh.health.checked_at) = (sample.latency_us, Some(sample.at));
            }
            self.shown = Arc::new(fresh);
        }
        changed
    }

    /// A failure shows the last lines that the service printed, and where a run of it begins in them.
    fn add_last_lines(&mut self, state: ServiceState) {
        if state == ServiceState::Failed
            && let Some(exit) = &mut self.last_exit
        {
            let newest = self.output.part(LAST_LINES * 2).into_iter();
            let mut lines: Vec<_> = newest.filter(|line| line.stream != LogStream::Launcher).collect();
            lines.drain(..lines.len().saturating_sub(LAST_LINES));
            let begins =
                |pair: &[LogLine]| self.begins.iter().any(|at| pair[0].at < *at && *at <= pair[1].at);
            let at = lines.windows(2).enumerate().filter(|(_, pair)| begins(pair)).map(|(at, _)| at + 1);
            exit.run_begins = at.collect();
            exit.last_lines = lines.into_iter().map(|line| line.text).collect();
        }
    }

    /// The calendar is asked once, since the two clocks go on at different rates.
    fn count_since(&mut self, since: Option<Instant>) {
        if self.counted_since.map(|(since, _)| since) != since {
            self.counted_since = since.map(|since| (since, Timestamp::now()));
        }
    }

    fn fresh(&self, runtime: &ServiceRuntime, now: Instant) -> ServiceSnapshot {
        let machine = runtime.machine();
        let state = machine.state();
        let run = runtime.shown_run().and_then(|run| self.runs.get(&run));
        let assignment = runtime.shown_assignment();
        let reached = |at: SocketAddr| SocketAddr::new(ports::reachable(at.ip()), at.port());
        let address = assignment.map(|assignment| reached(assignment.address()));
        let web = address.map(|address| url(&address.ip().to_string(), address.port()));
        let open_url = self.service.open.as_ref().zip(web.as_ref()).map(|(path, web)| format!("{web}{path}"));
        let health_url = match &self.service.health.probe {
            ProbeKind::Http(path) => web.as_ref().map(|web| format!("{web}{path}")),
            _ => None,
        };
        let detail = self.detail(runtime, now);
        ServiceSnapshot {
            name: self.shown.name.clone(),
            label: self.shown.label.clone(),
            wanted: machine.wanted(),
            state,
            finished: machine.is_finished(),
            left_out: runtime.is_left_out(),
            host: address.map(|address| address.ip().to_string()).unwrap_or_default(),
            port: address.map(|address| address.port()),
            port_source: assignment.map_or(PortSource::Range, PortAssignment::shown_source),
            port_variable: self.shown.port_variable.clone(),
            requested_port: assignment.and_then(PortAssignment::shown_request),
            moved_from: assignment.and_then(|assignment| Some(assignment.moved_from.as_ref()?.number)),
            ports: assignment.map(|it| self.named_ports(it, runtime.listeners())).unwrap_or_default(),
            url: web,
            open_url,
            health_url,
            pid: run.map(|run| run.pid),
            handoff: self.service.handoff,
            restarts: machine.restarts(),
            restarts_since: self.counted_since.map(|(_, at)| at),
            since: if state == self.shown.state { self.shown.since } else { Timestamp::now() },
            started_at: run.map(|run| run.started_at),
            health: Health {
                latency_us: self.shown.health.latency_us,
                checked_at: self.shown.health.checked_at,
                last_error: machine.last_error().map(Cause::to_string),
                cause: machine.last_error().and_then(Cause::known).cloned(),
            },
            conflict: machine.conflict().cloned(),
            served_by: runtime.served_by().cloned(),
            other_listeners: assignment
                .map(|assignment| others(runtime.listeners(), &assignment.addresses()))
                .unwrap_or_default(),
            last_exit: self.last_exit.clone(),
            detail: detail.as_ref().map(Cause::to_string),
            cause: detail.as_ref().and_then(Cause::known).cloned(),
            needs: self.shown.needs.clone(),
            command: self.command.clone(),
            folder: self.shown.folder.clone(),
        }
    }

    fn named_ports(
        &self,
        assignment: &PortAssignment,
        listeners: &[SocketAddr],
    ) -> BTreeMap<String, NamedPort> {
        let named = self.service.ports.iter().zip(&assignment.named);
        let shown = |((name, spec), port): ((&String, &PortSpec), &AssignedPort)| {
            let port = NamedPort {
                port: port.number,
                port_source: port.source,
                port_variable: spec.exported.clone(),
                requested_port: port.requested,
                held: assignment.is_held(),
                listening: listeners.iter().any(|listener| listener.port() == port.number),
            };
            (name.clone(), port)
        };
        named.map(shown).collect()
    }

    fn detail(&self, runtime: &ServiceRuntime, now: Instant) -> Option<Cause> {
        let machine = runtime.machine();
        match machine.state() {
            _ if runtime.is_left_out() => Some(Cause::LeftOut),
            ServiceState::Starting if machine.is_waiting() => {
                if let Some(Cause::Needs { label, state, because }) = runtime.lacks().cloned() {
                    return Some(Cause::HeldBack { label, state, because });
                }
                runtime.waits_for().map(|label| Cause::WaitingFor { label: label.to_owned() })
            }
            ServiceState::Starting => machine
                .detail(now)
                .or_else(|| machine.last_error().filter(|error| error.is_hindrance()).cloned()),
            ServiceState::Stopping => self.ending(machine.detail(now)),
            _ => machine.detail(now).or_else(|| {
                let answered_by = runtime.answered_by().filter(|_| machine.is_up());
                answered_by.and_then(Answerer::cause).or_else(|| runtime.loopback_taken().cloned())
            }),
        }
    }

    /// Who waits for the end of a service sees how much of it is left.
    fn ending(&self, then: Option<Cause>) -> Option<Cause> {
        let remaining: usize = self.runs.values().filter_map(|run| run.remaining).sum();
        if remaining == 0 {
            return then;
        }
        let count = u32::try_from(remaining).unwrap_or(u32::MAX);
        Some(if then.is_some() { Cause::EndingThenStarting { count } } else { Cause::Ending { count } })
    }
}

/// The listeners that do not get what is sent to the service's own addresses.
fn others(listeners: &[SocketAddr], addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_own = |listener: SocketAddr| {
        let mut own = addresses.iter();
        own.any(|own| ports::may_get(listener, SocketAddr::new(ports::reachable(own.ip()), own.port())))
    };
    listeners.iter().copied().filter(|listener| !is_own(*listener)).collect()
}

/// What a service contributes to the state of the whole.
fn state_of_whole(service: &ServiceSnapshot) -> ServiceState {
    if service.is_well() { ServiceState::Healthy } else { service.state }
}

/// How much a state needs attention.
fn urgency(state: ServiceState) -> u8 {
    match state {
        ServiceState::Healthy | ServiceState::Done => 0,
        ServiceState::Stopped => 1,
        ServiceState::Starting => 2,
        ServiceState::Stopping => 3,
        ServiceState::Backoff => 4,
        ServiceState::Unhealthy => 5,
        ServiceState::Conflict => 6,
        ServiceState::Failed => 7,
    }
}
