//! What carries effects out: processes, sockets, probes. [`System`] is the interface; [`LocalSystem`] is this
//! machine, and tests of the executor have one without processes.

mod answerer;
mod check_command;
mod interface;
mod launch_context;
mod listeners;
mod local;
mod probes;
mod process_run;
mod reservations;
mod spawn;

pub(crate) use interface::{Observation, ProcessObservation, System};
pub(crate) use launch_context::LaunchContext;
pub(crate) use local::LocalSystem;
