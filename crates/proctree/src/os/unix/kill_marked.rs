//! Kills what an ended launcher left: every process that carries its marker.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::carries_marker::carries_marker;
use super::process_handle::ProcessHandle;
use super::procfs::{Stat, all_processes, has_name, newest_number, stat};
use super::watchdog_name::WATCHDOG_NAME;
use crate::LaunchMarker;

/// When to give up on processes that are started faster than they are found.
const GIVE_UP_AFTER: Duration = Duration::from_secs(8);
/// A launcher among the services has a watchdog of its own, which gets so long to end its part by itself.
const LEFT_TO_OTHER_WATCHDOGS: Duration = Duration::from_millis(300);
/// How many passes in a row have to find nothing.
const EMPTY_PASSES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(1);

/// Kills every process that carries the marker, until none is left. Returns how many it killed.
///
/// A process that starts another one and ends while `/proc` is listed can hide both from the list. So every
/// pass also covers the process ids that were given out since the pass before, and the search ends when
/// several passes in a row find nothing.
pub(crate) fn kill_marked(marker: &LaunchMarker) -> usize {
    let begun = Instant::now();
    let mut killed = HashSet::new();
    let mut search = ProcessSearch::begin();
    let mut left = newest_first();
    let mut empty_passes = 0;
    while empty_passes < EMPTY_PASSES && begun.elapsed() < GIVE_UP_AFTER {
        left.retain(|pid| {
            let belongs = stat(*pid).is_some_and(Stat::lives) && carries_marker(*pid, marker);
            if !belongs || begun.elapsed() < LEFT_TO_OTHER_WATCHDOGS && has_name(*pid, WATCHDOG_NAME) {
                return belongs;
            }
            // The handle pins the process: what is checked here still holds at the signal.
            let is_killed = ProcessHandle::open(*pid)
                .is_some_and(|handle| carries_marker(*pid, marker) && handle.signal(Signal::SIGKILL));
            if is_killed {
                killed.insert(*pid);
            }
            is_killed
        });
        empty_passes = if left.is_empty() { empty_passes + 1 } else { 0 };
        left = search.next_pass(left);
        std::thread::sleep(PAUSE);
    }
    killed.len()
}

/// The process ids of each pass, newest first.
struct ProcessSearch {
    /// The newest process id when each of the two passes before began: a process gets its id a little before it
    /// appears in `/proc`.
    newest: [Option<i32>; 2],
}

impl ProcessSearch {
    /// Trying more ids than this one by one takes longer than listing `/proc`.
    const NUMBERS_MAX: i32 = 500;

    /// The first pass covers all processes.
    fn begin() -> Self {
        Self { newest: [newest_number(); 2] }
    }

    /// The next pass: the processes that are `left`, and those that were started since the pass before.
    fn next_pass(&mut self, mut left: Vec<i32>) -> Vec<i32> {
        let [before, last] = self.newest;
        let now = newest_number();
        self.newest = [last, now];
        match before.zip(now) {
            Some((before, now)) if (0..=Self::NUMBERS_MAX).contains(&(now - before)) => {
                left.extend(before + 1..=now);
            }
            _ => left.extend(all_processes()),
        }
        left.sort_unstable_by(|a, b| b.cmp(a));
        left.dedup();
        left
    }
}

fn newest_first() -> Vec<i32> {
    let mut all: Vec<i32> = all_processes().collect();
    all.reverse();
    all
}
