//! Deadlines that pass, and gaps in the clock.

use std::time::{Duration, Instant};

use contract::Cause;

use super::Action;
use super::ending::CONFLICT_RETRY;
use super::state::{Life, Phase, Then};

impl Life {
    pub(super) fn resumed(&mut self, gap: Duration, now: Instant) {
        match &mut self.phase {
            Phase::Starting(start) => start.deadline += gap,
            Phase::Up(up) => {
                up.misses = 0;
                up.excused = up.next_probe.is_none();
                up.next_probe = up.next_probe.map(|_| now + self.policy.interval);
            }
            _ => {}
        }
        if let Some(successor) = &mut self.successor {
            successor.deadline += gap;
        }
        for kill_at in self.retiring.iter_mut().filter_map(|retiring| retiring.kill_at.as_mut()) {
            *kill_at += gap;
        }
    }

    pub(super) fn tick(&mut self, now: Instant, actions: &mut Vec<Action>) {
        for retiring in &mut self.retiring {
            if retiring.kill_at.take_if(|kill_at| *kill_at <= now).is_some() {
                actions.push(Action::Kill(retiring.run));
            }
        }
        if self.successor.as_ref().is_some_and(|successor| !successor.ready && successor.deadline <= now) {
            self.drop_successor(actions);
            let because = Box::new(Cause::NotReady { limit_ms: self.start_timeout_ms(), because: None });
            self.settle(Err(Cause::NotReplaced { because }), actions);
        }
        match &mut self.phase {
            Phase::Starting(start) if start.deadline <= now => {
                self.too_slow(now, actions);
            }
            Phase::Starting(start) if start.next_probe.is_some_and(|at| at <= now) => {
                start.next_probe = None;
                actions.push(self.start_probe(now));
            }
            Phase::Up(up) if up.next_probe.is_some_and(|at| at <= now) => {
                up.next_probe = None;
                actions.push(Action::Probe { run: up.run, timeout: self.policy.timeout });
            }
            Phase::Backoff { until } if *until <= now => self.begin(now, actions),
            Phase::Conflict { retry_at, .. } if *retry_at <= now => {
                *retry_at = now + CONFLICT_RETRY;
                actions.push(Action::TryPort);
            }
            _ => {}
        }
    }

    fn start_timeout_ms(&self) -> u64 {
        u64::try_from(self.policy.start_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn too_slow(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let because = self.last_error.clone().map(Box::new);
        let reason = Cause::NotReady { limit_ms: self.start_timeout_ms(), because };
        self.settle(Err(reason.clone()), actions);
        self.retire_current(false, now, actions);
        self.phase = Phase::Ending(Then::Crash(reason));
    }
}
