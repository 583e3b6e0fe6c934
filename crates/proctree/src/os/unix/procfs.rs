//! What `/proc` says of processes.

use std::io::{self, Read};
use std::path::Path;

#[cfg(target_os = "linux")]
use nix::unistd::{Uid, User, geteuid};

pub(super) use super::process_stat::Stat;
#[cfg(not(target_os = "linux"))]
pub(super) use super::without_procfs::*;

#[cfg(target_os = "linux")]
pub(super) fn stat(pid: i32) -> Option<Stat> {
    let text = read(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = fields(&text)?;
    let state = *fields.next()?.as_bytes().first()?;
    // proc_pid_stat(5): the group is field 5, the number of threads field 20, the start time field 22.
    let group = fields.nth(1)?.parse().ok()?;
    let threads = fields.nth(14)?.parse().ok()?;
    let started = fields.nth(1)?.parse().ok()?;
    Some(Stat { state, group, threads, started })
}

/// The fields of a `/proc/PID/stat` from the third on. The name in parentheses before them may itself hold anything.
pub(super) fn fields(stat: &[u8]) -> Option<std::str::Split<'_, char>> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')?;
    Some(std::str::from_utf8(stat.get(after_name + 2..)?).ok()?.split(' '))
}

/// Reads a file of `/proc`. Its size is given as 0, so that the standard library starts at 32 bytes and grows;
/// this starts with a page, which nearly all of these files fit into.
pub(super) fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    const PAGE: usize = 4096;
    let mut file = std::fs::File::open(path)?;
    let mut text = vec![0; PAGE];
    let mut length = 0;
    loop {
        match file.read(&mut text[length..])? {
            0 => break,
            read => length += read,
        }
        if length == text.len() {
            text.resize(2 * length, 0);
        }
    }
    text.truncate(length);
    Ok(text)
}

/// Every process, as a rule in ascending order of process ids.
#[cfg(target_os = "linux")]
pub(super) fn all_processes() -> impl Iterator<Item = i32> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The children of a process, started or adopted, zombies included.
#[cfg(target_os = "linux")]
pub(super) fn children_of(pid: i32) -> Vec<i32> {
    let mut children = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        if let Ok(text) = read(task.path().join("children")) {
            let numbers =
                text.split(|byte| *byte == b' ').filter_map(|child| std::str::from_utf8(child).ok());
            children.extend(numbers.filter_map(|child| child.parse::<i32>().ok()));
        }
    }
    children
}

/// The number that was given to a process or thread last (proc_loadavg(5)).
#[cfg(target_os = "linux")]
pub(super) fn newest_number() -> Option<i32> {
    let text = read("/proc/loadavg").ok()?;
    std::str::from_utf8(&text).ok()?.split_ascii_whitespace().last()?.parse().ok()
}

/// Whether a process has this name (proc_pid_comm(5)).
#[cfg(target_os = "linux")]
pub(super) fn has_name(pid: i32, name: &std::ffi::CStr) -> bool {
    read(format!("/proc/{pid}/comm")).is_ok_and(|text| text.trim_ascii_end() == name.to_bytes())
}

/// The name of a process, for people.
#[cfg(target_os = "linux")]
pub(super) fn name(pid: i32) -> Option<String> {
    let text = read(format!("/proc/{pid}/comm")).ok()?;
    Some(contract::plain(String::from_utf8_lossy(text.trim_ascii_end())).into_owned())
}

/// The user that a process belongs to, by name where there is one.
#[cfg(target_os = "linux")]
pub(super) fn user_name(pid: i32) -> Option<String> {
    let uid = *users(pid)?.first()?;
    let known = User::from_uid(uid).ok().flatten();
    Some(known.map_or_else(|| uid.to_string(), |user| user.name))
}

/// Whether a process is this user's, and acts as nobody else.
#[cfg(target_os = "linux")]
pub(super) fn belongs_to_us(pid: i32) -> bool {
    users(pid).is_some_and(|users| users.iter().all(|user| *user == geteuid()))
}

/// Its real user, the one that it acts as, and two more (proc_pid_status(5)).
#[cfg(target_os = "linux")]
fn users(pid: i32) -> Option<Vec<Uid>> {
    let status = String::from_utf8(read(format!("/proc/{pid}/status")).ok()?).ok()?;
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    users.split_whitespace().map(|user| user.parse().ok().map(Uid::from_raw)).collect()
}

/// The environment that a process was started with, its variables parted by NUL.
#[cfg(target_os = "linux")]
pub(super) fn environment(pid: i32) -> Vec<u8> {
    read(format!("/proc/{pid}/environ")).unwrap_or_default()
}
