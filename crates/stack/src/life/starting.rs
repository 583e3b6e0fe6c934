//! From a start to being up, and what the probes say from then on.

use std::time::{Duration, Instant};

use contract::Cause;

use super::state::{Life, Phase, Start, Then, Up};
use super::{Action, PortCheck, RunId};

pub(super) const START_PAUSE_MIN: Duration = Duration::from_millis(1);
const START_PAUSE_MAX: Duration = Duration::from_millis(100);

impl Life {
    pub(super) fn next_run(&mut self) -> RunId {
        self.last_run += 1;
        RunId(self.last_run)
    }

    pub(super) fn begin(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if self.needs_met {
            self.spawn(now, actions);
        } else {
            self.phase = Phase::Waiting;
        }
    }

    pub(super) fn spawn(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let run = self.next_run();
        self.phase = Phase::Starting(Start {
            run,
            deadline: now + self.policy.start_timeout,
            said_ready: false,
            answered: false,
            next_probe: None,
            pause: START_PAUSE_MIN,
        });
        self.push_spawn(run, actions);
    }

    pub(super) fn push_spawn(&mut self, run: RunId, actions: &mut Vec<Action>) {
        if self.prepared {
            self.prepared_run = Some(run);
        }
        actions.push(Action::Spawn { run, prepared: self.prepared });
    }

    pub(super) fn spawned(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Starting(start) = &self.phase
            && start.run == run
        {
            if self.policy.probes {
                actions.push(self.start_probe(now));
            }
            self.check_up(now, actions);
        }
    }

    /// A socket holds the probe until the service can answer it; so it may wait as long as the start may
    /// take. A number has to be asked again and again.
    pub(super) fn start_probe(&self, now: Instant) -> Action {
        let Phase::Starting(start) = &self.phase else { unreachable!("asked for in that phase alone") };
        let left = start.deadline.saturating_duration_since(now);
        let timeout = if self.policy.number { left.min(self.policy.timeout) } else { left };
        Action::Probe { run: start.run, timeout }
    }

    pub(super) fn spawn_failed(
        &mut self,
        run: RunId,
        reason: Cause,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        if self.successor.as_ref().is_some_and(|successor| successor.run == run) {
            self.successor = None;
            self.settle(Err(reason), actions);
        } else if self.serves(run) {
            self.crashed(reason, now, actions);
        }
    }

    pub(super) fn port_missing(
        &mut self,
        run: RunId,
        check: PortCheck,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        if self.successor.take_if(|successor| successor.run == run).is_some() {
            self.settle(Err(Cause::PortLostBeforeStart), actions);
        } else if self.serves(run) {
            self.phase = Phase::Down;
            self.go_on_with(check, now, actions);
        }
    }

    pub(super) fn said_ready(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        if let Some(successor) = &mut self.successor
            && successor.run == run
        {
            successor.ready = true;
            if successor.held {
                self.settle(Ok(()), actions);
            } else {
                self.promote(now, actions);
            }
        } else if let Phase::Starting(start) = &mut self.phase
            && start.run == run
        {
            start.said_ready = true;
            self.check_up(now, actions);
        }
    }

    pub(super) fn check_up(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Phase::Starting(start) = &self.phase else { return };
        if (start.said_ready || !self.policy.waits_for_word) && (start.answered || !self.policy.probes) {
            self.up(start.run, now + self.policy.interval, actions);
        }
    }

    pub(super) fn up(&mut self, run: RunId, next_probe: Instant, actions: &mut Vec<Action>) {
        let next_probe = self.policy.probes.then_some(next_probe);
        self.phase = Phase::Up(Up { run, misses: 0, next_probe, excused: false });
        self.last_error = None;
        self.port_losses = 0;
        actions.push(Action::Promoted(run));
        self.settle(Ok(()), actions);
    }

    pub(super) fn promote(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Some(successor) = self.successor.take_if(|successor| successor.ready) else {
            // The prepared process ended after it had been ready: the old one must not go on at a place
            // that is no longer the service's.
            if self.policy.overlap && self.is_up() && self.current_run() != self.prepared_run {
                self.restart(false, now, actions);
            }
            return;
        };
        self.retire_current(false, now, actions);
        self.up(successor.run, now, actions);
    }

    pub(super) fn answered(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Starting(start) if start.run == run => {
                start.answered = true;
                self.last_error = None;
                self.check_up(now, actions);
            }
            Phase::Up(up) if up.run == run => {
                up.misses = 0;
                up.excused = false;
                up.next_probe = Some(now + self.policy.interval);
                self.last_error = None;
            }
            _ => {}
        }
    }

    pub(super) fn not_answered(&mut self, run: RunId, error: Cause, now: Instant, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Starting(start) if start.run == run => {
                start.next_probe = Some(now + start.pause);
                start.pause = (start.pause * 2).min(START_PAUSE_MAX);
                self.last_error = Some(error);
            }
            Phase::Up(up) if up.run == run => {
                up.next_probe = Some(now + self.policy.interval);
                if std::mem::take(&mut up.excused) {
                    return;
                }
                up.misses += 1;
                let hung = up.misses >= self.policy.threshold;
                self.last_error = Some(error);
                if hung {
                    self.hung(now, actions);
                }
            }
            _ => {}
        }
    }

    pub(super) fn hung(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let because = Box::new(self.last_error.clone().unwrap_or(Cause::Refused));
        let reason = Cause::Unresponsive { count: self.policy.threshold, because };
        self.retire_current(false, now, actions);
        if let Some(successor) = self.successor.take() {
            return self.takes_over_early(&successor, now, actions);
        }
        // What shares a socket can be replaced while it ends; what does not has to end first.
        if self.policy.overlap {
            self.crashed(reason, now, actions);
        } else {
            self.phase = Phase::Ending(Then::Crash(reason));
        }
    }
}
