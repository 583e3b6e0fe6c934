//! What people ask for: restart, move, stop, settings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use contract::{ApiError, Cause, Conflict, ErrorCode, Holder, Reason, Request, ServiceState, Target, Wanted};

use super::operation::{Kind, Operation};
use super::port_conflicts::Replacement;
use super::{
    AssignedPort, Coordinator, Effect, PortWanted, RequestId, ReserveFailure, ServiceRuntime, Settings,
    Ticket, Whereabouts,
};
use crate::lifecycle::Event;

/// What a person asked for.
#[derive(Debug)]
pub(super) enum Command {
    Request(RequestId, Request),
    Apply(RequestId, Settings),
}

/// What ports are being reserved for.
#[derive(Debug)]
pub(super) enum Reserving {
    /// A lost port.
    Replacement(Replacement),
    /// A move that begins once they are there.
    Move(PendingMove),
}

#[derive(Debug)]
pub(super) struct PendingMove {
    request: RequestId,
    wanted: Vec<PortWanted>,
    /// A service that has failed is tried at its new port only if it was asked for by name: a broken service must
    /// not keep the others from being moved.
    by_name: bool,
    /// The settings that come into force with it.
    settings: Option<Settings>,
}

impl Coordinator {
    pub(super) fn on_command(&mut self, command: Command) {
        let stops = matches!(command, Command::Request(_, Request::Stop(_) | Request::StopServices {}));
        match command {
            Command::Request(id, _) | Command::Apply(id, _) if self.finishing => {
                self.reply(id, Err(stopping()))
            }
            // A move touches several services at once, and nothing else but a stop may change them meanwhile.
            command if !stops && self.is_moving() => self.queued.push_back(command),
            Command::Request(id, request) => {
                if let Err(error) = self.begin(id, request) {
                    self.reply(id, Err(error));
                }
            }
            Command::Apply(id, settings) => {
                let wanted = self.wanted_by_settings(&settings);
                self.reserve_and_move(PendingMove {
                    request: id,
                    wanted,
                    by_name: false,
                    settings: Some(settings),
                });
            }
        }
    }

    /// Begins what is answered when it is done; else why it is not begun.
    fn begin(&mut self, id: RequestId, request: Request) -> Result<(), ApiError> {
        match request {
            Request::Stop(Target { service: None }) => self.stop_all(Some(id)),
            Request::Stop(target) => self.stop(self.services_of(&target)?, id),
            Request::StopServices {} => self.stop((0..self.services.len()).collect(), id),
            Request::Start(target) => self.start_services(self.to_be_started(&target)?, id),
            Request::Restart(Target { service: None }) => self.restart(self.not_left_out(), id),
            Request::Restart(target) => self.restart(self.services_of(&target)?, id),
            Request::Reallocate(target) => {
                let wanted = self.wanted_elsewhere(&target)?;
                let by_name = target.service.is_some();
                self.reserve_and_move(PendingMove { request: id, wanted, by_name, settings: None });
            }
            Request::MoveTo { service, port } => {
                let wanted = self.wanted_at(&Target::service(service), port)?;
                self.reserve_and_move(PendingMove { request: id, wanted, by_name: true, settings: None });
            }
            Request::EndHolder { service, port, pid, started } => {
                let (service, holder) = self.holder(&service, port, (pid, started))?;
                self.ending_holders.insert(id, service);
                self.push(Effect::EndHolder { request: id, port, holder });
            }
        }
        Ok(())
    }

    fn is_moving(&self) -> bool {
        self.operations.iter().any(Operation::is_move)
            || self.reserving.values().any(|purpose| matches!(purpose, Reserving::Move(_)))
    }

    fn services_of(&self, target: &Target) -> Result<Vec<usize>, ApiError> {
        match &target.service {
            Some(name) => Ok(vec![self.index_of(name)?]),
            None => Ok((0..self.services.len()).collect()),
        }
    }

    fn index_of(&self, name: &str) -> Result<usize, ApiError> {
        let names = self.services.iter().map(|service| service.spec.name.as_str());
        let index = names.clone().position(|other| other == name);
        index.ok_or_else(|| ApiError::unknown_service(name, names))
    }

    fn reply(&mut self, id: RequestId, result: Result<(), ApiError>) {
        self.push(Effect::Reply(id, result));
    }

    // Start -----------------------------------------------------------------------------------------------------

