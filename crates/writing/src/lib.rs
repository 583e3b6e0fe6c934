//! Output that nobody waits for: whoever writes to a disk, a pipe or a terminal by way of a [`Backlog`] goes on
//! whether that answers or not. Standard error is written so by [`say`] and by the log of [`log_to_stderr`].

mod backlog;
mod stderr;

pub use backlog::Backlog;
pub use stderr::{USUAL_LEVEL, finish, log_to_stderr, say};
