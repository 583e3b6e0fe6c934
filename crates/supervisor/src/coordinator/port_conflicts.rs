//! Ports that are bound again, and what comes of one that somebody else has.

use contract::{Cause, OnConflict, Reason, ServiceState, Wanted};

use super::reserving::numbers;
use super::waiting::{Claim, ClaimPurpose, Replacement, Reserving};
use super::{
    AssignedPort, Coordinator, Effect, Holding, LostPort, PortAssignment, PortWanted, ReserveFailure, Ticket,
    Whereabouts,
};
use crate::lifecycle::{LifecycleEvent, PortCheck, RunId};

impl Coordinator {
    pub(super) fn claim(&mut self, index: usize, staged: bool, purpose: ClaimPurpose) {
        let Some(ports) = self.services[index].assignment_for(staged).map(numbers) else { return };
        let ticket = self.next_ticket();
        self.claims.insert(ticket, Claim { service: index, staged, ports: ports.clone(), purpose });
        self.push(Effect::ClaimPort { ticket, service: index, staged, ports });
    }

    pub(super) fn try_port(&mut self, index: usize) {
        self.claim(index, false, ClaimPurpose::Retry);
    }

    /// After the last process of a service that is told a number has ended, its port is bound again at once.
    pub(super) fn tree_empty(&mut self, index: usize, run: RunId) {
        let service = &mut self.services[index];
        let Some(known) = service.runs.get_mut(&run) else { return };
        known.is_empty = true;
        let held = service.assignment.as_ref().is_none_or(PortAssignment::is_held);
        if service.machine.wanted() == Wanted::Down || !service.is_told_a_number() || held {
            self.ended(index, run, PortCheck::Ours);
        } else {
            self.claim(index, false, ClaimPurpose::AfterEnd(run));
        }
    }

    fn ended(&mut self, index: usize, run: RunId, check: PortCheck) {
        self.services[index].runs.remove(&run);
        self.events.push_back((index, LifecycleEvent::Emptied(run, check)));
    }

    pub(super) fn port_claimed(&mut self, ticket: Ticket, result: Result<(), LostPort>) {
        let Some(Claim { service: index, staged, ports, purpose }) = self.claims.remove(&ticket) else {
            return;
        };
        let service = &mut self.services[index];
        let is_moving = service.staged.is_some();
        let assignment = service.assignment_for_mut(staged).filter(|assignment| numbers(assignment) == ports);
        if let Some(assignment) = assignment {
            assignment.claimed(result.is_ok());
        } else {
            // The service has got another port in the meantime.
            return self.go_on(index, purpose, PortCheck::Ours);
        }
        match (result, purpose) {
            (Ok(()), ClaimPurpose::Retry) => self.events.push_back((index, LifecycleEvent::PortRegained)),
            (Ok(()), _) => self.go_on(index, purpose, PortCheck::Ours),
            (Err(_), ClaimPurpose::Retry) => {}
            // It is about to go elsewhere anyway.
            (Err(_), ClaimPurpose::AfterEnd(_)) if is_moving => self.go_on(index, purpose, PortCheck::Ours),
            (Err(lost), _) => self.port_lost(index, staged, lost, purpose),
        }
    }

    fn go_on(&mut self, index: usize, purpose: ClaimPurpose, check: PortCheck) {
        match purpose {
            ClaimPurpose::Start(run) => {
                let pending = self.services[index].pending_start.take_if(|pending| pending.run == run);
                let Some(pending) = pending else { return };
                if check == PortCheck::Ours
                    && self.services[index].assignment_for(pending.staged).is_none_or(PortAssignment::is_held)
                {
                    self.spawn(index, run, pending.staged);
                } else {
                    self.events.push_back((index, LifecycleEvent::PortMissing(run, check)));
                }
            }
            ClaimPurpose::AfterEnd(run) => self.ended(index, run, check),
            ClaimPurpose::Retry => {}
        }
    }

