//! What tray, notifications and answers to the panel say, in the system's language.

mod error_messages;
mod system;
mod words;

pub use contract::Language;
pub(crate) use error_messages::untrusted;
pub use error_messages::{launch_refused, request_refused, stack_file_refused};
pub use system::tag as system_tag;
pub(crate) use words::TrayWords;
