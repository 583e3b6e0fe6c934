//! What runs, as the kernel tells it.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Whether the process is there and is more than a zombie.
pub fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state != 'Z' && stat.state != 'X')
}

/// Sends a signal; a process that has ended is no error.
pub fn signal(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// Every living process below this one, nearest first.
pub fn descendants(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = all().filter_map(|pid| Some((pid, stat(pid)?.parent))).collect();
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
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let thread = |folder: std::path::PathBuf| {
        let name = fs::read_to_string(folder.join("comm")).ok()?.trim_end().to_owned();
        // Time that it ran, time that it waited, turns: see sched-stats in the kernel's documentation.
        let turns = fs::read_to_string(folder.join("schedstat")).ok()?;
        Some((name, turns.split_whitespace().nth(2)?.parse().ok()?))
    };
    threads.filter_map(|entry| thread(entry.path())).collect()
}

/// The names of the variables in the environment that the process was started with.
pub fn variables(pid: u32) -> Vec<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment);
    environment.split('\0').filter_map(|variable| Some(variable.split_once('=')?.0.to_owned())).collect()
}

/// CPU time that the process has used, user and system, in seconds.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let ticks = stat(pid)?.cpu_ticks;
    // USER_HZ is 100 on every architecture that Linux shows it on.
    Some(ticks as f64 / 100.0)
}

/// Resident memory of the process in kilobytes; what processes share is counted in each (`VmRSS`).
pub fn resident_kilobytes(pid: u32) -> Option<u64> {
    field(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Resident memory of the process in kilobytes; what processes share is divided among them (`Pss`).
pub fn proportional_kilobytes(pid: u32) -> Option<u64> {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Memory of the process in kilobytes that no file stands behind (`Pss_Anon`): what it has allocated, and
/// nothing that depends on which other programs use the same libraries. Shared parts are divided.
pub fn anonymous_kilobytes(pid: u32) -> Option<u64> {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss_Anon:")
}

fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

struct Stat {
    state: char,
    parent: u32,
    cpu_ticks: u64,
}

/// See proc_pid_stat(5). The name may hold spaces and parentheses.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: u32::try_from(number(1)?).ok()?,
        cpu_ticks: number(11)? + number(12)?,
    })
}

fn all() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .expect("/proc is mounted")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
