//! Windows. A job object holds all processes of a run.

#![expect(unsafe_code, reason = "job objects and consoles are the system's own calls")]

mod console;
mod exit;
mod hand_over;
mod job;
mod other_process;
mod process_tree;
mod program_fault;
mod spawn;
mod stop_signals;
mod without;
mod word_server;

pub use console::{has_asked_others_to_end, leave_session, without_window};
pub use exit::{exit_cause, signal_name};
pub use other_process::{end_process, resources};
pub use process_tree::{ProcessTree, any_ended};
pub(crate) use program_fault::{fault, is_no_program, not_executable, other_machine};
pub use spawn::{Spawned, spawn};
pub use stop_signals::StopSignals;
pub(crate) use without::{identity, kill_marked, kill_same_process, start_watchdog};
pub use without::{is_alive, raise_descriptor_limit, reap_orphans, test_process_handles};
pub use word_server::WordServer;