    /// Somebody has the port. Before anybody has seen the address it moves; afterwards that is for a person to say,
    /// unless they said so beforehand.
    fn port_lost(&mut self, index: usize, staged: bool, lost: LostPort, purpose: ClaimPurpose) {
        let service = &self.services[index];
        let on_conflict = service.spec.on_conflict.unwrap_or(self.settings.on_conflict);
        let asks = service.published && on_conflict == OnConflict::Ask;
        let assignment = service.assignment_for(staged);
        match assignment.map(|assignment| (assignment.host, assignment.index_of(lost.conflict.port))) {
            Some((host, port)) if !asks && !service.is_strict(port) => {
                let whereabouts = Whereabouts::Free(self.settings.range.clone());
                let wanted = vec![PortWanted { service: index, port, host, whereabouts }];
                let replacement = Replacement { service: index, port, staged, lost, purpose };
                self.reserve(wanted, Reserving::Replacement(replacement));
            }
            _ => self.go_on(index, purpose, PortCheck::Taken(lost.conflict)),
        }
    }

    pub(super) fn replaced(
        &mut self,
        ticket: Ticket,
        replacement: Replacement,
        result: Result<Vec<AssignedPort>, ReserveFailure>,
    ) {
        let Replacement { service: index, port, staged, lost, purpose } = replacement;
        let found = result.and_then(|found| {
            let none = || ReserveFailure { service: index, message: "none was given".to_owned() };
            found.into_iter().next().ok_or_else(none)
        });
        match found {
            Ok(found) => {
                self.log(index, format!("{}; using port {} instead", lost.message, found.number));
                // A move that was given up meanwhile has no staged port.
                let staged = staged && self.services[index].staged.is_some();
                self.services[index].moved_for = Reason::Address;
                self.assign((index, port), ticket, staged, found);
                self.go_on(index, purpose, PortCheck::Moved);
            }
            Err(failure) => {
                self.log(index, format!("{}, and no other port is free: {}", lost.message, failure.message));
                self.go_on(index, purpose, PortCheck::Taken(lost.conflict));
            }
        }
    }

    pub(super) fn assign(
        &mut self,
        (index, port): (usize, usize),
        ticket: Ticket,
        staged: bool,
        new: AssignedPort,
    ) {
        self.push(Effect::Assign { ticket, service: index, port, staged });
        let service = &mut self.services[index];
        let fresh = service.assignment_for(staged).map(|assignment| assignment.with(port, new));
        if staged {
            service.staged = fresh;
        } else {
            service.assignment = fresh;
        }
        self.mark_changed(index);
    }

    /// What is down for longer, by itself or since what it needs is, refuses a browser at once rather than leave it
    /// waiting. So does what is told a number while it waits for what it needs: it could not take over who connected
    /// before. It keeps its port, so that nobody gets what is meant for it: people and programs have its address.
    /// What is told a number lets go where a person stopped it, who may want to run it by hand; the lease stays, and
    /// no other instance takes the port.
    pub(super) fn refuse_what_is_down(&mut self) {
        for index in 0..self.services.len() {
            let service = &mut self.services[index];
            let state = service.machine.state();
            let lets_go = state == ServiceState::Stopped && service.is_told_a_number();
            let may_wait_long = (service.is_told_a_number() && service.waits_for.is_some())
                || matches!(service.lacks, Some(Cause::Needs { state: ServiceState::Failed, .. }));
            let is_held_back =
                state == ServiceState::Starting && service.machine.is_waiting() && may_wait_long;
            let is_down = is_held_back || matches!(state, ServiceState::Stopped | ServiceState::Failed);
            let Some(assignment) =
                service.assignment.as_mut().filter(|_| is_down && service.machine.is_gone())
            else {
                continue;
            };
            let (holding, effect) = if lets_go {
                (Holding::Released, Effect::ReleasePort(index))
            } else {
                (Holding::Refusing, Effect::RefuseConnections(index))
            };
            if std::mem::replace(&mut assignment.holding, holding) != holding {
                self.push(effect);
            }
        }
    }
}
