//! The coordination of all services of an instance: requests, operations under way, needs, moves and their
//! roll-back, lost ports, and where services listen. Pure, like the [life cycle](crate::lifecycle) of one service:
//! an [`Event`] and the time go in, [`Effect`]s come out, in the order in which they are to be carried out.
//!
//! What an effect came to (a port was bound again, a process started or did not) comes back as another event,
//! at once or later. Between the two everything else may happen, so each event names what it belongs to: a run, a
//! request or a [`Ticket`].

mod assignment;
mod core;
mod effect;
mod event;
mod holders;
mod ids;
mod listeners;
mod moves;
mod operation;
mod port_conflicts;
mod requests;
mod reserving;
mod service;
#[cfg(test)]
mod tests;
mod times;
mod waiting;

pub use assignment::{AssignedPort, Holding, PortAssignment};
pub use core::Coordinator;
pub use effect::{Effect, PortWanted, Search, Whereabouts};
pub use event::{Answerer, Event, Listeners, LostPort, PortPreferences, ProcessEvent, ReserveFailure};
pub use ids::{RequestId, Ticket};
pub use service::{ProcessRun, ServiceRuntime, ServiceSpec};