    /// The service that is named unless it is up, and what it needs of what does not run by itself; or all of that.
    fn to_be_started(&self, target: &Target) -> Result<BTreeSet<usize>, ApiError> {
        let named = self.services_of(target)?;
        let mut meant = if target.service.is_some() { named.clone() } else { self.not_left_out() };
        let mut next = 0;
        while let Some(index) = meant.get(next) {
            let needs = self.services[*index].spec.needs.iter().copied();
            let more: Vec<usize> = needs.filter(|need| !meant.contains(need)).collect();
            meant.extend(more);
            next += 1;
        }
        let is_down = |index: &usize| {
            let machine = &self.services[*index].machine;
            match machine.state() {
                _ if target.service.is_some() && named.contains(index) => !machine.is_up(),
                ServiceState::Failed => true,
                _ => machine.wanted() == Wanted::Down,
            }
        };
        let stops = |index: &usize| self.operations.iter().any(|operation| operation.stops(*index));
        Ok(meant.into_iter().filter(|index| is_down(index) || stops(index)).collect())
    }

    fn start_services(&mut self, services: BTreeSet<usize>, id: RequestId) {
        self.supersede_stops(&services, "a start was asked for meanwhile");
        self.operations.push(Operation::new(Kind::Start, services, Some(id)));
    }

