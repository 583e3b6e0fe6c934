//! Waiting for a condition, with a bound.

use std::time::{Duration, Instant};

/// The bound for what takes milliseconds on an idle machine.
pub const SOON: Duration = Duration::from_secs(10);

/// The bound for a stack to become healthy on a busy machine.
pub const HEALTHY_WITHIN: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `condition` holds.
///
/// # Panics
/// When it does not hold within `bound`; the message names `what` was waited for.
#[track_caller]
pub fn eventually(bound: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    eventually_some(bound, what, || condition().then_some(()));
}

/// Waits until `look` finds something, and returns it.
///
/// # Panics
/// When it does not find it within `bound`.
#[track_caller]
pub fn eventually_some<T>(bound: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + bound;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {bound:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// As [`eventually_some`], for what must be awaited.
///
/// # Panics
/// When it does not find it within `bound`.
pub async fn eventually_async<T>(bound: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + bound;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "not within {bound:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
