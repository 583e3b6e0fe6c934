//! The rules of a service's life cycle, and how long to wait after a crash.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use contract::RestartPolicy;

use super::Exit;

/// What the state machine needs to know of a service.
#[derive(Debug, Clone)]
pub struct Policy {
    /// When it is started again.
    pub restart: RestartPolicy,
    /// A new process may start beside the old one.
    pub overlap: bool,
    /// It notifies when it is ready (sd_notify).
    pub requires_notify: bool,
    /// It can be probed.
    pub probes: bool,
    /// It is told its port as a number, so that the port is free between two runs.
    pub number: bool,
    /// From the end of one probe to the start of the next.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How many probes in a row must fail.
    pub threshold: u32,
    /// How long it may take to end.
    pub stop_grace: Duration,
    /// How long it may take to become ready.
    pub start_timeout: Duration,
    /// Exit codes after which a new start is of no use.
    pub fatal_exit_codes: Vec<i32>,
}

impl Policy {
    pub(super) fn is_final(&self, exit: &Exit) -> bool {
        let fatal = exit.code.is_some_and(|code| self.fatal_exit_codes.contains(&code));
        let finished = exit.code == Some(0) && self.restart != RestartPolicy::Always;
        fatal || finished || self.restart == RestartPolicy::Never
    }

    /// Whether a service that ended so at its start may have ended because somebody has its port.
    pub(super) fn port_may_be_stolen(&self, exit: &Exit) -> bool {
        let fatal = exit.code.is_some_and(|code| self.fatal_exit_codes.contains(&code));
        self.number && !fatal && exit.code != Some(0)
    }

    pub(super) fn restarts_after_crash(&self) -> bool {
        self.restart != RestartPolicy::Never
    }
}

const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
const WINDOW: Duration = Duration::from_secs(60);
const CRASHES_MAX: usize = 5;

/// The crashes of a service: how long to wait after the newest, and when to give up.
#[derive(Debug, Default)]
pub struct Backoff {
    recent: VecDeque<Instant>,
    in_a_row: u32,
}

impl Backoff {
    /// The pause before the next start: none after the first crash, then 100 ms, doubling, up to 10 s.
    /// `None` after five crashes in a minute.
    pub(super) fn after_crash(&mut self, now: Instant) -> Option<Duration> {
        if self.recent.back().is_none_or(|last| now.saturating_duration_since(*last) > WINDOW) {
            self.in_a_row = 0;
        }
        while self.recent.front().is_some_and(|first| now.saturating_duration_since(*first) > WINDOW) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        self.in_a_row += 1;
        if self.recent.len() >= CRASHES_MAX {
            return None;
        }
        Some(match self.in_a_row {
            1 => Duration::ZERO,
            n => PAUSE_MIN.saturating_mul(2_u32.saturating_pow(n - 2)).min(PAUSE_MAX),
        })
    }
}
