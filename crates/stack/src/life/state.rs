//! What is known of a service's life, and which event goes where.

use std::time::{Duration, Instant};

use contract::{Cause, Conflict, ServiceState, Wanted};

use super::policy::{Backoff, Policy};
use super::{Action, Event, RunId};

/// The life of one service.
#[derive(Debug)]
pub struct Life {
    pub(super) policy: Policy,
    pub(super) wanted: Wanted,
    pub(super) phase: Phase,
    pub(super) successor: Option<Successor>,
    pub(super) retiring: Vec<Retiring>,
    pub(super) backoff: Backoff,
    pub(super) restarts: u32,
    pub(super) port_losses: u32,
    pub(super) needs_met: bool,
    pub(super) prepared: bool,
    /// The newest run that was started with the addresses that are to come.
    pub(super) prepared_run: Option<RunId>,
    pub(super) awaited: bool,
    pub(super) last_run: u64,
    pub(super) last_error: Option<Cause>,
}

#[derive(Debug)]
pub(super) enum Phase {
    Down,
    Waiting,
    Starting(Start),
    Up(Up),
    /// Every run is retiring; what comes when they are gone.
    Ending(Then),
    Backoff {
        until: Instant,
    },
    Conflict {
        conflict: Conflict,
        retry_at: Instant,
    },
    Failed {
        reason: Cause,
    },
}

#[derive(Debug)]
pub(super) enum Then {
    Down,
    Again,
    Crash(Cause),
    Fail(Cause),
}

#[derive(Debug)]
pub(super) struct Start {
    pub(super) run: RunId,
    pub(super) deadline: Instant,
    pub(super) said_ready: bool,
    pub(super) answered: bool,
    pub(super) next_probe: Option<Instant>,
    pub(super) pause: Duration,
}

#[derive(Debug)]
pub(super) struct Up {
    pub(super) run: RunId,
    pub(super) misses: u32,
    pub(super) next_probe: Option<Instant>,
    /// A probe under way was overtaken by a sleep of the machine; its failure says nothing.
    pub(super) excused: bool,
}

#[derive(Debug)]
pub(super) struct Successor {
    pub(super) run: RunId,
    pub(super) deadline: Instant,
    pub(super) ready: bool,
    /// It takes over only when told to.
    pub(super) held: bool,
}

#[derive(Debug)]
pub(super) struct Retiring {
    pub(super) run: RunId,
    pub(super) kill_at: Option<Instant>,
}

impl Life {
    /// A service that does not run.
    pub fn new(policy: Policy, needs_met: bool) -> Self {
        Self {
            policy,
            wanted: Wanted::Down,
            phase: Phase::Down,
            successor: None,
            retiring: Vec::new(),
            backoff: Backoff::default(),
            restarts: 0,
            port_losses: 0,
            needs_met,
            prepared: false,
            prepared_run: None,
            awaited: false,
            last_run: 0,
            last_error: None,
        }
    }

    /// What is wanted of it.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// What is the case.
    pub fn state(&self) -> ServiceState {
        match &self.phase {
            Phase::Down => ServiceState::Stopped,
            Phase::Waiting | Phase::Starting(_) => ServiceState::Starting,
            Phase::Up(up) if up.misses == 0 => ServiceState::Healthy,
            Phase::Up(_) => ServiceState::Unhealthy,
            Phase::Ending(Then::Crash(_)) | Phase::Backoff { .. } => ServiceState::Backoff,
            Phase::Ending(_) => ServiceState::Stopping,
            Phase::Conflict { .. } => ServiceState::Conflict,
            Phase::Failed { .. } => ServiceState::Failed,
        }
    }

