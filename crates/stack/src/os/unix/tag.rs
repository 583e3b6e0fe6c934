//! A number that a process cannot lose, whatever it does to its environment, its session and its parents.
//!
//! It stands in a limit that Linux no longer obeys and every child inherits; anybody may read it in
//! `/proc/PID/limits`. Below a launcher that is itself a service, and where an administrator did set the first
//! limit, the second one takes its place.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::procfs::read;
use crate::os::Mark;

#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// A limit in which a tag can stand.
pub(super) struct Place {
    pub(super) resource: Resource,
    /// What `/proc/PID/limits` calls it.
    name: &'static str,
}

/// Obeyed until Linux 2.4.25 and 2.4.30 (getrlimit(2)).
#[cfg(target_os = "linux")]
const PLACES: [Place; 2] = [
    Place { resource: libc::RLIMIT_LOCKS, name: "Max file locks" },
    Place { resource: libc::RLIMIT_RSS, name: "Max resident set" },
];

/// The first one that nobody has set.
pub(super) fn free_place() -> Option<&'static Place> {
    static FREE: LazyLock<Option<&Place>> = LazyLock::new(|| {
        let is_free = |place: &&Place| {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: a valid pointer.
            let is_told = unsafe { libc::getrlimit(place.resource, &raw mut limit) } == 0;
            is_told && limit.rlim_max == libc::RLIM_INFINITY
        };
        PLACES.iter().find(is_free)
    });
    *FREE
}

/// There is none.
#[cfg(not(target_os = "linux"))]
const PLACES: [Place; 0] = [];

/// What a process is known by, or how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    value: u64,
    mask: u64,
}

/// Below infinity, and so large that it was never meant as a limit.
const SET: u64 = 1 << 62;
const RUN_BITS: u32 = 20;
const RUN: u64 = (1 << RUN_BITS) - 1;

impl Tag {
    /// Everything that a process launches.
    pub(super) fn origin(origin: u64) -> Self {
        Self { value: SET | (origin << RUN_BITS & (SET - 1)), mask: !RUN }
    }

    /// One run of all.
    pub(super) fn run(origin: u64, run: u32) -> Self {
        Self { value: Self::origin(origin).value | u64::from(run) & RUN, mask: !0 }
    }

    /// What a mark stands for.
    pub(super) fn of(mark: &Mark) -> Self {
        mark.run.map_or_else(|| Self::origin(mark.origin), |run| Self::run(mark.origin, run))
    }

    /// What a process has to set before it becomes a service.
    pub(super) fn limit(self) -> libc::rlimit {
        libc::rlimit { rlim_cur: self.value, rlim_max: self.value }
    }

    /// Whether a process has it; a zombie has it too.
    pub(super) fn is_on(self, pid: i32) -> bool {
        let Ok(limits) = read(format!("/proc/{pid}/limits")) else { return false };
        let limits = String::from_utf8_lossy(&limits);
        let stands_in = |place: &Place| {
            let line = limits.lines().find_map(|line| line.strip_prefix(place.name))?;
            // The soft limit, then the hard one.
            let hard = line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()?;
            Some(hard & self.mask == self.value)
        };
        PLACES.iter().filter_map(stands_in).any(|stands| stands)
    }
}

/// A number for a run that no other one of this process has.
pub(crate) fn next_run() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_its_own_and_its_origins() {
        let (first, second) = (Tag::run(7, 1), Tag::run(7, 2));
        assert_ne!(first.value, second.value);
        assert_eq!(first.value & Tag::origin(7).mask, Tag::origin(7).value);
        assert_ne!(first.value & Tag::origin(8).mask, Tag::origin(8).value);
        assert!(Tag::run(u64::MAX, u32::MAX).value < libc::RLIM_INFINITY);
    }

    #[test]
    fn whoever_was_never_given_one_has_none() {
        assert!(!Tag::origin(0).is_on(std::process::id().cast_signed()));
        assert!(!Tag::origin(0).is_on(i32::MAX));
    }
}
