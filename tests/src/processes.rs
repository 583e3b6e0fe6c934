//! What runs, as the kernel tells it.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::{Process, Stat, all_processes};

/// Whether the process is there and is more than a zombie, which one whose first thread has ended is shown as.
pub fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state != 'X' && (stat.state != 'Z' || stat.num_threads > 1))
}

/// Whether a signal has stopped the process.
pub fn is_stopped(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state == 'T')
}

/// Sends a signal; a process that has ended is no error.
pub fn signal(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// The children of a process that have ended and have not been collected.
pub fn zombies(pid: u32) -> usize {
    let is_zombie = |stat: &Stat| stat.state == 'Z' && stat.ppid == pid.cast_signed();
    all().filter_map(stat).filter(is_zombie).count()
}

/// Every living process below this one, nearest first.
pub fn descendants(pid: u32) -> Vec<u32> {
    let parent_of = |pid: u32| Some((pid, stat(pid)?.ppid.cast_unsigned()));
    let parents: Vec<(u32, u32)> = all().filter_map(parent_of).collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(pid, _)| pid));
        next += 1;
    }
    found.split_off(1).into_iter().filter(|pid| alive(*pid)).collect()
}

/// The launcher with that process id and its watchdog, which is a fork of it.
pub fn own(pid: u32) -> Vec<u32> {
    let mine = command_line(pid);
    let is_own = |below: &u32| command_line(*below) == mine;
    std::iter::once(pid).chain(descendants(pid).into_iter().filter(is_own)).collect()
}

/// Every living process whose environment holds this text, wherever it went: sessions, groups and
/// parents do not matter.
pub fn with_environment(text: &str) -> Vec<u32> {
    let holds = |pid: &u32| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environment| environment.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    all().filter(|pid| alive(*pid)).filter(holds).collect()
}

/// The command line, its arguments parted by spaces; empty if the process is gone.
pub fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ").trim_end().to_owned()
}

/// Its threads: their names, as long as the kernel keeps one (fifteen bytes), and how often each has run.
pub fn threads(pid: u32) -> Vec<(String, u64)> {
    let tasks = process(pid).and_then(|process| process.tasks().ok()).into_iter().flatten().flatten();
    tasks.filter_map(|task| Some((task.stat().ok()?.comm, task.schedstat().ok()?.pcount))).collect()
}

/// The names of the variables in the environment that the process was started with.
pub fn variables(pid: u32) -> Vec<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment);
    environment.split('\0').filter_map(|variable| Some(variable.split_once('=')?.0.to_owned())).collect()
}

/// CPU time that the process has used, user and system, in seconds.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = stat(pid)?;
    Some((stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64)
}

/// Resident memory of the process in kilobytes; what processes share is counted in each (`VmRSS`).
pub fn resident_kilobytes(pid: u32) -> Option<u64> {
    process(pid)?.status().ok()?.vmrss
}

/// Resident memory of the process in kilobytes; what processes share is divided among them (`Pss`).
pub fn proportional_kilobytes(pid: u32) -> Option<u64> {
    rollup_kilobytes(pid, "Pss")
}

/// Memory of the process in kilobytes that no file stands behind (`Pss_Anon`): what it has allocated, and
/// nothing that depends on which other programs use the same libraries. Shared parts are divided.
pub fn anonymous_kilobytes(pid: u32) -> Option<u64> {
    rollup_kilobytes(pid, "Pss_Anon")
}

fn rollup_kilobytes(pid: u32, field: &str) -> Option<u64> {
    let rollup = process(pid)?.smaps_rollup().ok()?;
    rollup.memory_map_rollup.0.first()?.extension.map.get(field).map(|bytes| bytes / 1024)
}

fn process(pid: u32) -> Option<Process> {
    Process::new(pid.cast_signed()).ok()
}

fn stat(pid: u32) -> Option<Stat> {
    process(pid)?.stat().ok()
}

fn all() -> impl Iterator<Item = u32> {
    let processes = all_processes().expect("/proc is mounted");
    processes.flatten().map(|process| process.pid.cast_unsigned())
}
