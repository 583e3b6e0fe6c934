//! The sockets that are held for the services.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::Reservation;
use supervisor::coordinator::Ticket;

/// A reservation. It is bound again on another thread, since who has its port is found by way of `/proc`.
#[derive(Debug, Clone)]
pub(super) struct SharedReservation(Arc<Mutex<Reservation>>);

impl SharedReservation {
    pub(super) fn new(reservation: Reservation) -> Self {
        Self(Arc::new(Mutex::new(reservation)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Reservation> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reservations of one service, its main port first.
#[derive(Debug, Default)]
pub(super) struct ReservedPorts {
    pub(super) current: Vec<SharedReservation>,
    /// What does not change is the same reservation in both.
    pub(super) staged: Option<Vec<SharedReservation>>,
}

impl ReservedPorts {
    /// The staged ones, where there are any and they are asked for; else the current ones.
    pub(super) fn get(&self, staged: bool) -> &[SharedReservation] {
        self.staged.as_ref().filter(|_| staged).unwrap_or(&self.current)
    }

    /// Another reservation in the place of the one of this index.
    pub(super) fn replace(&mut self, index: usize, staged: bool, new: SharedReservation) {
        let ports =
            if staged { self.staged.get_or_insert_with(|| self.current.clone()) } else { &mut self.current };
        if let Some(old) = ports.get_mut(index) {
            *old = new;
        }
    }
}

/// By what something was reserved, and for which port of which service.
type ReservedFor = (Ticket, usize, usize);

/// What was reserved and has not been assigned yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Unassigned(Arc<Mutex<BTreeMap<ReservedFor, SharedReservation>>>);

impl Unassigned {
    pub(super) fn put(&self, ticket: Ticket, service: usize, port: usize, reservation: Reservation) {
        self.lock().insert((ticket, service, port), SharedReservation::new(reservation));
    }

    pub(super) fn take(&self, ticket: Ticket, service: usize, port: usize) -> Option<SharedReservation> {
        self.lock().remove(&(ticket, service, port))
    }

    pub(super) fn drop_all(&self, ticket: Ticket) {
        self.lock().retain(|(other, ..), _| *other != ticket);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ReservedFor, SharedReservation>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
