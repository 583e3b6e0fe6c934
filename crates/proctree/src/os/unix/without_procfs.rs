//! What macOS says of processes: what `procfs` reads elsewhere, by the crate `sysinfo`, which asks libproc and sysctl.
//! Of another user's process it is little.

use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStrExt;

use nix::unistd::{Pid, Uid, User, geteuid, getpgid};
use sysinfo::{Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::process_stat::Stat;

/// What there is of a process; `None` if it is gone.
pub(super) fn stat(pid: i32) -> Option<Stat> {
    let group = getpgid(Some(Pid::from_raw(pid))).ok()?.as_raw();
    of(pid, ProcessRefreshKind::nothing(), |process| Stat {
        state: if process.status() == ProcessStatus::Zombie { b'Z' } else { b'R' },
        group,
        threads: 1,
        started: process.start_time(),
    })
}

/// Every process, in ascending order of process ids.
pub(super) fn all_processes() -> impl Iterator<Item = i32> {
    let mut all: Vec<i32> = every().processes().keys().map(|pid| pid.as_u32().cast_signed()).collect();
    all.sort_unstable();
    all.into_iter()
}

/// The children of a process, zombies included.
pub(super) fn children_of(pid: i32) -> Vec<i32> {
    let parent = Some(number(pid));
    let all = every();
    let children = all.processes().iter().filter(|(_, process)| process.parent() == parent);
    children.map(|(pid, _)| pid.as_u32().cast_signed()).collect()
}

/// Not told: each pass of a search goes through all processes.
pub(super) fn newest_number() -> Option<i32> {
    None
}

/// Whether a process has this name.
pub(super) fn has_name(pid: i32, name: &CStr) -> bool {
    let is_so =
        of(pid, ProcessRefreshKind::nothing(), |process| process.name().as_bytes() == name.to_bytes());
    is_so.unwrap_or(false)
}

/// The name of a process, for people.
pub(super) fn name(pid: i32) -> Option<String> {
    let name = of(pid, ProcessRefreshKind::nothing(), |process| process.name().to_owned())?;
    Some(contract::plain(name.to_string_lossy()).into_owned())
}

/// The environment that it was started with, its variables parted by NUL.
pub(super) fn environment(pid: i32) -> Vec<u8> {
    let what = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    let variables: Vec<OsString> = of(pid, what, |process| process.environ().to_vec()).unwrap_or_default();
    variables.iter().map(|variable| variable.as_bytes()).collect::<Vec<_>>().join(&0)
}

/// The user that a process belongs to, by name where there is one.
pub(super) fn user_name(pid: i32) -> Option<String> {
    let uid = *users(pid)?.first()?;
    let known = User::from_uid(uid).ok().flatten();
    Some(known.map_or_else(|| uid.to_string(), |user| user.name))
}

/// Whether a process is this user's, and acts as nobody else.
pub(super) fn belongs_to_us(pid: i32) -> bool {
    users(pid).is_some_and(|users| users.iter().all(|user| *user == geteuid()))
}

/// Its real user, and the one that it acts as.
fn users(pid: i32) -> Option<Vec<Uid>> {
    let what = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
    of(pid, what, |process| {
        let users = [process.user_id(), process.effective_user_id()];
        users.into_iter().map(|user| Some(Uid::from_raw(**user?))).collect()
    })?
}

fn of<T>(pid: i32, what: ProcessRefreshKind, read: impl FnOnce(&Process) -> T) -> Option<T> {
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[number(pid)]), false, what);
    system.process(number(pid)).map(read)
}

fn every() -> System {
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::All, false, ProcessRefreshKind::nothing());
    system
}

fn number(pid: i32) -> sysinfo::Pid {
    sysinfo::Pid::from_u32(pid.cast_unsigned())
}
