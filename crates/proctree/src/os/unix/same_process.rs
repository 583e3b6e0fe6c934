//! Which process it is, beyond its number.

use std::io;
use std::sync::LazyLock;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::process_handle::ProcessHandle;
use super::procfs::stat;

/// What tells a process from a later one of the same number: its start time and the machine's start.
pub(crate) fn identity(pid: u32) -> io::Result<String> {
    let stat = stat(pid.cast_signed()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    // It stays what it is as long as this program runs, and is asked for at every start of a service.
    static BOOT: LazyLock<String> =
        LazyLock::new(|| std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default());
    Ok(format!("{pid} {} {}", stat.started, BOOT.trim()))
}

/// Whether the process of that identity still runs.
fn is_same_process(pid: u32, recorded: &str) -> bool {
    identity(pid).is_ok_and(|known| known == recorded)
        && stat(pid.cast_signed()).is_some_and(|stat| stat.lives())
}

/// Kills a process, and its group if it leads one, if it still is the one of that identity.
pub(crate) fn kill_same_process(pid: u32, recorded: &str) -> bool {
    let number = pid.cast_signed();
    let Some(handle) = ProcessHandle::open(number) else { return false };
    // The handle keeps the process; so what holds here holds at the signal.
    if !is_same_process(pid, recorded) {
        return false;
    }
    if stat(number).is_some_and(|stat| stat.group == number) {
        let _ = killpg(Pid::from_raw(number), Signal::SIGKILL);
    }
    handle.signal(Signal::SIGKILL);
    true
}
