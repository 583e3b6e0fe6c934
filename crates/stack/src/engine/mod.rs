//! Carries out what the [`supervisor`] decides: [`launch()`](launch::launch) prepares, the executor runs, the system
//! behind it starts processes, holds ports and probes.

mod addresses;
mod executor;
mod handle;
mod launch;
mod notice;
mod port_allocation;
mod port_overrides;
mod rows;
mod samples;
mod system;

pub use handle::Handle;
pub use launch::{LaunchError, LaunchOptions, PortSettings, launch, run};
pub use notice::{Notice, NoticeLevel};
