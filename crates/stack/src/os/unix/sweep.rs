//! What an ended launcher left: all that carries its mark, and the processes that it had on record.

use std::collections::HashSet;
use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::handle::Handle;
use super::processes::carries;
use super::procfs::{Stat, all_processes, named, newest_number, stat};
use super::watchdog;
use crate::os::Mark;

/// How long processes are hunted that are made faster than they are found.
const GIVE_UP_AFTER: Duration = Duration::from_secs(8);
/// A launcher below the one that ended has a watchdog of its own, which knows best what is left there.
const LEFT_TO_OTHER_WATCHDOGS: Duration = Duration::from_millis(300);
/// So many looks in a row have to find nothing.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(1);

/// Kills every process that carries the mark, until none is left. Returns how many it killed.
///
/// A process that starts another one and ends while the list of processes is read is on no list. So the numbers
/// that were given away meanwhile are looked at again, which takes a moment, until there are none of its kind.
pub(crate) fn kill_marked(mark: &Mark) -> usize {
    let begun = Instant::now();
    let mut ended = HashSet::new();
    let mut search = Search::begin();
    let mut left = all();
    let mut found_none = 0;
    while found_none < LOOKS && begun.elapsed() < GIVE_UP_AFTER {
        left.retain(|pid| {
            let is_one = stat(*pid).is_some_and(Stat::lives) && carries(*pid, mark);
            if !is_one || begun.elapsed() < LEFT_TO_OTHER_WATCHDOGS && named(*pid, watchdog::NAME) {
                return is_one;
            }
            // The handle keeps the process; so what holds now holds at the signal.
            let is_ended = Handle::open(*pid)
                .is_some_and(|handle| carries(*pid, mark) && handle.signal(Signal::SIGKILL));
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
    identity(pid).is_ok_and(|now| now == recorded) && stat(pid.cast_signed()).is_some_and(|stat| stat.lives())
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
