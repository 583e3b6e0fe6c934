//! What people ask for: what begins at once and what waits, which services it is about, and how it goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use contract::{ApiError, ErrorCode, Reason, Request, ServiceState, Target, Wanted};

use super::operation::{Kind, Operation};
use super::waiting::{Instruction, PendingMove, Reserving};
use super::{Coordinator, Effect, RequestId, Ticket};
use crate::lifecycle::LifecycleEvent;

impl Coordinator {
    pub(super) fn on_command(&mut self, command: Instruction) {
        let stops = matches!(command, Instruction::Request(_, Request::Stop(_) | Request::StopServices {}));
        match command {
            Instruction::Request(id, _) | Instruction::Apply(id, _) if self.finishing => {
                self.reply(id, Err(stopping()))
            }
            // A move touches several services at once, and nothing else but a stop may change them meanwhile.
            command if !stops && self.is_moving() => self.queued.push_back(command),
            Instruction::Request(id, request) => {
                if let Err(error) = self.begin(id, request) {
                    self.reply(id, Err(error));
                }
            }
            Instruction::Apply(id, settings) => {
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

    pub(super) fn services_of(&self, target: &Target) -> Result<Vec<usize>, ApiError> {
        match &target.service {
            Some(name) => Ok(vec![self.index_of(name)?]),
            None => Ok((0..self.services.len()).collect()),
        }
    }

    pub(super) fn index_of(&self, name: &str) -> Result<usize, ApiError> {
        let names = self.services.iter().map(|service| service.spec.name.as_str());
        let index = names.clone().position(|other| other == name);
        index.ok_or_else(|| ApiError::unknown_service(name, names))
    }

    pub(super) fn reply(&mut self, id: RequestId, result: Result<(), ApiError>) {
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
        Ok(meant.into_iter().filter(|index| is_down(index) || self.is_stopping(*index)).collect())
    }

    /// Whether a stop of the service has not ended yet.
    pub(super) fn is_stopping(&self, index: usize) -> bool {
        self.operations.iter().any(|operation| operation.stops(index))
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
                Instruction::Request(id, request) if self.would_start_some_of(request, &services) => {
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
            self.events.push_back((index, LifecycleEvent::Stop { limit }));
            self.events.push_back((index, LifecycleEvent::Kill));
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
            Instruction::Request(id, _) | Instruction::Apply(id, _) => id,
        });
        let ending = std::mem::take(&mut self.ending_holders).into_keys();
        let waiting: Vec<RequestId> = moving.chain(queued).chain(ending).collect();
        for id in waiting {
            self.reply(id, Err(stopping()));
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
                    Kind::Restart { end_first } if end_first.contains(&index) => {
                        LifecycleEvent::RestartAfterNeeds
                    }
                    Kind::Restart { .. } => LifecycleEvent::Restart,
                    Kind::Start => LifecycleEvent::StartAfterNeeds,
                    Kind::Move { settings_before: None } => LifecycleEvent::Stage(Reason::Request),
                    Kind::Move { .. } => LifecycleEvent::Stage(Reason::Changed),
                    Kind::Stop { limit } => LifecycleEvent::Stop { limit: Some(*limit) },
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
