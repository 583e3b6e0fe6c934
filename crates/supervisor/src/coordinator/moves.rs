//! Moves to other ports: by request, and by settings.

use std::collections::BTreeSet;

use contract::{ApiError, Cause, Conflict, ErrorCode, Reason, ServiceState, Target, Wanted};

use super::operation::{Kind, Operation};
use super::waiting::{PendingMove, Reserving};
use super::{
    AssignedPort, Coordinator, Effect, PortPreferences, PortWanted, ServiceRuntime, Ticket, Whereabouts,
};
use crate::lifecycle::LifecycleEvent;

impl Coordinator {
    /// That port for a service, in the place of the one that is in conflict, else of the main one. Nothing where it
    /// has it.
    pub(super) fn wanted_at(&self, target: &Target, port: u16) -> Result<Vec<PortWanted>, ApiError> {
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

    /// Another port for each service of the target that may have one.
    pub(super) fn wanted_elsewhere(&self, target: &Target) -> Result<Vec<PortWanted>, ApiError> {
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
    pub(super) fn wanted_by_settings(&self, settings: &PortPreferences) -> Vec<PortWanted> {
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

    pub(super) fn reserve_and_move(&mut self, pending: PendingMove) {
        if pending.wanted.is_empty() {
            return self.begin_move(pending, Vec::new(), Ticket(0));
        }
        self.reserve(pending.wanted.clone(), Reserving::Move(pending));
    }

    pub(super) fn begin_move(&mut self, pending: PendingMove, found: Vec<AssignedPort>, ticket: Ticket) {
        let reason = if pending.settings.is_some() { Reason::Changed } else { Reason::Request };
        let by_request = reason == Reason::Request;
        let settings_before =
            pending.settings.map(|settings| std::mem::replace(&mut self.settings, settings));
        let mut affected = BTreeSet::new();
        for (wanted, port) in pending.wanted.iter().zip(found) {
            let index = wanted.service;
            let machine = &self.services[index].machine;
            let broken = machine.state() == ServiceState::Failed && !pending.by_name;
            // What is still to be stopped is up for now, and is not to be started again.
            let goes_down = machine.wanted() == Wanted::Down || self.is_stopping(index);
            let at_once = goes_down || machine.is_waiting() || broken;
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
                    && !self.is_stopping(*index)
                    && runs
                    && !machine.is_waiting()
                    && service.spec.depends.contains(&moved)
            };
            affected.extend((0..self.services.len()).filter(follows));
        }
        let kind = Kind::Move { settings_before };
        self.operations.push(Operation::new(kind, affected, Some(pending.request)));
    }

    pub(super) fn commit(&mut self, operation: &Operation) {
        for index in operation.done.iter().copied() {
            let service = &mut self.services[index];
            service.runs.values_mut().for_each(|run| run.staged = false);
            if let Some(assignment) = service.staged.take() {
                service.assignment = Some(assignment);
                self.push(Effect::CommitStaged(index));
            }
            self.events.push_back((index, LifecycleEvent::Promote));
        }
    }

    pub(super) fn roll_back(&mut self, operation: &mut Operation) {
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
            self.events.push_back((*index, LifecycleEvent::Abandon));
        }
        if let Some(error) = operation.error.take() {
            let because = Box::new(error.cause.map_or_else(|| error.message.into(), |cause| *cause));
            let cause = Cause::RolledBack { because };
            operation.error = Some(ApiError::because(error.code, cause));
        }
    }
}
