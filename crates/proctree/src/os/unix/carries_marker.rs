//! Whether a process belongs to a launch.

use super::procfs;
use super::rlimit_tag::RlimitTag;
use crate::{LaunchMarker, MARKER_VARIABLE};

/// Whether a process carries the marker in its environment, or as an rlimit tag where it threw that away or
/// carries the marker of a launcher that is itself a service of this one.
pub(super) fn carries_marker(pid: i32, marker: &LaunchMarker) -> bool {
    let environment = procfs::environment(pid);
    let value =
        |line: &[u8]| Some(line.strip_prefix(MARKER_VARIABLE.as_bytes())?.strip_prefix(b"=")?.to_owned());
    let named = environment.split(|byte| *byte == 0).find_map(value);
    named.is_some_and(|value| value.starts_with(marker.as_str().as_bytes()))
        || RlimitTag::of(marker).is_on(pid)
}
