//! The time that a start may take.

use std::time::{Duration, Instant};

/// How often it is looked whether a process that starts is suspended.
const INSPECT_EVERY: Duration = Duration::from_secs(1);

/// The time that a start may take. What it is suspended for is none of it, so it is not over before somebody looked.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) deadline: Instant,
    /// When whoever waits for the start is told that it is suspended.
    told_at: Instant,
    inspected_at: Instant,
    /// When to look next; `None` while somebody does.
    pub(super) inspect_at: Option<Instant>,
}

/// How a start is getting on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    InTime,
    /// It would have been over, had it not been suspended.
    Suspended,
    Over,
}

impl Limit {
    pub(super) fn new(now: Instant, time: Duration) -> Self {
        let deadline = now + time;
        let inspect_at = Some(deadline.min(now + INSPECT_EVERY));
        Self { deadline, told_at: deadline, inspected_at: now, inspect_at }
    }

    /// Whether it is time to look.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        self.inspect_at.take_if(|at| *at <= now).is_some()
    }

    pub(super) fn inspected(&mut self, is_suspended: bool, now: Instant) -> Progress {
        if is_suspended {
            self.deadline += now.saturating_duration_since(self.inspected_at);
        } else if self.deadline <= now {
            return Progress::Over;
        }
        self.inspected_at = now;
        self.inspect_at = Some(now + INSPECT_EVERY.min(self.deadline.saturating_duration_since(now)));
        if is_suspended && self.told_at <= now { Progress::Suspended } else { Progress::InTime }
    }

    /// The machine slept.
    pub(super) fn resumed(&mut self, gap: Duration, now: Instant) {
        self.deadline += gap;
        self.told_at += gap;
        self.inspected_at = now;
    }
}
