//! All processes of a run: those in its group, and those that left it.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::{Cause, StopSignal, StopSignalTo};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::carries_marker::carries_marker;
use super::child::others_live;
use super::orphans::adopted_and_ended;
use super::process_handle::{ProcessHandle, async_descriptor};
use super::procfs::{Stat, all_processes, children_of, name, stat, user_name};
use super::rlimit_tag::RlimitTag;
use super::watchdog;
use crate::LaunchMarker;

/// A process that was started, and everything that it started.
#[derive(Debug, Clone)]
pub struct ProcessTree {
    leader: Pid,
    marker: LaunchMarker,
    stop_signal: Signal,
    stop_signal_to: StopSignalTo,
    /// Processes seen below the leader, each with its start time: whatever they do to their environment
    /// and whoever becomes their parent, they stay in the tree.
    seen: Arc<Mutex<HashSet<(i32, u64)>>>,
    /// It was asked to end.
    terminated: Arc<AtomicBool>,
    /// It was killed: whatever is found of it is killed too.
    killed: Arc<AtomicBool>,
}

impl ProcessTree {
    /// The tree below a process that leads its group and carries `marker`, and how it is asked to end.
    pub fn new(
        leader: u32,
        marker: LaunchMarker,
        stop_signal: StopSignal,
        stop_signal_to: StopSignalTo,
    ) -> Self {
        Self {
            leader: Pid::from_raw(leader.cast_signed()),
            marker,
            stop_signal: stop_signal.name().parse().unwrap_or(Signal::SIGTERM),
            stop_signal_to,
            seen: Arc::default(),
            terminated: Arc::default(),
            killed: Arc::default(),
        }
    }

    /// Asks every wrapper of `SLEEP_ON` below which nothing is left to end again. Returns descriptors of what is to
    /// be waited for before the next look; `None` where there is no such wrapper.
    pub fn wake_wrappers(&self) -> Option<Vec<Option<OwnedFd>>> {
        let sleeps_on = |pid: &i32| name(*pid).is_some_and(|name| SLEEP_ON.contains(&name.as_str()));
        let wrappers: Vec<i32> = self.pids().into_iter().map(u32::cast_signed).filter(sleeps_on).collect();
        let mut waited_for = Vec::new();
        for wrapper in &wrappers {
            let mut below = children_of(*wrapper);
            below.retain(|pid| stat(*pid).is_some_and(Stat::lives));
            if below.is_empty() {
                let handle = ProcessHandle::open(*wrapper);
                if let Some(handle) = handle
                    && (carries_marker(*wrapper, &self.marker) || self.has_seen(*wrapper))
                {
                    handle.signal(self.stop_signal);
                }
                below.push(*wrapper);
            }
            waited_for.extend(below);
        }
        let handles = waited_for.into_iter().filter_map(ProcessHandle::open);
        (!wrappers.is_empty()).then(|| handles.map(ProcessHandle::into_descriptor).collect())
    }

    /// Sends the stop signal to those processes that it is for. A stopped one is woken, since it could not handle the
    /// signal.
    pub fn terminate(&self, leader_lives: bool) {
        self.terminated.store(true, Ordering::Relaxed);
        self.remember_descendants(leader_lives);
        let signals = [self.stop_signal, Signal::SIGCONT];
        if leader_lives && self.stop_signal_to == StopSignalTo::Main {
            for signal in signals {
                let _ = kill(self.leader, signal);
            }
        } else {
            self.signal(&signals, leader_lives);
        }
    }

    /// The leader has ended: what it leaves behind is asked to end, if only the leader was asked before.
    pub fn leader_ended(&self) {
        if self.terminated.load(Ordering::Relaxed) && self.stop_signal_to == StopSignalTo::Main {
            self.terminate(false);
        }
    }

    /// Kills every process, and from then on whatever [`is_empty`](Self::is_empty) finds.
    pub fn kill(&self, leader_lives: bool) {
        self.killed.store(true, Ordering::Relaxed);
        self.remember_descendants(leader_lives);
        self.signal(&[Signal::SIGKILL], leader_lives);
    }

