//! Orphans that ended as children of this process, whose entries somebody has to collect.

use std::collections::HashSet;

use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::child::is_leader;
use super::procfs::{Stat, children_of, stat};
use super::rlimit_tag::RlimitTag;
use super::watchdog::adopts;
use crate::watchdog;

/// Reaps the orphans that this process adopted, once they have ended.
#[derive(Debug, Default)]
pub struct Orphans {
    seen: HashSet<i32>,
}

impl Orphans {
    /// Reaps those that services left immediately. Another part of the program may wait for a child that is none of
    /// them: it is reaped if it is still there at the next call.
    pub fn collect(&mut self) {
        if !adopts() {
            return;
        }
        let (_, mut others) = adopted_and_ended();
        others.retain(|pid| stat(*pid).is_some());
        collect(others.intersection(&self.seen).copied());
        self.seen = others;
    }
}

/// The children of this process that [`spawn`](crate::spawn) did not start (orphans that it adopted, and what
/// other parts of the program started): those that are alive, and those that have ended. Zombies that carry the
/// tag of this process are reaped: a process that replaces itself by a new one all the time leaves hundreds a
/// second, and each makes every look slower.
pub(super) fn adopted_and_ended() -> (Vec<i32>, HashSet<i32>) {
    let adopted = children_of(Pid::this().as_raw()).into_iter().filter(|pid| !is_leader(*pid));
    let (living, ended): (Vec<i32>, Vec<i32>) = adopted.partition(|pid| stat(*pid).is_some_and(Stat::lives));
    let services = RlimitTag::of(&watchdog::marker());
    collect(ended.iter().copied().filter(|pid| services.is_on(*pid)));
    (living, ended.into_iter().collect())
}

fn collect(ended: impl Iterator<Item = i32>) {
    for pid in ended {
        let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
    }
}
