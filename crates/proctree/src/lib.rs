//! Process trees: a process and everything that it starts.
//!
//! [`spawn`] starts a process with its listening socket, [`ProcessTree`] finds, signals and ends it with all
//! its descendants, also those that left its group, its session and its parents. The [`watchdog`] ends
//! whatever is left when the launcher ends, however it does; the [`PidJournal`] lets the next start find
//! what even that one missed. What differs from system to system stands behind one interface: process
//! groups, pidfds, a resource limit and `/proc` on Linux, a job object on Windows.
//!
//! Which mechanism closes which escape: `docs/adr/0001-containment.md`.

mod launchable;
mod marker;
mod not_ended;
mod os;
mod pid_journal;
mod program;
mod until_empty;
pub mod watchdog;

pub use launchable::Launchable;
pub use marker::{LaunchMarker, MARKER_VARIABLE};
pub use not_ended::NotEnded;
#[cfg(windows)]
pub use os::WordServer;
pub use os::{
    ProcessTree, Spawned, StopSignals, any_ended, end_process, exit_cause, has_asked_others_to_end, is_alive,
    leave_session, raise_descriptor_limit, reap_orphans, resources, signal_name, spawn, test_process_handles,
    without_window,
};
pub use pid_journal::PidJournal;
pub use program::{find_program, other_machine, program_fault, start_failure};
pub use until_empty::until_empty;
