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

/// The reservations of one service.
#[derive(Debug, Default)]
pub(super) struct ServicePorts {
    pub(super) current: Option<SharedReservation>,
    pub(super) staged: Option<SharedReservation>,
}

impl ServicePorts {
    /// The staged one, where there is one and it is asked for; else the current one.
    pub(super) fn get(&self, staged: bool) -> Option<&SharedReservation> {
        self.staged.as_ref().filter(|_| staged).or(self.current.as_ref())
    }
}

/// What was reserved and has not been assigned yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Unassigned(Arc<Mutex<BTreeMap<(Ticket, usize), SharedReservation>>>);

impl Unassigned {
    pub(super) fn put(&self, ticket: Ticket, service: usize, reservation: Reservation) {
        self.lock().insert((ticket, service), SharedReservation::new(reservation));
    }

    pub(super) fn take(&self, ticket: Ticket, service: usize) -> Option<SharedReservation> {
        self.lock().remove(&(ticket, service))
    }

    pub(super) fn drop_all(&self, ticket: Ticket) {
        self.lock().retain(|(other, _), _| *other != ticket);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Ticket, usize), SharedReservation>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
