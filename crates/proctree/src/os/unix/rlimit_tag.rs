//! A number that a process keeps, whatever it does to its environment, its session and its parents.
//!
//! It stands in each of two resource limits that Linux no longer obeys and every child inherits; anybody may read
//! them in `/proc/PID/limits`. A limit that an administrator did set is left as it is. A launcher that is itself a
//! service leaves the tag of the other one in one of the two.
//!
//! A process may lower a limit (`ulimit -x 1`), and then has lost the tag that stood there. One that has lowered
//! both is still known to be one that had them: nobody else has other limits than the launcher.

use std::sync::LazyLock;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t};

use super::procfs::read;
use crate::LaunchMarker;

/// The limits that can take a tag, and what `/proc/PID/limits` calls them. They are obeyed until Linux 2.4.25
/// and 2.4.30 (getrlimit(2)).
#[cfg(target_os = "linux")]
const LIMITS: [(Resource, &str); 2] =
    [(Resource::RLIMIT_LOCKS, "Max file locks"), (Resource::RLIMIT_RSS, "Max resident set")];

/// There is none.
#[cfg(not(target_os = "linux"))]
const LIMITS: [(Resource, &str); 0] = [];

/// Which of the limits this process may give a tag, each with the bit that the tag begins with.
fn free_limits() -> &'static [(usize, u64)] {
    static FREE: LazyLock<Vec<(usize, u64)>> = LazyLock::new(|| {
        let own: Vec<u64> = LIMITS.iter().map(|(limit, _)| own_limit(*limit)).collect();
        if own.iter().all(|hard| hard & (TOP | INNER_TOP) == TOP) {
            // Of another launcher. What is lower than its tag can still be set, and the other limit keeps that.
            return vec![(0, INNER_TOP)];
        }
        (0..own.len()).filter(|limit| own[*limit] == RLIM_INFINITY).map(|limit| (limit, TOP)).collect()
    });
    &FREE
}

fn own_limit(limit: Resource) -> u64 {
    getrlimit(limit).map_or(0, |(_, hard)| hard)
}

/// The tag of one run, or of all that an origin starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RlimitTag {
    origin: u64,
    run: Option<u32>,
}

/// Below infinity, and so large that it was never meant as a limit.
const TOP: u64 = 1 << 62;
/// Of a launcher among the services of another one.
const INNER_TOP: u64 = TOP >> 1;
const RUN_BITS: u32 = 20;
const RUN: u64 = (1 << RUN_BITS) - 1;

impl RlimitTag {
    /// The tag that goes with a marker.
    pub(super) fn of(marker: &LaunchMarker) -> Self {
        Self { origin: marker.origin, run: marker.run }
    }

    /// The limits that a process has to set, soft and hard, before it becomes a service.
    pub(super) fn limits(self) -> Vec<(Resource, rlim_t)> {
        free_limits().iter().map(|(limit, top)| (LIMITS[*limit].0, self.value(*top))).collect()
    }

    fn value(self, top: u64) -> u64 {
        top | self.origin << RUN_BITS & (top - 1) | u64::from(self.run.unwrap_or_default()) & RUN
    }

    /// Whether a process has it; a zombie has it too.
    pub(super) fn is_on(self, pid: i32) -> bool {
        hard_limits(pid).into_iter().any(|hard| self.is_in(hard))
    }

    fn is_in(self, hard: u64) -> bool {
        let compared = if self.run.is_some() { hard } else { hard & !RUN };
        [TOP, INNER_TOP].into_iter().any(|top| compared == self.value(top))
    }

    /// Whether a process below this one had the tag and has lowered every limit that it stood in.
    pub(super) fn is_lost(self, pid: i32) -> bool {
        let hard = hard_limits(pid);
        let is_lowered = |(limit, _): &(usize, u64)| {
            hard.get(*limit).is_some_and(|hard| *hard != own_limit(LIMITS[*limit].0) && !self.is_in(*hard))
        };
        !free_limits().is_empty() && free_limits().iter().all(is_lowered)
    }
}

/// What stands in each of the limits as the hard one; nothing for a process that is gone.
fn hard_limits(pid: i32) -> Vec<u64> {
    let limits = read(format!("/proc/{pid}/limits")).unwrap_or_default();
    let limits = String::from_utf8_lossy(&limits);
    let hard_limit = |(_, name): &(Resource, &str)| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        // The soft limit, then the hard one.
        let hard = line.split_ascii_whitespace().nth(1)?;
        if hard == "unlimited" { Some(RLIM_INFINITY) } else { hard.parse().ok() }
    };
    LIMITS.iter().filter_map(hard_limit).collect()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_its_own_and_its_origins() {
        let tag = |origin, run| RlimitTag { origin, run };
        for top in [TOP, INNER_TOP] {
            let first = tag(7, Some(1)).value(top);
            assert!(tag(7, Some(1)).is_in(first) && tag(7, None).is_in(first));
            assert!(!tag(7, Some(2)).is_in(first) && !tag(8, None).is_in(first));
            assert!(tag(u64::MAX, Some(u32::MAX)).value(top) < RLIM_INFINITY);
        }
        assert!(tag(u64::MAX, None).value(INNER_TOP) < tag(0, None).value(TOP), "it can be lowered to that");
    }

    #[test]
    fn whoever_was_never_given_one_has_none() {
        let tag = RlimitTag { origin: 0, run: None };
        for pid in [std::process::id().cast_signed(), i32::MAX] {
            assert!(!tag.is_on(pid) && !tag.is_lost(pid));
        }
    }
}
