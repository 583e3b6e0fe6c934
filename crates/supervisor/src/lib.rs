//! What is decided about the services of a stack, apart from carrying it out.
//!
//! [`lifecycle`] is the state machine of one service; [`coordinator`] is the coordination of all: requests,
//! operations under way, needs, moves and their roll-back, lost ports. Both are pure: events and the time go in,
//! effects come out. Neither knows a process, a socket, a task or a clock, so that every crossing of events is
//! tested in microseconds.

pub mod coordinator;
pub mod lifecycle;
