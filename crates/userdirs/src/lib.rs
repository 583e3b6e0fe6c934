//! The user's folders: where settings, data, logs and sockets lie ([`Dirs`]), files and folders that only
//! their user can open, and whether anybody else can have put something there ([`trust`]).
//!
//! Whoever reads a stack file, asks a running instance, launches one, or runs a service on its own needs
//! these, so they stand below all of them.

mod dirs;
mod os;
mod private;
pub mod trust;

pub use dirs::Dirs;
pub use private::{private_file, private_folder};
pub use trust::Untrusted;