    fn signal(&self, signals: &[Signal], leader_lives: bool) {
        if leader_lives || self.group_remains() {
            for signal in signals {
                let _ = killpg(self.leader, *signal);
            }
        }
        for pid in self.escaped().living {
            if let Some(handle) = ProcessHandle::open(pid)
                && self.has(pid)
            {
                for signal in signals {
                    handle.signal(*signal);
                }
            }
        }
    }

    /// Remembers what is below the leader while that can still be told.
    fn remember_descendants(&self, leader_lives: bool) {
        let roots = if leader_lives { vec![self.leader.as_raw()] } else { self.escaped().living };
        let mut seen = self.seen();
        for pid in with_descendants(roots) {
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

    /// Whether a descendant of this process belongs to the tree.
    fn has(&self, pid: i32) -> bool {
        carries_marker(pid, &self.marker)
            || self.has_seen(pid)
            // Once no other service is left, there is none but this one to which it can belong.
            || !others_live(self.leader.as_raw()) && RlimitTag::of(&crate::watchdog::marker()).is_lost(pid)
    }

    /// Whether the group has a member, of whichever user, although its leader is gone. A process that has the
    /// leader's number by then leads another group: a group's number is not given away while it has members.
    fn group_remains(&self) -> bool {
        killpg(self.leader, None) != Err(Errno::ESRCH) && kill(self.leader, None) == Err(Errno::ESRCH)
    }

    /// Whether nothing is left of the tree, once its leader has ended. After a [`kill`](Self::kill) it kills
    /// what was started since.
    pub fn is_empty(&self) -> bool {
        let is_empty = self.finds_nothing();
        if !is_empty && self.killed.load(Ordering::Relaxed) {
            self.signal(&[Signal::SIGKILL], false);
        }
        is_empty
    }

    fn finds_nothing(&self) -> bool {
        if self.group_remains() {
            if !self.living_in_group().is_empty() {
                return false;
            }
            // Zombies alone, and what was started between two reads of the list.
            let _ = killpg(self.leader, Signal::SIGKILL);
        }
        let mut ended_before = HashSet::new();
        for _ in 0..LOOKS_MAX {
            let escaped = self.escaped();
            if !escaped.living.is_empty() {
                return false;
            }
            if escaped.ended.is_subset(&ended_before) {
                return true;
            }
            ended_before = escaped.ended;
        }
        false
    }

    /// Descriptors of the processes that are left, for [`any_ended`]; `None` where the system refuses it.
    pub fn remaining(&self) -> Vec<Option<OwnedFd>> {
        let left = self.living_pids().into_iter();
        left.filter_map(ProcessHandle::open).map(ProcessHandle::into_descriptor).collect()
    }

    /// They are inherited; whether somebody accepts at them is shown by their queues.
    pub fn has_taken_sockets(&self) -> bool {
        true
    }

    /// The processes of the tree, to ask which sockets they have.
    pub fn pids(&self) -> Vec<u32> {
        let mut found = with_descendants(vec![self.leader.as_raw()]);
        found.extend(self.adopted(|_| true).living);
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(i32::cast_unsigned).collect()
    }

    /// How many processes of the tree are alive, the leader among them or not.
    pub fn living(&self) -> usize {
        self.living_pids().len()
    }

    /// Which processes of the tree are alive although they were killed, and why.
    pub fn left(&self) -> Vec<Cause> {
        self.living_pids().into_iter().filter_map(left).collect()
    }

    /// Which processes of the tree are stopped, and by what.
    pub fn suspended(&self) -> Vec<Cause> {
        self.pids().into_iter().filter_map(suspension).collect()
    }

    fn living_pids(&self) -> Vec<i32> {
        let leader = self.leader.as_raw();
        let lives = |pid: &i32| stat(*pid).is_some_and(Stat::lives);
        let mut living = self.escaped().living;
        // A leader's number is its own as long as its group is named after it.
        if stat(leader).is_some_and(|stat| stat.group == leader && stat.lives()) {
            living.extend(with_descendants(vec![leader]).into_iter().filter(lives));
            living.extend(self.living_in_group());
        } else if self.group_remains() {
            living.extend(self.living_in_group());
        }
        living.sort_unstable();
        living.dedup();
        living
    }

    /// Members of the group, zombies left out.
    fn living_in_group(&self) -> Vec<i32> {
        let group = self.leader.as_raw();
        all_processes()
            .filter(|pid| stat(*pid).is_some_and(|stat| stat.group == group && stat.lives()))
            .collect()
    }

    /// Descendants outside the group.
    fn escaped(&self) -> Descendants {
        self.adopted(|stat| stat.group != self.leader.as_raw())
    }

    /// Descendants that the leader may have lost: what it started, and what was adopted by this process (the
    /// subreaper); those that `counts` is true of.
    fn adopted(&self, counts: impl Fn(Stat) -> bool) -> Descendants {
        let counts = |pid: &i32| stat(*pid).is_some_and(|stat| stat.lives() && counts(stat));
        if !watchdog::adopts() {
            let living =
                all_processes().filter(|pid| carries_marker(*pid, &self.marker) && counts(pid)).collect();
            return Descendants { living, ended: HashSet::new() };
        }
        let (adopted, ended) = adopted_and_ended();
        let mut found = children_of(self.leader.as_raw());
        found.extend(adopted.into_iter().filter(|pid| self.has(*pid)));
        let seen: Vec<i32> = self.seen().iter().map(|(pid, _)| *pid).collect();
        found.extend(seen.into_iter().filter(|pid| self.has_seen(*pid)));
        let mut found = with_descendants(found);
        found.retain(|pid| counts(pid) && self.has(*pid));
        found.sort_unstable();
        found.dedup();
        Descendants { living: found, ended }
    }
}

/// Whether a process of that id is alive.
pub fn is_alive(pid: u32) -> bool {
    stat(pid.cast_signed()).is_some_and(Stat::lives)
}

/// Why a process is left; `None` if it is gone.
fn left(process: i32) -> Option<Cause> {
    let (pid, name) = (process.cast_unsigned(), name(process)?);
    Some(match kill(Pid::from_raw(process), None) {
        Err(Errno::EPERM) => Cause::NotOurs { pid, name, user: user_name(process)? },
        _ => Cause::Stuck { pid, name },
    })
}

/// What a process is stopped by; `None` if it is not.
fn suspension(pid: u32) -> Option<Cause> {
    let process = pid.cast_signed();
    match stat(process)?.state {
        b'T' => Some(Cause::Suspended { pid, name: name(process)? }),
        b't' => Some(Cause::Traced { pid, name: name(process)? }),
        _ => None,
    }
}

/// Asked to end, they ask what they started, and sleep for two seconds, also when it ends at once. To be asked again
/// wakes them.
const SLEEP_ON: [&str; 2] = ["su", "runuser"];

/// How often the list is read for what hides behind processes that end.
const LOOKS_MAX: u32 = 20;

/// What a look at the processes below a leader found.
struct Descendants {
    living: Vec<i32>,
    /// Children of this process that had ended when it was their turn. What they had started may have become
    /// children of this process since it looked: only a second look tells.
    ended: HashSet<i32>,
}

/// These processes and everything below them.
fn with_descendants(mut found: Vec<i32>) -> Vec<i32> {
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        found.extend(children_of(pid));
    }
    found
}

/// Waits until one of these processes ends, or for a moment: a process that was not found may be left all the
/// same. The moment is shorter where none was found.
pub async fn any_ended(processes: Vec<Option<OwnedFd>>) {
    let look_again = Duration::from_millis(if processes.is_empty() { 5 } else { 100 });
    let mut waits = tokio::task::JoinSet::new();
    for process in processes.into_iter().flatten() {
        waits.spawn(async move {
            let process = async_descriptor(process);
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
