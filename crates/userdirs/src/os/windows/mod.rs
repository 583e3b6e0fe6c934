//! Windows. What is private has an access list of its own, for this user and the system.

mod folders;
mod security;

pub(crate) use folders::*;
pub use security::PrivateAccess;
pub(crate) use security::{is_own, user};