    /// Whether it has proven itself and still runs.
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up(_))
    }

    /// Whether it waits for what it needs.
    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Waiting)
    }

    /// Whether somebody waits for the outcome of its start.
    pub fn is_awaited(&self) -> bool {
        self.awaited
    }

    /// Whether none of its processes is left.
    pub fn is_gone(&self) -> bool {
        self.current_run().is_none() && self.successor.is_none() && self.retiring.is_empty()
    }

    /// The run that serves, or is about to.
    pub fn current_run(&self) -> Option<RunId> {
        match &self.phase {
            Phase::Starting(start) => Some(start.run),
            Phase::Up(up) => Some(up.run),
            Phase::Ending(_) => self.retiring.last().map(|retiring| retiring.run),
            _ => None,
        }
    }

    /// Whether that run is on its way out, or has been replaced.
    pub fn is_retiring(&self, run: RunId) -> bool {
        self.retiring.iter().any(|retiring| retiring.run == run)
    }

    /// How often it was started again without being asked to.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Who has its port, in state `conflict`.
    pub fn conflict(&self) -> Option<&Conflict> {
        match &self.phase {
            Phase::Conflict { conflict, .. } => Some(conflict),
            _ => None,
        }
    }

    /// Why its newest probe failed.
    pub fn last_error(&self) -> Option<&Cause> {
        self.last_error.as_ref()
    }

    /// What the state alone does not say.
    pub fn detail(&self, now: Instant) -> Option<Cause> {
        match &self.phase {
            Phase::Up(_) if self.successor.is_some() => Some(Cause::TakingOver),
            Phase::Up(_) if !self.retiring.is_empty() => Some(Cause::Draining),
            Phase::Ending(Then::Again) => Some(Cause::StartingAgain),
            Phase::Backoff { until } => {
                let left = until.saturating_duration_since(now);
                // Rounded, since a text that changed with every look would be a change each time.
                let count = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
                (count >= 1).then_some(Cause::NextStart { count })
            }
            Phase::Failed { reason } => Some(reason.clone()),
            _ => None,
        }
    }

    /// When it wants to be told the time again.
    pub fn deadline(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Starting(start) => {
                Some(start.next_probe.map_or(start.deadline, |at| at.min(start.deadline)))
            }
            Phase::Up(up) => up.next_probe,
            Phase::Backoff { until } => Some(*until),
            Phase::Conflict { retry_at, .. } => Some(*retry_at),
            _ => None,
        };
        let successor =
            self.successor.as_ref().filter(|successor| !successor.ready).map(|successor| successor.deadline);
        let kill = self.retiring.iter().filter_map(|retiring| retiring.kill_at).min();
        [phase, successor, kill].into_iter().flatten().min()
    }

    /// Takes an event in, and says what to do.
    pub fn on_event(&mut self, event: Event, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        self.take(event, now, &mut actions);
        actions
    }

    pub(super) fn take(&mut self, event: Event, now: Instant, actions: &mut Vec<Action>) {
        match event {
            Event::Start => self.start(now, actions),
            Event::NeedsMet => {
                self.needs_met = true;
                if self.is_waiting() {
                    self.spawn(now, actions);
                }
            }
            Event::NeedsLacking(reason) => {
                if self.is_waiting() {
                    self.settle(Err(reason), actions);
                }
            }
            Event::Restart => {
                self.prepared = false;
                self.restart(false, now, actions);
            }
            Event::Rewire => self.rewire(now, actions),
            Event::Prepare => {
                self.prepared = true;
                self.restart(true, now, actions);
            }
            Event::Promote => {
                self.prepared = false;
                self.promote(now, actions);
            }
            Event::Abandon => self.abandon(now, actions),
            Event::Stop { limit } => self.stop(limit, now, actions),
            Event::Kill => self.kill(actions),
            Event::Spawned(run) => self.spawned(run, now, actions),
            Event::SpawnFailed(run, reason) => self.spawn_failed(run, reason, now, actions),
            Event::PortMissing(run, check) => self.port_missing(run, check, now, actions),
            Event::SaidReady(run) => self.said_ready(run, now, actions),
            Event::Answered(run) => self.answered(run, now, actions),
            Event::NotAnswered(run, error) => self.not_answered(run, error, now, actions),
            Event::PortLost(run) => {
                if self.serves(run) {
                    self.retire_current(true, now, actions);
                    self.phase = Phase::Ending(Then::Again);
                }
            }
            Event::Exited(run, exit) => self.exited(run, &exit, now, actions),
            Event::Emptied(run, check) => self.emptied(run, check, now, actions),
            Event::PortRegained => {
                if matches!(self.phase, Phase::Conflict { .. }) {
                    self.begin(now, actions);
                }
            }
            Event::Resumed(gap) => self.resumed(gap, now),
            Event::Tick => self.tick(now, actions),
        }
    }

    pub(super) fn serves(&self, run: RunId) -> bool {
        matches!(&self.phase, Phase::Starting(start) if start.run == run)
            || matches!(&self.phase, Phase::Up(up) if up.run == run)
    }

    pub(super) fn settle(&mut self, result: Result<(), Cause>, actions: &mut Vec<Action>) {
        if std::mem::take(&mut self.awaited) {
            actions.push(Action::Settled(result));
        }
    }
}
