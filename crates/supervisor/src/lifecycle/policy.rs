//! The rules of a service's life cycle, and how long to wait after a crash.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use contract::{Cause, OnUnhealthy, RestartPolicy};

use super::Exit;

/// What the state machine needs to know of a service.
#[derive(Debug, Clone)]
pub struct Policy {
    /// When it is started again.
    pub restart: RestartPolicy,
    /// What becomes of it when it does not answer, or does not get ready in time.
    pub on_unhealthy: OnUnhealthy,
    /// A new process may start beside the old one.
    pub overlap: bool,
    /// It notifies when it is ready (sd_notify).
    pub requires_notify: bool,
    /// It can be probed.
    pub probes: bool,
    /// It is probed from its notification on, not from its start.
    pub probes_when_ready: bool,
    /// It is told its port as a number, so that the port is free between two runs.
    pub number: bool,
    /// It has neither a port nor a check: what ends with exit code 0 has done its work.
    pub task: bool,
    /// A task that is ready only when it has done its work.
    pub oneshot: bool,
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
    /// Whether nothing but its running tells that it is ready.
    pub(super) fn is_unchecked(&self) -> bool {
        !self.probes && !self.requires_notify
    }

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

    /// Whether a program that could not be started for this reason cannot be until somebody mends it.
    pub(super) fn cannot_ever_start(reason: &Cause) -> bool {
        matches!(reason, Cause::NoProgram { .. } | Cause::NoFolder { .. } | Cause::CannotRun { .. })
    }

    pub(super) fn restarts_after_crash(&self) -> bool {
        self.restart != RestartPolicy::Never
    }
}

const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
const WINDOW: Duration = Duration::from_secs(60);
const CRASHES_MAX: u32 = 5;

/// When something happened within the last minute.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Instant>);

impl Recent {
    /// It happens: how often it has within the last minute.
    pub(super) fn add(&mut self, now: Instant) -> u32 {
        while self.0.front().is_some_and(|first| now.saturating_duration_since(*first) > WINDOW) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// A service was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GivenUp {
    /// After so many starts.
    pub(super) starts: u32,
    /// From the first of them to the end of the last.
    pub(super) within: Duration,
}

/// A run that ended by a crash.
#[derive(Debug)]
struct Crash {
    started: Instant,
    at: Instant,
}

/// What a service was started again for: how long to wait after the newest crash, and when to give up.
#[derive(Debug, Default)]
pub struct Backoff {
    /// Those of the last minute, oldest first.
    crashes: VecDeque<Crash>,
    in_a_row: u32,
    /// Its port was lost at its start.
    pub(super) port_losses: Recent,
    /// Somebody else answered at its port.
    pub(super) strangers: Recent,
    /// An address that it was given changed, by the index of the service that it is of.
    pub(super) address_changes: BTreeMap<usize, Recent>,
}

impl Backoff {
    /// The pause before the next start of what was started then: none after the first crash, then 100 ms, doubling, up
    /// to 10 s.
    ///
    /// # Errors
    /// After five crashes in a minute, it is given up.
    pub(super) fn after_crash(&mut self, started: Instant, now: Instant) -> Result<Duration, GivenUp> {
        self.crashes.retain(|crash| now.saturating_duration_since(crash.at) <= WINDOW);
        let first = self.crashes.front().map_or(started, |crash| crash.started);
        self.crashes.push_back(Crash { started, at: now });
        let count = u32::try_from(self.crashes.len()).unwrap_or(u32::MAX);
        self.in_a_row = if count == 1 { 1 } else { self.in_a_row + 1 };
        if count >= CRASHES_MAX {
            return Err(GivenUp { starts: count, within: now.saturating_duration_since(first) });
        }
        Ok(match self.in_a_row {
            1 => Duration::ZERO,
            n => PAUSE_MIN.saturating_mul(2_u32.saturating_pow(n - 2)).min(PAUSE_MAX),
        })
    }
}
