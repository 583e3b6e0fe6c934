//! The life cycle of one service as a pure state machine: an event and the time go in, actions and the next
//! deadline come out. It knows no process, no socket and no clock, so that every case is tested without any of
//! them.
//!
//! A service has at most one *current* run, at most one *successor* (a second process that is to take over), and
//! any number of *retiring* runs whose processes have yet to go. Events carry the run they belong to, so that a
//! late event of an old process cannot touch a new one.

#[cfg(test)]
mod crossing_events;
mod event;
mod limit;
mod policy;
mod state_machine;
#[cfg(test)]
mod tests;

pub use event::{Action, Exit, LifecycleEvent, PortCheck, RunId};
pub use policy::Policy;
pub use state_machine::{StateMachine, Why};
