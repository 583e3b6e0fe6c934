//! The engine: it gives every service of a stack a port that nobody can take, starts the services, keeps them
//! running, and shows the state in one [snapshot](contract::Snapshot).
//!
//! Theory of operation. [`launch()`] checks everything that can be checked before anything is started, reserves the
//! ports, and gives the rest to one task on a thread of its own, the executor, which owns all state. It hears of exits,
//! notifications, probe results and requests; it asks the pure [coordinator](supervisor::coordinator) what to do;
//! it has that carried out by the system (processes, sockets, probes) and publishes a snapshot. Everybody else holds a
//! [`Handle`]: a receiver of snapshots and samples, and a sender of requests.

mod addresses;
mod control;
mod end_holder;
mod entrances;
mod environment;
mod executor;
mod handle;
mod happenings;
mod instance;
mod known_programs;
mod launch;
mod launch_error;
mod launch_options;
mod notice;
mod notify;
mod output;
mod port_allocation;
mod port_memory;
mod port_overrides;
mod probe;
mod programs;
mod rotated_file;
mod rows;
mod samples;
mod secret;
mod system;

pub use end_holder::end_holder;
pub use handle::{Handle, KILLED_WITHIN};
pub use happenings::saved_happenings;
pub use instance::InstanceError;
pub use launch::{launch, run};
pub use launch_error::LaunchError;
pub use launch_options::{LaunchOptions, PortSettings};
pub use notice::{Notice, NoticeLevel};
pub use output::{
    LineMatch, LineMatches, LinePlace, LogHistory, LogPart, LogPattern, ServiceLine, saved_logs,
    saved_services,
};
pub use secret::{rotate_token, token};
