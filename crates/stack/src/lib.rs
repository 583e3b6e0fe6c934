//! The engine: it reads a stack file, gives every service a port that nobody can take, starts the
//! services, keeps them running, and shows what is the case in one [snapshot](contract::Snapshot).
//!
//! Theory of operation. [`launch`] checks everything that can be checked before anything is started,
//! reserves the ports, and gives the rest to one task on a thread of its own. That task owns all state.
//! It hears of exits, notifications, probe results and requests through one channel; it asks the pure
//! state machine of each service ([`life`]) what to do; it carries that out and publishes a snapshot.
//! Everybody else holds a [`Handle`]: a receiver of snapshots and a sender of requests.

mod control;
mod engine;
mod instance;
mod notify;
mod output;
mod probe;
mod secret;

pub use engine::{Handle, LaunchError, LaunchOptions, Notice, NoticeLevel, PortSettings, launch, run};
pub use instance::InstanceError;
