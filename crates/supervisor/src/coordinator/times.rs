//! When listeners are looked at, and when a timer came too late.

use std::time::Duration;

use crate::lifecycle::Policy;

/// A service gets this long to listen where it was told to before its other listeners are asked; less where it has
/// less time to start.
const PATIENCE: Duration = Duration::from_secs(3);
/// From the start, and from one look at a run's listeners to the next, while it is not up.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The same while it is up.
pub(super) const LOOK_WHILE_UP_EVERY: Duration = Duration::from_secs(10);

/// A timer that comes this much too late means that the program was stopped, not that it was busy.
pub(super) const LATE_MIN: Duration = Duration::from_secs(1);

/// How long a service of this policy gets.
pub(super) fn patience(policy: &Policy) -> Duration {
    PATIENCE.min(policy.start_timeout / 2)
}

/// How long after its start a run's listeners are looked at first.
pub(super) fn first_look(policy: &Policy) -> Duration {
    LOOK_EVERY.min(policy.start_timeout / 2)
}
