//! What tray, notifications and answers to the panel say, in the system's language.

mod refusals;
mod system;
mod words;

pub use contract::Language;
pub use refusals::{launch_refused, request_refused, stack_file_refused};
pub use system::tag as system_tag;
pub(crate) use words::TrayWords;
