//! How runs end, and what comes after.

use std::time::{Duration, Instant};

use contract::Cause;

use super::starting::START_PAUSE_MIN;
use super::state::{Life, Phase, Retiring, Start, Successor, Then, Up};
use super::{Action, Exit, PortCheck, RunId};

/// How often a service may lose its port at its start before it is given up.
const PORT_LOSSES_MAX: u32 = 10;
/// How often a service that lost its port looks for it.
pub(super) const CONFLICT_RETRY: Duration = Duration::from_secs(1);

impl Life {
    pub(super) fn retire(&mut self, run: RunId, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        let kill_at = (!kill).then(|| now + self.policy.stop_grace);
        actions.push(if kill { Action::Kill(run) } else { Action::Terminate(run) });
        self.retiring.push(Retiring { run, kill_at });
    }

    pub(super) fn retire_current(&mut self, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Starting(Start { run, .. }) | Phase::Up(Up { run, .. }) = &self.phase {
            self.retire(*run, kill, now, actions);
            self.phase = Phase::Down;
        }
    }

    pub(super) fn drop_successor(&mut self, actions: &mut Vec<Action>) {
        if let Some(successor) = self.successor.take() {
            actions.push(Action::Kill(successor.run));
            self.retiring.push(Retiring { run: successor.run, kill_at: None });
        }
    }

    pub(super) fn exited(&mut self, run: RunId, exit: &Exit, now: Instant, actions: &mut Vec<Action>) {
        if self.successor.as_ref().is_some_and(|successor| successor.run == run) {
            self.drop_successor(actions);
            let because = Box::new(exit.reason.clone());
            self.settle(Err(Cause::NotReplaced { because }), actions);
            return;
        }
        if !self.serves(run) {
            return;
        }
        let was_starting = matches!(self.phase, Phase::Starting(_));
        self.retire_current(true, now, actions);
        if let Some(successor) = self.successor.take() {
            self.takes_over_early(&successor, now, actions);
        } else if self.policy.is_final(exit) && !(was_starting && self.policy.may_have_been_robbed(exit)) {
            let reason = exit.reason.clone();
            let failed = exit.code != Some(0);
            self.settle(Err(reason.clone()), actions);
            self.phase = Phase::Ending(if failed { Then::Fail(reason) } else { Then::Down });
        } else if self.policy.number || !self.policy.overlap {
            // Whether this was a crash or a matter of the port shows when the group is empty; and what cannot
            // run twice does not run beside what its old process started.
            self.phase = Phase::Ending(Then::Crash(exit.reason.clone()));
        } else {
            self.crashed(exit.reason.clone(), now, actions);
        }
    }

    /// The old process ended before its successor was ready: now the successor is all there is.
    pub(super) fn takes_over_early(
        &mut self,
        successor: &Successor,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        self.phase = Phase::Starting(Start {
            run: successor.run,
            deadline: successor.deadline,
            said_ready: successor.ready,
            answered: false,
            next_probe: None,
            pause: START_PAUSE_MIN,
        });
        if self.policy.probes {
            actions.push(self.start_probe(now));
        }
        self.check_up(now, actions);
    }

    pub(super) fn crashed(&mut self, reason: Cause, now: Instant, actions: &mut Vec<Action>) {
        self.settle(Err(reason.clone()), actions);
        match self.backoff.after_crash(now) {
            Some(pause) if self.policy.restarts_after_crash() => {
                self.restarts += 1;
                if pause.is_zero() {
                    self.begin(now, actions);
                } else {
                    self.phase = Phase::Backoff { until: now + pause };
                }
            }
            _ => self.phase = Phase::Failed { reason },
        }
    }

    pub(super) fn emptied(&mut self, run: RunId, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        self.retiring.retain(|retiring| retiring.run != run);
        if !self.retiring.is_empty() || !matches!(self.phase, Phase::Ending(_)) {
            return;
        }
        let Phase::Ending(then) = std::mem::replace(&mut self.phase, Phase::Down) else { return };
        match then {
            Then::Down => {}
            Then::Fail(reason) => self.phase = Phase::Failed { reason },
            Then::Again => self.go_on_with(check, now, actions),
            Then::Crash(reason) if check == PortCheck::Ours => self.crashed(reason, now, actions),
            Then::Crash(_) => self.go_on_with(check, now, actions),
        }
    }

    /// A lost port is no crash: no pause, and no count but that of lost ports.
    pub(super) fn go_on_with(&mut self, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        match check {
            PortCheck::Ours => self.begin(now, actions),
            PortCheck::Moved if self.port_losses < PORT_LOSSES_MAX => {
                self.port_losses += 1;
                self.begin(now, actions);
            }
            PortCheck::Moved => {
                let reason = Cause::PortLost { count: PORT_LOSSES_MAX };
                self.settle(Err(reason.clone()), actions);
                self.phase = Phase::Failed { reason };
            }
            PortCheck::Taken(conflict) => {
                let holder = Box::new(conflict.holder.clone());
                self.settle(Err(Cause::PortTaken { port: conflict.port, holder }), actions);
                self.phase = Phase::Conflict { conflict, retry_at: now + CONFLICT_RETRY };
            }
        }
    }
}
