//! Owners, permissions and the user database, behind one interface.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::PrivateAccess;
#[cfg(windows)]
pub(crate) use windows::*;
