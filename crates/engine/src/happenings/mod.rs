//! What happened: a list of events, bounded in memory and in a file of the log folder, which the next launch of the
//! instance goes on with.

mod file;
mod history;
mod list;

pub use file::saved_happenings;
pub(crate) use history::{ChangedPort, History};
pub(crate) use list::Happenings;
