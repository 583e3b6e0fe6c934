//! Processes by their numbers: what they take of the machine, and their end.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::{Duration, Instant};

use contract::Resources;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, WAIT_OBJECT_0};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, TerminateProcess, WaitForSingleObject,
};

use crate::NotEnded;

/// How long a process that was killed may take to be gone.
const KILLED: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What these processes take together; `None` where none of them is left.
pub fn resources(pids: &[u32]) -> Option<Resources> {
    let system = look_at(pids, ProcessRefreshKind::nothing().with_cpu().with_memory());
    let mut sum = Resources { cpu_ms: 0, memory_bytes: 0, processes: 0 };
    for process in system.processes().values() {
        sum.cpu_ms += process.accumulated_cpu_time();
        sum.memory_bytes += process.memory();
        sum.processes += 1;
    }
    (sum.processes > 0).then_some(sum)
}

/// Kills a process of this user, if it still is the one that started at that time. Nothing asks one process alone: an
/// event goes to all that share its console.
///
/// # Errors
/// Why it was not ended.
pub async fn end_process(pid: u32, started: u64) -> Result<(), NotEnded> {
    // SAFETY: takes numbers; the new handle is closed by its owner.
    let handle = unsafe {
        let handle = OpenProcess(PROCESS_TERMINATE | PROCESS_SYNCHRONIZE, 0, pid);
        if handle.is_null() {
            let is_gone =
                io::Error::last_os_error().raw_os_error() == Some(ERROR_INVALID_PARAMETER.cast_signed());
            return if is_gone { Ok(()) } else { Err(NotEnded::Foreign) };
        }
        OwnedHandle::from_raw_handle(handle)
    };
    // The handle keeps the number from being given to another process.
    let (own, user) = (std::process::id(), ProcessRefreshKind::nothing().with_user(UpdateKind::Always));
    let system = look_at(&[pid, own], user);
    let user = |pid| system.process(Pid::from_u32(pid)).and_then(Process::user_id);
    if system.process(Pid::from_u32(pid)).is_none_or(|process| process.start_time() != started) {
        return Ok(());
    }
    if user(pid).is_none() || user(pid) != user(own) {
        return Err(NotEnded::Foreign);
    }
    // SAFETY: an open handle.
    unsafe { TerminateProcess(handle.as_raw_handle(), 1) };
    let end = Instant::now() + KILLED;
    // SAFETY: an open handle; the call does not wait.
    while unsafe { WaitForSingleObject(handle.as_raw_handle(), 0) } != WAIT_OBJECT_0 {
        if Instant::now() >= end {
            return Err(NotEnded::Stuck);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

fn look_at(pids: &[u32], what: ProcessRefreshKind) -> System {
    let pids: Vec<Pid> = pids.iter().copied().map(Pid::from_u32).collect();
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), false, what);
    system
}
