//! What Windows does by itself, or has not: its job objects end with the launcher and leave nothing behind.

use std::io;

use crate::LaunchMarker;

/// The job objects end with the launcher; no watchdog is needed.
pub(crate) fn start_watchdog(_origin: u64) {}

/// No process is ever left behind.
pub fn is_alive(_pid: u32) -> bool {
    false
}

/// Nobody adopts orphans.
pub async fn reap_orphans() {}

/// Processes are always held by handles.
///
/// # Errors
/// None.
pub fn test_process_handles() -> io::Result<()> {
    Ok(())
}

/// There is no such limit.
pub fn raise_descriptor_limit() {}

/// The job objects leave nothing behind.
pub(crate) fn kill_marked(_marker: &LaunchMarker) -> usize {
    0
}

/// Nothing is recorded, since nothing is left behind.
pub(crate) fn identity(_pid: u32) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

/// See [`identity`].
pub(crate) fn kill_same_process(_pid: u32, _recorded: &str) -> bool {
    false
}
