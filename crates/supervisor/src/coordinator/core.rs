use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use contract::{ApiError, Cause, ErrorCode, ServiceState};

use super::operation::Operation;
use super::times::{LATE_MIN, first_look};
use super::waiting::{Claim, ClaimPurpose, Instruction, Reserving};
use super::{
    Answerer, Effect, Event, PortAssignment, PortPreferences, ProcessEvent, ProcessRun, RequestId,
    ServiceRuntime, ServiceSpec, Ticket,
};
use crate::lifecycle::{self, Action, PortCheck, RunId};

/// Decides for all services of an instance.
#[derive(Debug)]
pub struct Coordinator {
    pub(super) services: Vec<ServiceRuntime>,
    pub(super) settings: PortPreferences,
    pub(super) operations: Vec<Operation>,
    /// What waits until the move under way is over.
    pub(super) queued: VecDeque<Instruction>,
    /// Ports that are being bound again.
    pub(super) claims: BTreeMap<Ticket, Claim>,
    /// Ports that are being reserved.
    pub(super) reserving: BTreeMap<Ticket, Reserving>,
    /// The services whose port somebody has whose end was asked for.
    pub(super) ending_holders: BTreeMap<RequestId, usize>,
    pub(super) finishing: bool,
    last_ticket: u64,
    pub(super) events: VecDeque<(usize, lifecycle::LifecycleEvent)>,
    effects: Vec<Effect>,
    changed: Vec<bool>,
    pub(super) now: Instant,
}

impl Coordinator {
    /// An instance of which nothing has been started: each service with the port that was reserved for it.
    pub fn new(
        services: impl IntoIterator<Item = (ServiceSpec, Option<PortAssignment>)>,
        settings: PortPreferences,
        now: Instant,
    ) -> Self {
        let services: Vec<ServiceRuntime> =
            services.into_iter().map(|(spec, assignment)| ServiceRuntime::new(spec, assignment)).collect();
        Self {
            changed: vec![true; services.len()],
            services,
            settings,
            operations: Vec::new(),
            queued: VecDeque::new(),
            claims: BTreeMap::new(),
            reserving: BTreeMap::new(),
            ending_holders: BTreeMap::new(),
            finishing: false,
            last_ticket: 0,
            events: VecDeque::new(),
            effects: Vec::new(),
            now,
        }
    }

    /// The services, in the order of the stack file.
    pub fn services(&self) -> &[ServiceRuntime] {
        &self.services
    }

    /// Whether the instance has ended: nothing runs, and everybody who asked is answered.
    pub fn is_finished(&self) -> bool {
        self.finishing
            && self.operations.is_empty()
            && self.services.iter().all(|service| service.machine.is_gone())
    }

    /// When it wants to be told the time again.
    pub fn deadline(&self) -> Option<Instant> {
        let machines = self.services.iter().filter_map(|service| service.machine.deadline());
        machines.chain(self.operations.iter().filter_map(Operation::deadline)).chain(self.next_look()).min()
    }

    /// The services whose row may have changed since the last call.
    pub fn take_changed(&mut self) -> Vec<usize> {
        let changed = self.changed.iter_mut().enumerate();
        changed.filter_map(|(index, changed)| std::mem::take(changed).then_some(index)).collect()
    }

