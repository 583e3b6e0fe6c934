//! A number that a process cannot lose, whatever it does to its environment, its session and its parents.
//!
//! It stands in a resource limit that Linux no longer obeys and every child inherits; anybody may read it in
//! `/proc/PID/limits`. Below a launcher that is itself a service, and where an administrator did set the first
//! limit, the second one takes its place.

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

/// The first limit that nobody has set.
pub(super) fn free_limit() -> Option<Resource> {
    static FREE: LazyLock<Option<Resource>> = LazyLock::new(|| {
        let is_free = |limit: &Resource| getrlimit(*limit).is_ok_and(|(_, hard)| hard == RLIM_INFINITY);
        LIMITS.into_iter().map(|(limit, _)| limit).find(is_free)
    });
    *FREE
}

/// The tag of one run, or of all that an origin starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RlimitTag {
    value: u64,
    /// Which bits of a limit have to be the tag's.
    mask: u64,
}

/// Below infinity, and so large that it was never meant as a limit.
const SET: u64 = 1 << 62;
const RUN_BITS: u32 = 20;
const RUN: u64 = (1 << RUN_BITS) - 1;

impl RlimitTag {
    /// Everything that a process launches.
    fn origin(origin: u64) -> Self {
        Self { value: SET | (origin << RUN_BITS & (SET - 1)), mask: !RUN }
    }

    /// One run of all.
    fn run(origin: u64, run: u32) -> Self {
        Self { value: Self::origin(origin).value | u64::from(run) & RUN, mask: !0 }
    }

    /// The tag that goes with a marker.
    pub(super) fn of(marker: &LaunchMarker) -> Self {
        marker.run.map_or_else(|| Self::origin(marker.origin), |run| Self::run(marker.origin, run))
    }

    /// What a process has to set, as soft and hard limit, before it becomes a service.
    pub(super) fn value(self) -> rlim_t {
        self.value
    }

    /// Whether a process has it; a zombie has it too.
    pub(super) fn is_on(self, pid: i32) -> bool {
        let Ok(limits) = read(format!("/proc/{pid}/limits")) else { return false };
        let limits = String::from_utf8_lossy(&limits);
        let stands_in = |(_, name): &(Resource, &str)| {
            let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
            // The soft limit, then the hard one.
            let hard = line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()?;
            Some(hard & self.mask == self.value)
        };
        LIMITS.iter().filter_map(stands_in).any(|stands| stands)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_its_own_and_its_origins() {
        let (first, second) = (RlimitTag::run(7, 1), RlimitTag::run(7, 2));
        assert_ne!(first.value, second.value);
        assert_eq!(first.value & RlimitTag::origin(7).mask, RlimitTag::origin(7).value);
        assert_ne!(first.value & RlimitTag::origin(8).mask, RlimitTag::origin(8).value);
        assert!(RlimitTag::run(u64::MAX, u32::MAX).value < RLIM_INFINITY);
    }

    #[test]
    fn whoever_was_never_given_one_has_none() {
        assert!(!RlimitTag::origin(0).is_on(std::process::id().cast_signed()));
        assert!(!RlimitTag::origin(0).is_on(i32::MAX));
    }
}
