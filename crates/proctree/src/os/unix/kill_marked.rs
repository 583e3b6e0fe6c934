//! Kills what an ended launcher left: every process that carries its marker.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::carries_marker::carries_marker;
use super::process_handle::ProcessHandle;
use super::procfs::{Stat, all_processes, has_name, newest_number, stat};
use super::watchdog;
use crate::LaunchMarker;

/// When to give up on processes that are started faster than they are found.
const GIVE_UP_AFTER: Duration = Duration::from_secs(8);
/// A launcher below the one that ended has a watchdog of its own, which knows best what is left there.
const LEFT_TO_OTHER_WATCHDOGS: Duration = Duration::from_millis(300);
/// So many looks in a row have to find nothing.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(1);

/// Kills every process that carries the marker, until none is left. Returns how many it killed.
///
/// A process that starts another one and ends while the list of processes is read is on no list. So the numbers
/// that were given away meanwhile are looked at again, which takes a moment, until there are none of its kind.
pub(crate) fn kill_marked(marker: &LaunchMarker) -> usize {
    let begun = Instant::now();
    let mut ended = HashSet::new();
    let mut search = Search::begin();
    let mut left = all();
    let mut found_none = 0;
    while found_none < LOOKS && begun.elapsed() < GIVE_UP_AFTER {
        left.retain(|pid| {
            let is_one = stat(*pid).is_some_and(Stat::lives) && carries_marker(*pid, marker);
            if !is_one || begun.elapsed() < LEFT_TO_OTHER_WATCHDOGS && has_name(*pid, watchdog::NAME) {
                return is_one;
            }
            // The handle keeps the process; so what holds here holds at the signal.
            let is_ended = ProcessHandle::open(*pid)
                .is_some_and(|handle| carries_marker(*pid, marker) && handle.signal(Signal::SIGKILL));
            if is_ended {
                ended.insert(*pid);
            }
            is_ended
        });
        found_none = if left.is_empty() { found_none + 1 } else { 0 };
        left = search.again(left);
        std::thread::sleep(PAUSE);
    }
    ended.len()
}

/// Which processes to look at, those that were made last first.
struct Search {
    /// The newest numbers when the last look began, and the one before: a process gets its number a little before
    /// it can be seen.
    newest: [Option<i32>; 2],
}

impl Search {
    /// So many numbers one by one take longer than the list of what there is.
    const NUMBERS_MAX: i32 = 500;

    /// To be followed by a look at all.
    fn begin() -> Self {
        Self { newest: [newest_number(); 2] }
    }

    /// Once more those that are `left`, and those that were made meanwhile.
    fn again(&mut self, mut left: Vec<i32>) -> Vec<i32> {
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

fn all() -> Vec<i32> {
    let mut all: Vec<i32> = all_processes().collect();
    all.reverse();
    all
}
