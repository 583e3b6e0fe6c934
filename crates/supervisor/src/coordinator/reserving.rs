//! Reserves ports, and goes on when they are there or cannot be had.

use contract::{ApiError, ErrorCode};

use super::waiting::Reserving;
use super::{
    AssignedPort, Coordinator, Effect, PortAssignment, PortWanted, ReserveFailure, ServiceRuntime, Ticket,
    Whereabouts,
};

impl Coordinator {
    pub(super) fn reserve(&mut self, wanted: Vec<PortWanted>, purpose: Reserving) {
        let ticket = self.next_ticket();
        let assignments = |service: &ServiceRuntime| {
            let both = [service.assignment.as_ref(), service.staged.as_ref()];
            both.into_iter().flatten().flat_map(numbers).collect::<Vec<_>>()
        };
        let except = self.services.iter().flat_map(assignments).collect();
        self.reserving.insert(ticket, purpose);
        self.push(Effect::Reserve { ticket, wanted, except });
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
}

/// The numbers of a service's ports.
pub(super) fn numbers(assignment: &PortAssignment) -> Vec<u16> {
    assignment.ports().map(|port| port.number).collect()
}
