//! All processes of a run: those in its group, and those that left it but carry its mark.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::born::is_leader;
use super::tag::Tag;
use super::watcher;
use crate::os::{MARK, Mark};

/// The processes of one run.
#[derive(Debug, Clone)]
pub(crate) struct Members {
    leader: Pid,
    mark: Mark,
    /// Processes seen below the leader, each with its start time: whatever they do to their environment
    /// and whoever becomes their parent, they stay members.
    seen: Arc<Mutex<HashSet<(i32, u64)>>>,
}

impl Members {
    pub(crate) fn new(leader: u32, mark: Mark) -> Self {
        Self { leader: Pid::from_raw(leader.cast_signed()), mark, seen: Arc::default() }
    }

    /// Asks every process to end. A stopped one is woken, since it could not hear it.
    pub(crate) fn terminate(&self, leader_lives: bool) {
        self.look(leader_lives);
        self.signal(&[Signal::SIGTERM, Signal::SIGCONT], leader_lives);
    }

    /// Ends every process.
    pub(crate) fn kill(&self, leader_lives: bool) {
        self.look(leader_lives);
        self.signal(&[Signal::SIGKILL], leader_lives);
    }

    fn signal(&self, signals: &[Signal], leader_lives: bool) {
        if leader_lives || self.group_remains() {
            for signal in signals {
                let _ = killpg(self.leader, *signal);
            }
        }
        for stray in self.strays() {
            if let Some(handle) = Handle::open(stray)
                && (carries(stray, &self.mark) || self.has_seen(stray))
            {
                for signal in signals {
                    handle.signal(*signal);
                }
            }
        }
    }

