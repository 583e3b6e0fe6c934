//! All processes of a run: those in its group, and those that left it but carry its mark.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::born::is_leader;
use super::handle::Handle;
use super::procfs::{Stat, all_processes, children_of, read, stat};
use super::tag::Tag;
use super::watchdog;
use crate::os::{MARK, Mark};

/// The processes of one run.
#[derive(Debug, Clone)]
pub(crate) struct Members {
    leader: Pid,
    mark: Mark,
    /// Processes seen below the leader, each with its start time: whatever they do to their environment
    /// and whoever becomes their parent, they stay members.
    seen: Arc<Mutex<HashSet<(i32, u64)>>>,
    /// Whatever is found from now on is ended.
    killed: Arc<AtomicBool>,
}

impl Members {
    pub(crate) fn new(leader: u32, mark: Mark) -> Self {
        Self {
            leader: Pid::from_raw(leader.cast_signed()),
            mark,
            seen: Arc::default(),
            killed: Arc::default(),
        }
    }

    /// Asks every process to end. A stopped one is woken, since it could not hear it.
    pub(crate) fn terminate(&self, leader_lives: bool) {
        self.look(leader_lives);
        self.signal(&[Signal::SIGTERM, Signal::SIGCONT], leader_lives);
    }

    /// Ends every process.
    pub(crate) fn kill(&self, leader_lives: bool) {
        self.killed.store(true, Ordering::Relaxed);
        self.look(leader_lives);
        self.signal(&[Signal::SIGKILL], leader_lives);
    }

    fn signal(&self, signals: &[Signal], leader_lives: bool) {
        if leader_lives || self.group_remains() {
            for signal in signals {
                let _ = killpg(self.leader, *signal);
            }
        }
        for stray in self.strays().living {
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
        let roots = if leader_lives { vec![self.leader.as_raw()] } else { self.strays().living };
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

    /// Whether nothing is left of it, once its leader has ended. What was made after everything was to end is
    /// ended now.
    pub(crate) fn is_empty(&self) -> bool {
        let is_empty = self.looks_empty();
        if !is_empty && self.killed.load(Ordering::Relaxed) {
            self.signal(&[Signal::SIGKILL], false);
        }
        is_empty
    }

    fn looks_empty(&self) -> bool {
        if self.group_remains() {
            if !self.living_in_group().is_empty() {
                return false;
            }
            // Nothing but entries, and what was made behind the back of the one who looked.
            let _ = killpg(self.leader, Signal::SIGKILL);
        }
        let mut ended_before = HashSet::new();
        for _ in 0..LOOKS_MAX {
            let strays = self.strays();
            if !strays.living.is_empty() {
                return false;
            }
            if strays.ended.is_subset(&ended_before) {
                return true;
            }
            ended_before = strays.ended;
        }
        false
    }

    /// Handles by which to wait for the end of what is left.
    pub(crate) fn remaining(&self) -> Vec<OwnedFd> {
        let mut left = self.strays().living;
        if self.group_remains() {
            left.extend(self.living_in_group());
        }
        left.into_iter().filter_map(Handle::open).filter_map(Handle::into_descriptor).collect()
    }

    /// The processes that belong to it by descent, for asking who listens.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let mut found = below(vec![self.leader.as_raw()]);
        found.extend(self.strays().living);
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(i32::cast_unsigned).collect()
    }

    /// How many of its processes live, whether or not its leader is among them.
    pub(crate) fn living(&self) -> usize {
        let leader = self.leader.as_raw();
        let lives = |pid: &i32| stat(*pid).is_some_and(Stat::lives);
        // A leader's number is its own as long as its group is named after it.
        if stat(leader).is_some_and(|stat| stat.group == leader && stat.lives()) {
            return self.pids().into_iter().map(u32::cast_signed).filter(lives).count();
        }
        let in_group = if self.group_remains() { self.living_in_group().len() } else { 0 };
        in_group + self.strays().living.len()
    }

    /// Group members that are more than an entry that nobody has collected.
    fn living_in_group(&self) -> Vec<i32> {
        let group = self.leader.as_raw();
        all_processes()
            .filter(|pid| stat(*pid).is_some_and(|stat| stat.group == group && stat.lives()))
            .collect()
    }

    /// Marked processes outside the group: below the leader, or adopted by whoever collects orphans.
    fn strays(&self) -> Strays {
        let group = self.leader.as_raw();
        let is_outside = |pid: &i32| stat(*pid).is_some_and(|stat| stat.group != group && stat.lives());
        if !watchdog::adopts() {
            let living = all_processes().filter(|pid| carries(*pid, &self.mark) && is_outside(pid)).collect();
            return Strays { living, ended: HashSet::new() };
        }
        let (adopted, ended) = adopted_and_ended();
        let mut found = children_of(self.leader.as_raw());
        found.extend(adopted.into_iter().filter(|pid| carries(*pid, &self.mark)));
        let seen: Vec<i32> = self.seen().iter().map(|(pid, _)| *pid).collect();
        found.extend(seen.into_iter().filter(|pid| self.has_seen(*pid)));
        let mut found = below(found);
        found.retain(|pid| is_outside(pid) && (carries(*pid, &self.mark) || self.has_seen(*pid)));
        found.sort_unstable();
        found.dedup();
        Strays { living: found, ended }
    }
}

/// How often is looked for what hides behind processes that end.
const LOOKS_MAX: u32 = 20;

/// What a look at the processes outside a group found.
struct Strays {
    living: Vec<i32>,
    /// Children of this process that had ended when it was their turn. What they had started may have become
    /// children of this process since it looked: only a second look tells.
    ended: HashSet<i32>,
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

/// Whether a process has the mark in its environment, or on itself where it threw that away or has the mark of
/// a launcher that is itself a service of this one.
pub(super) fn carries(pid: i32, mark: &Mark) -> bool {
    let environment = read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let value = |line: &[u8]| Some(line.strip_prefix(MARK.as_bytes())?.strip_prefix(b"=")?.to_owned());
    let named = environment.split(|byte| *byte == 0).find_map(value);
    named.is_some_and(|value| value.starts_with(mark.as_str().as_bytes())) || Tag::of(mark).is_on(pid)
}

/// This process's children but for those that it started itself as services (orphans that it adopted, and what
/// other parts of the program started), and apart from them those that have ended. The entries of services' are
/// collected: a process that goes on as another one all the time leaves hundreds a second, of which each costs
/// every look time.
fn adopted_and_ended() -> (Vec<i32>, HashSet<i32>) {
    let adopted = children_of(Pid::this().as_raw()).into_iter().filter(|pid| !is_leader(*pid));
    let (living, ended): (Vec<i32>, Vec<i32>) = adopted.partition(|pid| stat(*pid).is_some_and(Stat::lives));
    let services = Tag::of(&crate::watchdog::mark());
    collect(ended.iter().copied().filter(|pid| services.is_on(*pid)));
    (living, ended.into_iter().collect())
}

fn collect(ended: impl Iterator<Item = i32>) {
    for pid in ended {
        let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
    }
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
        if !watchdog::adopts() {
            return;
        }
        let (_, mut others) = adopted_and_ended();
        others.retain(|pid| stat(*pid).is_some());
        collect(others.intersection(&self.seen).copied());
        self.seen = others;
    }
}

/// Waits until one of these processes ends, or a moment has passed: who has not been seen among them may
/// be left all the same. Where none has been seen, it is a short one.
pub(crate) async fn any_ended(processes: Vec<OwnedFd>) {
    let look_again = Duration::from_millis(if processes.is_empty() { 5 } else { 100 });
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
    let _ = tokio::time::timeout(look_again, any).await;
}