    /// Takes an event in, and says what is to be carried out, in that order.
    pub fn on(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        self.now = now;
        self.take(event);
        self.drain_events();
        std::mem::take(&mut self.effects)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Launch => {
                let launched = self.not_left_out();
                self.events
                    .extend(launched.into_iter().map(|index| (index, lifecycle::LifecycleEvent::Start)));
            }
            Event::Request(id, request) => self.on_command(Instruction::Request(id, request)),
            Event::Apply(id, settings) => self.on_command(Instruction::Apply(id, settings)),
            Event::StopAll => self.stop_all(None),
            Event::KillAll => self.kill_all(),
            Event::Process { service, run, event } => self.on_process_event(service, run, event),
            Event::PortClaimed(ticket, result) => self.port_claimed(ticket, result),
            Event::Reserved(ticket, result) => self.reserved(ticket, result),
            Event::HolderEnded(id, result) => self.holder_ended(id, result),
            Event::Tick { late } => self.tick(late),
        }
    }

    /// The services that a launch, or a restart of all, starts.
    pub(super) fn not_left_out(&self) -> Vec<usize> {
        (0..self.services.len()).filter(|index| !self.services[*index].is_left_out()).collect()
    }

    fn tick(&mut self, late: Duration) {
        for (index, service) in self.services.iter().enumerate() {
            if late >= LATE_MIN {
                self.events.push_back((index, lifecycle::LifecycleEvent::Resumed(late)));
            }
            if service.machine.deadline().is_some_and(|deadline| deadline <= self.now) {
                self.events.push_back((index, lifecycle::LifecycleEvent::Tick));
            }
        }
        self.look_at_listeners();
    }

    fn on_process_event(&mut self, index: usize, run: RunId, event: ProcessEvent) {
        let to_machine = match event {
            ProcessEvent::Spawned => lifecycle::LifecycleEvent::Spawned(run),
            ProcessEvent::SpawnFailed(reason) => return self.spawn_failed(index, run, reason),
            ProcessEvent::ReadyNotified => lifecycle::LifecycleEvent::ReadyNotified(run),
            ProcessEvent::Probed { address, result, late } => {
                return self.probed(index, run, address, result, late);
            }
            ProcessEvent::Inspected(suspension) => {
                self.log_suspension(index, suspension.as_ref());
                lifecycle::LifecycleEvent::Inspected(run, suspension)
            }
            ProcessEvent::ListenersFound(listeners) => return self.listeners_found(index, run, listeners),
            ProcessEvent::LoopbackHeld(taken) => return self.loopback_held(index, run, taken),
            ProcessEvent::ToldPortOpened => return self.told_port_opened(index, run),
            ProcessEvent::Exited(exit) => lifecycle::LifecycleEvent::Exited(run, exit),
            ProcessEvent::TreeEmpty => return self.tree_empty(index, run),
        };
        self.events.push_back((index, to_machine));
    }

    /// Handles everything that is due.
    fn drain_events(&mut self) {
        loop {
            self.run_machines();
            self.check_needs();
            self.refuse_what_is_down();
            let went_on = self.advance_operations();
            self.restart_for_changed_addresses();
            if self.events.is_empty() && !went_on {
                break;
            }
        }
    }

    /// Events one after the other, so that each is judged by what the one before made of the state.
    pub(super) fn run_machines(&mut self) {
        while let Some((index, event)) = self.events.pop_front() {
            self.mark_changed(index);
            for action in self.services[index].machine.on_event(event, self.now) {
                self.on_action(index, action);
            }
        }
    }

    fn on_action(&mut self, index: usize, action: Action) {
        match action {
            Action::Spawn { run, staged } => self.start(index, run, staged),
            Action::Terminate(run) => self.end(index, run, Effect::Terminate(index, run)),
            Action::Kill(run) => self.end(index, run, Effect::Kill(index, run)),
            Action::Probe { run, timeout } => self.probe(index, run, timeout),
            Action::Inspect(run) => self.inspect(index, run),
            Action::Promoted(run) => {
                self.services[index].published = true;
                self.show_where_it_listens(index, run);
            }
            Action::TryPort => self.try_port(index),
            Action::OperationFinished(result) => self.operation_finished(index, result),
        }
    }

    fn end(&mut self, index: usize, run: RunId, effect: Effect) {
        let service = &mut self.services[index];
        if let Some(known) = service.runs.get(&run) {
            if !known.is_empty {
                self.effects.push(effect);
            }
            return;
        }
        service.pending_start.take_if(|pending| pending.run == run);
        // It was never started, or is gone already: then nothing is left of it.
        self.events.push_back((index, lifecycle::LifecycleEvent::Emptied(run, PortCheck::Ours)));
    }

    fn probe(&mut self, index: usize, run: RunId, timeout: Duration) {
        if let Some(address) = self.services[index].runs.get(&run).map(ProcessRun::probe_address) {
            self.push(Effect::Probe { service: index, run, address, timeout });
        }
    }

    fn inspect(&mut self, index: usize, run: RunId) {
        match self.services[index].runs.get(&run).map(ProcessRun::probe_address) {
            Some(address) => self.push(Effect::Inspect { service: index, run, address }),
            // Its start waits for its port.
            None => self.events.push_back((index, lifecycle::LifecycleEvent::Inspected(run, None))),
        }
    }

    fn operation_finished(&mut self, index: usize, result: Result<(), Cause>) {
        let service = &self.services[index];
        let result = result.map_err(|reason| {
            let in_conflict = service.machine.conflict().is_some();
            let code = if in_conflict { ErrorCode::PortTaken } else { ErrorCode::NotHealthy };
            let (label, because) = (service.spec.label.clone(), Box::new(reason));
            ApiError::because(code, Cause::NotHealthy { label, because })
        });
        // A stop is complete when nothing is left, which is seen elsewhere.
        for operation in self.operations.iter_mut().filter(|operation| !operation.is_stop()) {
            operation.complete(index, result.clone());
        }
    }

    // Starts ----------------------------------------------------------------------------------------------------

    /// Starts a process, once its port is held.
    fn start(&mut self, index: usize, run: RunId, staged: bool) {
        let service = &mut self.services[index];
        if service.assignment_for(staged).is_none_or(PortAssignment::is_held) {
            return self.spawn(index, run, staged);
        }
        service.pending_start = Some(super::service::PendingStart { run, staged });
        self.claim(index, staged, ClaimPurpose::Start(run));
    }

    pub(super) fn spawn(&mut self, index: usize, run: RunId, staged: bool) {
        let addresses = self.addresses(index, staged);
        let given = self.addresses_for(index, staged);
        let service = &mut self.services[index];
        let all_told = service.assignment_for(staged).map(PortAssignment::all_told).unwrap_or_default();
        if service.is_told_a_number() {
            service.release(staged);
        }
        let process = ProcessRun {
            started: self.now,
            staged,
            next_look: (!all_told.is_empty()).then(|| self.now + first_look(&service.spec.policy)),
            all_told,
            found: None,
            answered_by: Answerer::Own,
            loopback_taken: None,
            was_up: false,
            given,
            listeners: Vec::new(),
            said_elsewhere: false,
            is_empty: false,
        };
        service.runs.insert(run, process);
        self.push(Effect::Spawn { service: index, run, staged, addresses });
    }

    fn spawn_failed(&mut self, index: usize, run: RunId, reason: Cause) {
        self.services[index].runs.remove(&run);
        self.events.push_back((index, lifecycle::LifecycleEvent::SpawnFailed(run, reason)));
        if self.services[index].machine.is_retiring(run) {
            self.events.push_back((index, lifecycle::LifecycleEvent::Emptied(run, PortCheck::Ours)));
        }
    }

    /// Each service's addresses, of service `own` where it is told to listen.
    fn addresses(&self, own: usize, staged: bool) -> Vec<Vec<SocketAddr>> {
        let addresses = |(index, service): (usize, &ServiceRuntime)| {
            let assignment = service.assignment_for(staged)?;
            Some(if index == own { assignment.all_told() } else { assignment.addresses() })
        };
        self.services.iter().enumerate().map(|service| addresses(service).unwrap_or_default()).collect()
    }

    /// The present addresses of the services on which this one depends.
    fn addresses_for(&self, index: usize, staged: bool) -> Vec<(usize, Vec<SocketAddr>)> {
        let addresses =
            |other: &usize| Some((*other, self.services[*other].assignment_for(staged)?.addresses()));
        self.services[index].spec.depends.iter().filter_map(addresses).collect()
    }

    /// Starts anew every service that runs with an address that has changed, whatever changed it. Each change is
    /// acted upon once.
    fn restart_for_changed_addresses(&mut self) {
        for index in 0..self.services.len() {
            let service = &self.services[index];
            let Some(run) = service.machine.current_run() else { continue };
            if service.machine.is_retiring(run) || service.machine.wanted() == contract::Wanted::Down {
                continue;
            }
            let Some(known) = service.runs.get(&run) else { continue };
            let present = self.addresses_for(index, known.staged);
            let changed = present.iter().find(|address| !known.given.contains(address));
            if let Some(other) = changed.map(|(other, _)| *other)
                && let Some(known) = self.services[index].runs.get_mut(&run)
            {
                known.given = present;
                self.events.push_back((index, lifecycle::LifecycleEvent::AddressChanged(other)));
            }
        }
    }

    // Needs -----------------------------------------------------------------------------------------------------

    /// Services start once all that they need is ready.
    fn check_needs(&mut self) {
        let mut lacking = vec![None; self.services.len()];
        for index in 0..self.services.len() {
            let service = &self.services[index];
            if !service.machine.is_waiting() {
                continue;
            }
            let restarts = |need| self.operations.iter().any(|operation| operation.restarts(need));
            let is_missing = |need: usize| !self.services[need].machine.is_ready() || restarts(need);
            let missing = service.spec.needs.iter().find(|need| is_missing(**need));
            let label = missing.map(|need| self.services[*need].spec.label.clone());
            let lacks = self.what_is_lacking(index, &mut lacking);
            if label.is_none() {
                self.events.push_back((index, lifecycle::LifecycleEvent::NeedsMet));
            } else if service.machine.is_awaited()
                && let Some(reason) = lacks.clone()
            {
                self.events.push_back((index, lifecycle::LifecycleEvent::NeedsLacking(reason)));
            }
            let service = &mut self.services[index];
            if (&service.waits_for, &service.lacks) != (&label, &lacks) {
                (service.waits_for, service.lacks) = (label, lacks);
                self.mark_changed(index);
            }
        }
    }

    /// Why a service that waits will go on waiting until somebody sees to what it needs, if that is so. `known` has the
    /// answer of each service that was asked about before: without it, services that share what they need take a time
    /// that doubles with each of them.
    fn what_is_lacking(&self, index: usize, known: &mut [Option<Option<Cause>>]) -> Option<Cause> {
        if let Some(answer) = &known[index] {
            return answer.clone();
        }
        let answer = self.services[index].spec.needs.iter().find_map(|need| {
            let needed = &self.services[*need];
            let (state, because) = (needed.machine.state(), needed.machine.trouble().map(Box::new));
            if needed.machine.is_ready() {
                None
            } else if needed.machine.is_waiting() {
                self.what_is_lacking(*need, known)
            } else {
                let is_lacking = because.is_some() || state == ServiceState::Stopped;
                let label = needed.spec.label.clone();
                is_lacking.then_some(Cause::Needs { label, state, because })
            }
        });
        known[index] = Some(answer.clone());
        answer
    }

    // ------------------------------------------------------------------------------------------------------------

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn log(&mut self, service: usize, text: impl Into<String>) {
        self.push(Effect::Log { service, text: text.into() });
    }

    pub(super) fn mark_changed(&mut self, index: usize) {
        self.changed[index] = true;
    }

    pub(super) fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }
}
