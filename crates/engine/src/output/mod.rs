//! What services print: the newest lines in a bounded ring, all of it in rotated files, each line stamped.
//!
//! The pipes are read on the thread of [`crate::launch()`]'s side work, never on the one that owns the state;
//! so a service that prints without end delays nobody's probe. What is more than [`lines::KEPT_PER_SECOND`]
//! is counted and not kept. The files are written by a thread of their own: a disk that does not answer delays
//! neither; what it does not take in time is counted, and the file says so.

mod file;
mod history;
mod lines;
mod read;
mod ring;
mod saved;
mod service_output;
mod sink;

pub use history::{LineMatch, LineMatches, LinePlace, LogHistory, LogPart, LogPattern, ServiceLine};
pub use saved::{saved_logs, saved_services};
pub(crate) use service_output::{Output, OutputEnd};
pub(crate) use sink::{LastLine, ReadyLine};
