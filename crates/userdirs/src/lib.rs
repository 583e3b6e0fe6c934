//! The user's folders: where settings, data, logs and sockets lie ([`Dirs`]), files and folders that only
//! their user can open, the address of a control socket, and whether anybody else can have put something there ([`trust`]).
//!
//! Whoever reads a stack file, asks a running instance, launches one, or runs a service on its own needs
//! these, so they stand below all of them.

mod control;
mod dirs;
mod os;
mod private;
mod regular;
pub mod trust;

#[cfg(windows)]
pub use control::control_pipe;
#[cfg(unix)]
pub use control::{control_socket, socket_address};
pub use dirs::Dirs;
#[cfg(windows)]
pub use os::PrivateAccess;
pub use private::{make_file_private, private_file, private_folder};
pub use regular::open_regular;
pub use trust::Untrusted;
