//! What differs from system to system, behind one interface: starting a process with its socket, and ending
//! it with all that it started.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;
