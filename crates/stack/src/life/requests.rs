//! What people ask for: start, restart, prepare and abandon, stop, kill.

use std::time::Instant;

use contract::{Cause, Wanted};

use super::Action;
use super::policy::Backoff;
use super::state::{Life, Phase, Start, Successor, Then, Up};

impl Life {
    pub(super) fn forget_crashes(&mut self) {
        self.backoff = Backoff::default();
        self.restarts = 0;
        self.port_losses = 0;
    }

    pub(super) fn start(&mut self, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Up;
        self.forget_crashes();
        match &mut self.phase {
            Phase::Up(_) | Phase::Starting(_) | Phase::Waiting => {}
            Phase::Ending(then) => {
                self.awaited = true;
                *then = Then::Again;
            }
            _ => {
                self.awaited = true;
                self.begin(now, actions);
            }
        }
    }

    pub(super) fn restart(&mut self, held: bool, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Up;
        self.awaited = true;
        self.forget_crashes();
        self.drop_successor(actions);
        match &mut self.phase {
            Phase::Up(_) if self.policy.overlap => {
                let run = self.next_run();
                self.successor =
                    Some(Successor { run, deadline: now + self.policy.start_timeout, ready: false, held });
                self.push_spawn(run, actions);
            }
            Phase::Up(_) | Phase::Starting(_) => {
                self.retire_current(false, now, actions);
                self.phase = Phase::Ending(Then::Again);
            }
            Phase::Ending(then) => *then = Then::Again,
            _ => self.begin(now, actions),
        }
    }

    /// Starts anew with addresses that are true, unless it was stopped meanwhile. A move that is being
    /// prepared stays one.
    pub(super) fn rewire(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if self.wanted == Wanted::Up {
            self.restart(self.prepared, now, actions);
        }
    }

    pub(super) fn abandon(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let was_prepared = std::mem::take(&mut self.prepared);
        if self.successor.is_some() {
            self.awaited = false;
            self.drop_successor(actions);
        } else if was_prepared && self.wanted == Wanted::Up {
            self.restart(false, now, actions);
        }
    }

    pub(super) fn stop(&mut self, limit: Option<Instant>, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Down;
        self.settle(Err(Cause::Stopped), actions);
        if let Some(successor) = self.successor.take() {
            self.retire(successor.run, false, now, actions);
        }
        self.retire_current(false, now, actions);
        if let Some(limit) = limit {
            for kill_at in self.retiring.iter_mut().filter_map(|retiring| retiring.kill_at.as_mut()) {
                *kill_at = (*kill_at).min(limit);
            }
        }
        self.phase = if self.retiring.is_empty() { Phase::Down } else { Phase::Ending(Then::Down) };
        self.prepared = false;
    }

    pub(super) fn kill(&mut self, actions: &mut Vec<Action>) {
        for retiring in &mut self.retiring {
            retiring.kill_at = None;
            actions.push(Action::Kill(retiring.run));
        }
        if let Some(successor) = &self.successor {
            actions.push(Action::Kill(successor.run));
        }
        match &self.phase {
            Phase::Starting(Start { run, .. }) | Phase::Up(Up { run, .. }) => {
                actions.push(Action::Kill(*run))
            }
            _ => {}
        }
    }
}
