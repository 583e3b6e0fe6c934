//! How long the scheduler lets a thread run before the next one that waits for its core.

/// Gets this thread onto a core soon after it wakes up, also where a program that starts keeps the core busy:
/// it asks for short turns, which come earlier (sched_setattr(2), since Linux 6.12; older ones take no notice).
/// Threads that it makes have them too, services do not.
pub(crate) fn take_short_turns() {
    const NANOSECONDS: u64 = 100_000;
    take_turns(NANOSECONDS);
}

/// As [`take_short_turns`], of the length that is usual on this system. Fit for a child before its exec.
pub(crate) fn take_usual_turns() {
    take_turns(0);
}

fn take_turns(nanoseconds: u64) {
    #[cfg(target_os = "linux")]
    // SAFETY: all zeros are a valid value, and the pointer is valid; it concerns this thread alone. Where it is
    // refused, turns stay as they were.
    unsafe {
        let mut attributes: libc::sched_attr = std::mem::zeroed();
        attributes.size = std::mem::size_of::<libc::sched_attr>() as u32;
        attributes.sched_flags = libc::SCHED_FLAG_KEEP_POLICY as u64;
        attributes.sched_nice = libc::getpriority(libc::PRIO_PROCESS, 0);
        attributes.sched_runtime = nanoseconds;
        libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nanoseconds;
}
