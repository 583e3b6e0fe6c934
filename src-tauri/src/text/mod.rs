//! What tray, notifications and answers to the panel say, in the system's language.

mod error_messages;
mod system;
mod words;

pub use contract::Language;
pub use error_messages::request_refused;
pub use system::tag as system_tag;
pub(crate) use words::TrayWords;
