//! By which the watchdog is known to others.

use std::ffi::CStr;

/// The watchdog's name as ps(1) shows it. It differs from the launcher's, so that `killall` with the launcher's name
/// leaves the watchdog, which cleans up.
pub(super) const WATCHDOG_NAME: &CStr = c"launch-watchdog";