    /// A start takes the place of a stop that has not ended yet.
    fn supersede_stops<'a>(&mut self, services: impl IntoIterator<Item = &'a usize> + Copy, why: &str) {
        for operation in self.operations.iter_mut().filter(|operation| operation.is_stop()) {
            for index in services {
                operation.supersede(*index, || ApiError::new(ErrorCode::Superseded, why));
            }
        }
    }

    // Restart ---------------------------------------------------------------------------------------------------

    fn restart(&mut self, services: Vec<usize>, id: RequestId) {
        self.supersede_stops(&services, "a restart was asked for meanwhile");
        let end_first = self.end_first(&services);
        self.operations.push(Operation::new(Kind::Restart { end_first }, services, Some(id)));
    }

    /// Those that need, by others or not, one that goes down while it restarts: nothing runs without what it needs.
    fn end_first(&self, services: &[usize]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        loop {
            let goes_down = |need: &usize| {
                services.contains(need) && (!self.services[*need].spec.policy.overlap || found.contains(need))
            };
            let needs = |index: &usize| self.services[*index].spec.needs.iter().any(goes_down);
            let more: Vec<usize> =
                services.iter().copied().filter(|index| !found.contains(index) && needs(index)).collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }

    // Stop ------------------------------------------------------------------------------------------------------

    fn stop(&mut self, services: Vec<usize>, id: RequestId) {
        let limit = self.limit(&services);
        // A stop wins over what was still to come of an earlier request.
        for operation in &mut self.operations {
            for index in &services {
                operation.cancel_pending(*index);
            }
        }
        for command in std::mem::take(&mut self.queued) {
            match &command {
                Command::Request(id, request) if self.would_start_some_of(request, &services) => {
                    let error = ApiError::new(ErrorCode::Superseded, "a stop was asked for meanwhile");
                    self.reply(*id, Err(error));
                }
                _ => self.queued.push_back(command),
            }
        }
        self.operations.push(Operation::new(Kind::Stop { limit }, services, Some(id)));
    }

    /// Whether all that a request is about is among these services, and it would start them again.
    fn would_start_some_of(&self, request: &Request, services: &[usize]) -> bool {
        match request {
            Request::Start(target) | Request::Restart(target) => self
                .services_of(target)
                .is_ok_and(|started| started.iter().all(|index| services.contains(index))),
            _ => false,
        }
    }

    /// The longest grace among them: all of them together take no longer.
    fn limit(&self, services: &[usize]) -> Instant {
        let longest = services.iter().map(|index| self.services[*index].spec.policy.stop_grace).max();
        self.now + longest.unwrap_or(Duration::ZERO)
    }

    pub(super) fn stop_all(&mut self, id: Option<RequestId>) {
        if self.finishing && id.is_none() {
            return;
        }
        self.finishing = true;
        self.give_up_operations();
        let all: Vec<usize> = (0..self.services.len()).collect();
        let limit = self.limit(&all);
        self.operations.push(Operation::new(Kind::Stop { limit }, all, id));
    }

    pub(super) fn kill_all(&mut self) {
        self.finishing = true;
        self.give_up_operations();
        let limit = Some(self.now);
        for index in 0..self.services.len() {
            self.events.push_back((index, Event::Stop { limit }));
            self.events.push_back((index, Event::Kill));
        }
    }

    fn give_up_operations(&mut self) {
        for mut operation in std::mem::take(&mut self.operations) {
            if !operation.is_stop() {
                operation.error = Some(stopping());
            }
            self.answer(&mut operation);
        }
        let (moves, others) = std::mem::take(&mut self.reserving)
            .into_iter()
            .partition(|(_, purpose)| matches!(purpose, Reserving::Move(_)));
        self.reserving = others;
        let moves: BTreeMap<Ticket, Reserving> = moves;
        let moving = moves.into_values().filter_map(|purpose| match purpose {
            Reserving::Move(pending) => Some(pending.request),
            Reserving::Replacement(_) => None,
        });
        let queued = self.queued.drain(..).map(|command| match command {
            Command::Request(id, _) | Command::Apply(id, _) => id,
        });
        let ending = std::mem::take(&mut self.ending_holders).into_keys();
        let waiting: Vec<RequestId> = moving.chain(queued).chain(ending).collect();
        for id in waiting {
            self.reply(id, Err(stopping()));
        }
    }

    // Move ------------------------------------------------------------------------------------------------------

    /// That port for a service, in the place of the one that is in conflict, else of the main one. Nothing where it
    /// has it.
    fn wanted_at(&self, target: &Target, port: u16) -> Result<Vec<PortWanted>, ApiError> {
        let mut wanted = self.wanted_elsewhere(target)?;
        let position = |service: &ServiceRuntime| {
            service.assignment.as_ref()?.ports().position(|other| other.number == port)
        };
        let mut services = self.services.iter();
        let Some((service, position)) = services.find_map(|service| Some((service, position(service)?)))
        else {
            wanted.iter_mut().for_each(|wanted| wanted.whereabouts = Whereabouts::Exactly(port));
            return Ok(wanted);
        };
        if let Some(Conflict { holder, .. }) = service.machine.conflict().filter(|lost| lost.port == port) {
            let cause = Cause::PortTaken { port, holder: Box::new(holder.clone()) };
            return Err(ApiError::because(ErrorCode::PortTaken, cause));
        }
        if target.service.as_ref() == Some(&service.spec.name) && wanted[0].port == position {
            return Ok(Vec::new());
        }
        let label = service.spec.label.clone();
        Err(ApiError::because(ErrorCode::PortTaken, Cause::PortOf { port, label }))
    }

    /// The service, and who has its port in conflict, if that is this process.
    fn holder(
        &self,
        service: &str,
        port: u16,
        (pid, started): (u32, u64),
    ) -> Result<(usize, Holder), ApiError> {
        let index = self.index_of(service)?;
        let ServiceRuntime { spec, machine, .. } = &self.services[index];
        let Some(conflict) = machine.conflict().filter(|conflict| conflict.port == port) else {
            let cause = Cause::NotInConflict { label: spec.label.clone(), port };
            return Err(ApiError::because(ErrorCode::BadRequest, cause));
        };
        let holder = &conflict.holder;
        if (holder.pid, holder.started) != (Some(pid), Some(started)) {
            let cause = Cause::OtherHolder { port, holder: Box::new(holder.clone()) };
            return Err(ApiError::because(ErrorCode::PortTaken, cause));
        }
        Ok((index, holder.clone()))
    }

    /// A process that had a port has ended, or why it has not.
    pub(super) fn holder_ended(&mut self, id: RequestId, result: Result<(), ApiError>) {
        // Without an entry the instance is ending, and whoever asked has been told.
        let Some(service) = self.ending_holders.remove(&id) else { return };
        // It may have found its port free by itself, and then whoever asked waits until it is up as well.
        let is_wanted = self.services[service].machine.wanted() == Wanted::Up;
        match result {
            Ok(()) if is_wanted => {
                let target = Target::service(self.services[service].spec.name.clone());
                self.on_command(Command::Request(id, Request::Start(target)));
            }
            result => self.reply(id, result),
        }
    }

    /// Another port for each service of the target that may have one.
    fn wanted_elsewhere(&self, target: &Target) -> Result<Vec<PortWanted>, ApiError> {
        let mut wanted = Vec::new();
        for index in self.services_of(target)? {
            let service = &self.services[index];
            let label = &service.spec.label;
            let refused = match &service.assignment {
                None => Some((ErrorCode::BadRequest, format!("{label} has no port"))),
                Some(assignment) => {
                    // The one that is in conflict, else the main one.
                    let lost = service.machine.conflict().map(|conflict| conflict.port);
                    let port = lost.map_or(0, |lost| assignment.index_of(lost));
                    let number = assignment.ports().nth(port).map_or(0, |port| port.number);
                    // What a request moved, another one moves on or back.
                    if service.is_strict(port) && (port > 0 || assignment.moved_from.is_none()) {
                        let text =
                            format!("{label} is to keep port {number} (strict = true in the stack file)");
                        Some((ErrorCode::PortIsStrict, text))
                    } else {
                        let whereabouts = Whereabouts::Free(self.settings.range.clone());
                        wanted.push(PortWanted { service: index, port, host: assignment.host, whereabouts });
                        None
                    }
                }
            };
            if let Some((code, text)) = refused.filter(|_| target.service.is_some()) {
                return Err(ApiError::new(code, text));
            }
        }
        Ok(wanted)
    }

    /// The services whose port is set to another one than they have.
    fn wanted_by_settings(&self, settings: &Settings) -> Vec<PortWanted> {
        let wanted = |(index, service): (usize, &ServiceRuntime)| {
            let assignment = service.assignment.as_ref()?;
            let port = settings.fixed.get(&service.spec.name).copied()?;
            if service.spec.set_by_environment || port == assignment.address().port() {
                return None;
            }
            let whereabouts = Whereabouts::Exactly(port);
            Some(PortWanted { service: index, port: 0, host: assignment.host, whereabouts })
        };
        self.services.iter().enumerate().filter_map(wanted).collect()
    }

    fn reserve_and_move(&mut self, pending: PendingMove) {
        if pending.wanted.is_empty() {
            return self.begin_move(pending, Vec::new(), Ticket(0));
        }
        self.reserve(pending.wanted.clone(), Reserving::Move(pending));
    }

    /// Nothing has changed if one port cannot be had.
    pub(super) fn reserved(&mut self, ticket: Ticket, result: Result<Vec<AssignedPort>, ReserveFailure>) {
        match (self.reserving.remove(&ticket), result) {
            (Some(Reserving::Replacement(replacement)), result) => self.replaced(ticket, replacement, result),
            (Some(Reserving::Move(pending)), Ok(found)) => self.begin_move(pending, found, ticket),
            (Some(Reserving::Move(pending)), Err(failure)) => {
                let exactly = |wanted: &PortWanted| matches!(wanted.whereabouts, Whereabouts::Exactly(_));
                let error = if pending.wanted.iter().any(exactly) {
                    let label = &self.services[failure.service].spec.label;
                    ApiError::new(ErrorCode::PortTaken, format!("{label}: {}", failure.message))
                } else {
                    ApiError::new(ErrorCode::NoFreePort, failure.message)
                };
                self.reply(pending.request, Err(error));
            }
            // The instance is ending.
            (None, _) => self.push(Effect::GiveUp(ticket)),
        }
    }

    fn begin_move(&mut self, pending: PendingMove, found: Vec<AssignedPort>, ticket: Ticket) {
        let reason = if pending.settings.is_some() { Reason::Changed } else { Reason::Request };
        let by_request = reason == Reason::Request;
        let settings_before =
            pending.settings.map(|settings| std::mem::replace(&mut self.settings, settings));
        let mut affected = BTreeSet::new();
        for (wanted, port) in pending.wanted.iter().zip(found) {
            let index = wanted.service;
            let machine = &self.services[index].machine;
            let broken = machine.state() == ServiceState::Failed && !pending.by_name;
            let at_once = machine.wanted() == Wanted::Down || machine.is_waiting() || broken;
            self.services[index].moved_for = reason;
            let before = self.services[index].assignment.clone();
            self.assign((index, wanted.port), ticket, !at_once, port);
            if let (Some(assignment), Some(before), 0) =
                (self.services[index].assignment_for_mut(!at_once), before, wanted.port)
            {
                assignment.moved(before, by_request);
            }
            if !at_once {
                affected.insert(index);
            }
        }
        for moved in affected.clone() {
            let follows = |index: &usize| {
                let service = &self.services[*index];
                let machine = &service.machine;
                // What is in trouble of its own is told when the move is done.
                let runs = matches!(
                    machine.state(),
                    ServiceState::Healthy | ServiceState::Unhealthy | ServiceState::Starting
                );
                machine.wanted() == Wanted::Up
                    && runs
                    && !machine.is_waiting()
                    && service.spec.depends.contains(&moved)
            };
            affected.extend((0..self.services.len()).filter(follows));
        }
        let kind = Kind::Move { settings_before };
        self.operations.push(Operation::new(kind, affected, Some(pending.request)));
    }

    fn commit(&mut self, operation: &Operation) {
        for index in operation.done.iter().copied() {
            let service = &mut self.services[index];
            service.runs.values_mut().for_each(|run| run.staged = false);
            if let Some(assignment) = service.staged.take() {
                service.assignment = Some(assignment);
                self.push(Effect::CommitStaged(index));
            }
            self.events.push_back((index, Event::Promote));
        }
    }

    fn roll_back(&mut self, operation: &mut Operation) {
        if let Kind::Move { settings_before: Some(before) } = &mut operation.kind {
            std::mem::swap(&mut self.settings, before);
        }
        for index in 0..self.services.len() {
            let service = &mut self.services[index];
            service.runs.values_mut().for_each(|run| run.staged = false);
            if service.staged.take().is_some() {
                self.push(Effect::DropStaged(index));
            }
        }
        for index in operation.done.iter().chain(&operation.running) {
            self.events.push_back((*index, Event::Abandon));
        }
        if let Some(error) = operation.error.take() {
            let because = Box::new(error.cause.map_or_else(|| error.message.into(), |cause| *cause));
            let cause = Cause::RolledBack { because };
            operation.error = Some(ApiError::because(error.code, cause));
        }
    }

    // Progress --------------------------------------------------------------------------------------------------

    /// Begins what can be begun and ends what is over; tells whether there was any of it.
    pub(super) fn advance_operations(&mut self) -> bool {
        let before = self.open_steps();
        let mut went_on = false;
        let Self { operations, services, events, now, .. } = self;
        for operation in operations.iter_mut() {
            let needs = |service: usize| services[service].spec.needs.as_slice();
            let is_gone = |service: usize| services[service].machine.is_gone();
            for index in operation.take_ready(needs, is_gone, services.len(), *now) {
                went_on = true;
                let event = match &operation.kind {
                    Kind::Restart { end_first } if end_first.contains(&index) => Event::RestartAfterNeeds,
                    Kind::Restart { .. } => Event::Restart,
                    Kind::Start => Event::StartAfterNeeds,
                    Kind::Move { settings_before: None } => Event::Stage(Reason::Request),
                    Kind::Move { .. } => Event::Stage(Reason::Changed),
                    Kind::Stop { limit } => Event::Stop { limit: Some(*limit) },
                };
                events.push_back((index, event));
            }
        }
        self.run_machines();
        self.complete_stops();
        for mut operation in
            self.operations.extract_if(.., |operation| operation.is_over()).collect::<Vec<_>>()
        {
            went_on = true;
            if operation.is_move() && operation.error.is_none() {
                self.commit(&operation);
            } else if operation.is_move() {
                self.roll_back(&mut operation);
            }
            self.run_machines();
            self.answer(&mut operation);
        }
        went_on |= before != self.open_steps();
        while !self.is_moving()
            && let Some(command) = self.queued.pop_front()
        {
            went_on = true;
            self.on_command(command);
        }
        went_on
    }

    /// How much there is to be done. What changes it may let something else begin.
    fn open_steps(&self) -> usize {
        self.operations.iter().map(|operation| operation.waiting.len() + operation.running.len()).sum()
    }

    fn complete_stops(&mut self) {
        for operation in self.operations.iter_mut().filter(|operation| operation.is_stop()) {
            for index in operation.running.clone() {
                let machine = &self.services[index].machine;
                if machine.is_gone() && machine.state() == ServiceState::Stopped {
                    operation.complete(index, Ok(()));
                }
            }
        }
    }

    fn answer(&mut self, operation: &mut Operation) {
        let result = operation.error.take().map_or(Ok(()), Err);
        if let Some(id) = operation.request.take() {
            self.reply(id, result);
        }
    }
}

fn stopping() -> ApiError {
    ApiError::new(ErrorCode::Stopping, "the instance is stopping")
}