    /// Remembers what is below the leader while that can still be told.
    fn look(&self, leader_lives: bool) {
        let roots = if leader_lives { vec![self.leader.as_raw()] } else { self.strays() };
        let mut seen = self.seen();
        for pid in below(roots) {
            seen.extend(stat(pid).map(|stat| (pid, stat.started)));
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashSet<(i32, u64)>> {
        // Nothing panics while it is held.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_seen(&self, pid: i32) -> bool {
        stat(pid).is_some_and(|stat| self.seen().contains(&(pid, stat.started)))
    }

    /// Whether the group has a member although its leader is gone. A process that has the leader's number
    /// by then leads another group: a group's number is not given away while it has members.
    fn group_remains(&self) -> bool {
        killpg(self.leader, None).is_ok() && kill(self.leader, None) == Err(Errno::ESRCH)
    }

    /// Whether nothing is left of it, once its leader has ended.
    pub(crate) fn is_empty(&self) -> bool {
        (!self.group_remains() || self.living_in_group().is_empty()) && self.strays().is_empty()
    }

    /// Handles by which to wait for the end of what is left.
    pub(crate) fn remaining(&self) -> Vec<OwnedFd> {
        let mut left = self.strays();
        if self.group_remains() {
            left.extend(self.living_in_group());
        }
        left.into_iter().filter_map(Handle::open).filter_map(|handle| handle.0).collect()
    }

    /// The processes that belong to it by descent, for asking who listens.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let mut found = below(vec![self.leader.as_raw()]);
        found.extend(self.strays());
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(i32::cast_unsigned).collect()
    }

    /// How many of its processes live, whether or not its leader is among them.
    pub(crate) fn living(&self) -> usize {
        let leader = self.leader.as_raw();
        let lives = |pid: &i32| stat(*pid).is_some_and(|stat| stat.state != b'Z');
        // A leader's number is its own as long as its group is named after it.
        if stat(leader).is_some_and(|stat| stat.group == leader && stat.state != b'Z') {
            return self.pids().into_iter().map(u32::cast_signed).filter(lives).count();
        }
        let in_group = if self.group_remains() { self.living_in_group().len() } else { 0 };
        in_group + self.strays().len()
    }

    /// Group members that are more than an entry that nobody has collected.
    fn living_in_group(&self) -> Vec<i32> {
        let group = self.leader.as_raw();
        all_processes()
            .filter(|pid| stat(*pid).is_some_and(|stat| stat.group == group && stat.state != b'Z'))
            .collect()
    }

    /// Marked processes outside the group: below the leader, or adopted by whoever collects orphans.
    fn strays(&self) -> Vec<i32> {
        let group = self.leader.as_raw();
        let outside = |pid: &i32| stat(*pid).is_some_and(|stat| stat.group != group && stat.state != b'Z');
        if !watcher::adopts() {
            return marked(&self.mark).into_iter().filter(outside).collect();
        }
        let mut found = children_of(self.leader.as_raw());
        found.extend(adopted().filter(|pid| carries(*pid, &self.mark)));
        let seen: Vec<i32> = self.seen().iter().map(|(pid, _)| *pid).collect();
        found.extend(seen.into_iter().filter(|pid| self.has_seen(*pid)));
        let mut found = below(found);
        found.retain(|pid| outside(pid) && (carries(*pid, &self.mark) || self.has_seen(*pid)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// These processes and everything below them.
fn below(mut found: Vec<i32>) -> Vec<i32> {
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        found.extend(children_of(pid));
    }
    found
}

/// A process that keeps being that process, whatever becomes of its number.
struct Handle(Option<OwnedFd>, i32);

impl Handle {
    #[cfg(target_os = "linux")]
    fn open(pid: i32) -> Option<Self> {
        super::pidfd::open(pid).map(|fd| Self(Some(fd), pid))
    }

    #[cfg(not(target_os = "linux"))]
    fn open(pid: i32) -> Option<Self> {
        Some(Self(None, pid))
    }

    fn signal(&self, signal: Signal) {
        #[cfg(target_os = "linux")]
        if let Some(fd) = &self.0 {
            use std::os::fd::AsRawFd;
            // SAFETY: a valid descriptor, and no siginfo.
            unsafe {
                libc::syscall(
                    libc::SYS_pidfd_send_signal,
                    fd.as_raw_fd(),
                    signal as i32,
                    std::ptr::null::<u8>(),
                    0,
                )
            };
            return;
        }
        let _ = kill(Pid::from_raw(self.1), signal);
    }
}

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, Clone, Copy)]
struct Stat {
    state: u8,
    group: i32,
    /// In clock ticks since the machine started.
    started: u64,
}

fn stat(pid: i32) -> Option<Stat> {
    let text = read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may itself hold anything.
    let after_name = text.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(text.get(after_name + 2..)?).ok()?;
    let mut fields = rest.split(' ');
    let state = *fields.next()?.as_bytes().first()?;
    // proc_pid_stat(5): the group is field 5, the start time field 22.
    let group = fields.nth(1)?.parse().ok()?;
    let started = fields.nth(16)?.parse().ok()?;
    Some(Stat { state, group, started })
}

/// A file of `/proc`, which says that it is empty: it is asked for a page at once, as most of them have no more,
/// where the standard library would feel its way from 32 bytes on.
fn read(path: impl AsRef<std::path::Path>) -> io::Result<Vec<u8>> {
    use std::io::Read;

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

fn all_processes() -> impl Iterator<Item = i32> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn children_of(pid: i32) -> Vec<i32> {
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

/// Whether a process has the mark in its environment, or on itself where it threw that away.
fn carries(pid: i32, mark: &Mark) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let value = |line: &[u8]| Some(line.strip_prefix(MARK.as_bytes())?.strip_prefix(b"=")?.to_owned());
    match environment.split(|byte| *byte == 0).find_map(value) {
        Some(value) => value.starts_with(mark.as_str().as_bytes()),
        None => Tag::of(mark).is_on(pid),
    }
}

/// This process's children but for those that it started itself as services: orphans that it adopted, and
/// what other parts of the program started.
fn adopted() -> impl Iterator<Item = i32> {
    children_of(Pid::this().as_raw()).into_iter().filter(|pid| !is_leader(*pid))
}

/// Orphans that ended as children of this process, whose entries somebody has to collect.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    seen: HashSet<i32>,
}

impl Orphans {
    /// Collects those of services at once. Another part of the program may wait for one that is not: it is
    /// collected if it is still there the next time.
    pub(crate) fn collect(&mut self) {
        if !watcher::adopts() {
            return;
        }
        let ended = |pid: &i32| stat(*pid).is_some_and(|stat| stat.state == b'Z');
        let ours = Tag::of(&crate::guard::mark());
        let (collected, left): (Vec<i32>, Vec<i32>) =
            adopted().filter(ended).partition(|pid| ours.is_on(*pid) || self.seen.contains(pid));
        for pid in collected {
            let _ = nix::sys::wait::waitpid(Pid::from_raw(pid), Some(nix::sys::wait::WaitPidFlag::WNOHANG));
        }
        self.seen = left.into_iter().collect();
    }
}

fn marked(mark: &Mark) -> Vec<i32> {
    all_processes().filter(|pid| carries(*pid, mark)).collect()
}

/// Ends every process that carries the mark, until none is left or the rounds are used up. Gives back
/// how many it ended.
pub(crate) fn end_everything_marked(mark: &Mark) -> usize {
    const ROUNDS_MAX: u32 = 200;
    let mut ended = HashSet::new();
    for _ in 0..ROUNDS_MAX {
        let mut found = marked(mark);
        found.retain(|pid| stat(*pid).is_some_and(|stat| stat.state != b'Z'));
        if found.is_empty() {
            break;
        }
        for pid in found {
            if let Some(handle) = Handle::open(pid)
                && carries(pid, mark)
            {
                handle.signal(Signal::SIGKILL);
                ended.insert(pid);
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    ended.len()
}

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
    identity(pid).is_ok_and(|now| now == recorded)
        && stat(pid.cast_signed()).is_some_and(|stat| stat.state != b'Z')
}

/// Ends a process, and its group if it leads one, if it still is the one of that identity.
pub(crate) fn kill_same_process(pid: u32, recorded: &str) -> bool {
    let number = pid.cast_signed();
    let Some(handle) = Handle::open(number) else { return false };
    // The handle keeps the process; so what holds now holds at the signal.
    if !is_same_process(pid, recorded) {
        return false;
    }
    if stat(number).is_some_and(|stat| stat.group == number) {
        let _ = killpg(Pid::from_raw(number), Signal::SIGKILL);
    }
    handle.signal(Signal::SIGKILL);
    true
}

/// Waits until one of these processes ends, or a moment has passed: who has not been seen among them may
/// be left all the same.
pub(crate) async fn any_ended(processes: Vec<OwnedFd>) {
    const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(100);
    let mut waits = tokio::task::JoinSet::new();
    for process in processes {
        waits.spawn(async move {
            // SAFETY: the descriptor is owned, and nobody closes it but the AsyncFd itself.
            let process = unsafe { AsyncFd::register_with_interest(process, Interest::READABLE) };
            let Ok(process) = process else { return std::future::pending().await };
            let _ = process.readable().await;
        });
    }
    let any = async {
        if waits.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    };
    let _ = tokio::time::timeout(LOOK_AGAIN, any).await;
}
