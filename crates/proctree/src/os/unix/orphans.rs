//! Orphans that ended as children of this process, whose entries somebody has to collect.

use std::collections::HashSet;
use std::time::Duration;

use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use super::child::is_waited_for;
use super::procfs::{Stat, children_of, stat};
use super::rlimit_tag::RlimitTag;
use super::watchdog::adopts;
use crate::watchdog;

/// How long after the end of a child, since they often end in heaps.
const REAPED_AFTER: Duration = Duration::from_secs(1);

/// Reaps the orphans that this process adopted, as they end. Those that services left are reaped at the first look.
/// Another part of the program may wait for a child that is none of them: it is reaped if it is still there at the
/// next look.
pub async fn reap_orphans() {
    let Ok(mut ended) = signal(SignalKind::child()) else { return };
    while adopts() && ended.recv().await.is_some() {
        let mut before = HashSet::new();
        loop {
            tokio::time::sleep(REAPED_AFTER).await;
            let (_, mut others) = adopted_and_ended();
            others.retain(|pid| stat(*pid).is_some());
            collect(others.intersection(&before).copied());
            if others.is_subset(&before) {
                break;
            }
            before = others;
        }
    }
}

/// The children of this process that [`spawn`](crate::spawn) did not start (orphans that it adopted, and what
/// other parts of the program started): those that are alive, and those that have ended. Zombies that carry the
/// tag of this process are reaped: a process that replaces itself by a new one all the time leaves hundreds a
/// second, and each makes every look slower.
pub(super) fn adopted_and_ended() -> (Vec<i32>, HashSet<i32>) {
    let adopted = children_of(Pid::this().as_raw()).into_iter().filter(|pid| !is_waited_for(*pid));
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
