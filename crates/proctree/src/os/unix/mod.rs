//! Unix. What only Linux has (pidfds, `/proc`, the signal at a parent's death) stands in `linux`-gated
//! functions; elsewhere process groups have to do.

#![expect(unsafe_code, reason = "processes, signals and descriptors are the system's own calls")]

mod carries_marker;
mod child;
mod descriptor_limit;
mod end_process;
mod exec;
mod exit;
mod kill_marked;
mod orphans;
mod process_handle;
mod process_stat;
mod process_tree;
mod procfs;
mod program_fault;
mod resources;
mod rlimit_tag;
mod same_process;
mod session;
mod spawn;
#[cfg(target_os = "linux")]
#[path = "clone_vfork.rs"]
mod start;
#[cfg(not(target_os = "linux"))]
#[path = "std_spawn.rs"]
mod start;
mod stop_signals;
mod watchdog;
mod watchdog_name;
#[cfg(not(target_os = "linux"))]
mod without_procfs;

pub use descriptor_limit::raise_descriptor_limit;
pub use end_process::end_process;
pub use exit::{exit_cause, signal_name};
pub(crate) use kill_marked::kill_marked;
pub use orphans::reap_orphans;
pub use process_handle::test_process_handles;
pub use process_tree::{ProcessTree, any_ended, is_alive};
pub(crate) use program_fault::{fault, is_no_program, not_executable, other_machine};
pub use resources::resources;
pub(crate) use same_process::{identity, kill_same_process};
pub use session::{has_asked_others_to_end, leave_session, without_window};
pub use spawn::{Spawned, spawn};
pub use stop_signals::StopSignals;
#[cfg(target_os = "linux")]
pub(crate) use watchdog::resume_watchdog;
pub(crate) use watchdog::{dismiss_watchdog, exit_now, start_watchdog, watchdog_ended};
