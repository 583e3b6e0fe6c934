//! The life cycle of one service: its state, and what each event makes of it.

use std::time::{Duration, Instant};

use contract::{Cause, Conflict, OnUnhealthy, Reason, ServiceState, Wanted};

use super::limit::{Limit, Progress};
use super::policy::{Backoff, GivenUp, Policy};
use super::{Action, Exit, LifecycleEvent, PortCheck, RunId};

const START_PAUSE_MIN: Duration = Duration::from_millis(1);
const START_PAUSE_MAX: Duration = Duration::from_millis(100);
/// How long a service that nobody can ask has to run until it counts as ready.
const RUNS_BEFORE_READY: Duration = Duration::from_secs(1);
/// How often within a minute a service may lose its port at its start before it is given up.
const PORT_LOSSES_MAX: u32 = 10;
/// The same for somebody else who answers at its port: who publishes a port on its behalf does so at every port.
const STRANGERS_MAX: u32 = 3;
/// The same for each address that it was given and that changed. Two services that choose their ports and name each
/// other take some seconds for each change.
const ADDRESS_CHANGES_MAX: u32 = 5;
/// How often a service that lost its port looks for it.
const CONFLICT_RETRY: Duration = Duration::from_secs(1);

/// What made a service start anew, or fail, the last time that something did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Why {
    /// In a word; `None` where there is none for it.
    pub reason: Option<Reason>,
    /// In detail, where there is more to say.
    pub cause: Option<Cause>,
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        Self { reason: Some(reason), cause: None }
    }
}

impl Why {
    fn because(reason: Reason, cause: &Cause) -> Self {
        Self { reason: Some(reason), cause: Some(cause.clone()) }
    }
}

/// The life of one service.
#[derive(Debug)]
pub struct StateMachine {
    pub(super) policy: Policy,
    wanted: Wanted,
    phase: Phase,
    successor: Option<Successor>,
    retiring: Vec<Retiring>,
    backoff: Backoff,
    restarts: u32,
    /// Since when these are counted; `None` until somebody wants it to run.
    counted_since: Option<Instant>,
    /// When its newest run was begun.
    last_start: Option<Instant>,
    /// The newest run of a task ended with exit code 0.
    completed: bool,
    needs_met: bool,
    staged: bool,
    /// The newest run that was started with the addresses that are to come.
    staged_run: Option<RunId>,
    awaited: bool,
    last_run: u64,
    last_error: Option<Cause>,
    why: Why,
}

#[derive(Debug)]
enum Phase {
    Down,
    Waiting,
    Starting(Start),
    Up(Up),
    /// Every run is retiring; what comes when they are gone.
    Ending(Then),
    Backoff {
        until: Instant,
        reason: Cause,
    },
    Conflict {
        conflict: Conflict,
        retry_at: Instant,
    },
    Failed {
        reason: Cause,
        /// It failed since it had crashed too often.
        given_up: Option<GivenUp>,
    },
}

#[derive(Debug)]
enum Then {
    Down,
    Again,
    Crash(Cause),
    /// A crash, unless the port turns out to have been taken from a start: then it starts elsewhere.
    CrashUnlessPortLost(Cause),
    Fail(Cause),
}

#[derive(Debug)]
struct Start {
    run: RunId,
    limit: Limit,
    /// It was not ready in time, and is left alone.
    overdue: bool,
    ready_notified: bool,
    /// Where it cannot be asked: it has run for long enough.
    answered: bool,
    next_probe: Option<Instant>,
    pause: Duration,
    /// What its listeners show to keep it from being answered.
    hindrance: Option<Cause>,
}

#[derive(Debug)]
struct Up {
    run: RunId,
    /// `None` while it answers.
    failing: Option<Failing>,
    next_probe: Option<Instant>,
    /// A probe under way was overtaken by a sleep of the machine; its failure says nothing.
    excused: bool,
    /// An address that it was started with has changed.
    stale: bool,
}

/// A series of probes that were not answered.
#[derive(Debug)]
struct Failing {
    /// Its process was suspended from the first of them on: while it is, they say nothing of the service.
    began_suspended: bool,
    misses: u32,
}

#[derive(Debug)]
struct Successor {
    run: RunId,
    limit: Limit,
    ready: bool,
    /// It takes over only when told to.
    held: bool,
}

#[derive(Debug)]
struct Retiring {
    run: RunId,
    kill_at: Option<Instant>,
    /// What it is ended for, where that is its own fault.
    fault: Option<Cause>,
}

impl StateMachine {
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
            counted_since: None,
            last_start: None,
            completed: false,
            needs_met,
            staged: false,
            staged_run: None,
            awaited: false,
            last_run: 0,
            last_error: None,
            why: Why::default(),
        }
    }

    /// What is wanted of it.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// The state it is in.
    pub fn state(&self) -> ServiceState {
        match &self.phase {
            Phase::Down if self.completed && self.policy.oneshot => ServiceState::Done,
            Phase::Down => ServiceState::Stopped,
            Phase::Waiting | Phase::Starting(_) | Phase::Ending(Then::CrashUnlessPortLost(_)) => {
                ServiceState::Starting
            }
            Phase::Up(up) if up.failing.is_none() && !up.stale => ServiceState::Healthy,
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

    /// Whether what needs it can be started.
    pub fn is_ready(&self) -> bool {
        self.is_up() || self.completed && !matches!(self.phase, Phase::Failed { .. })
    }

    /// Whether it ended since its work is done.
    pub fn is_finished(&self) -> bool {
        self.completed && matches!(self.phase, Phase::Down)
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

    /// What that run is being ended for, where that is its own fault and not what somebody asked for.
    pub fn fault_of(&self, run: RunId) -> Option<&Cause> {
        self.retiring.iter().find(|retiring| retiring.run == run)?.fault.as_ref()
    }

    /// What made it start anew, or fail, the last time that something did.
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// How often it was started again without being asked to.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Since when these are counted: the launch, or the last time that somebody started it anew. `None` until somebody
    /// wants it to run.
    pub fn counted_since(&self) -> Option<Instant> {
        self.counted_since
    }

    /// Why it has failed, and how often it was tried, where it was tried more than once.
    pub fn failure(&self) -> Option<Cause> {
        let Phase::Failed { reason, given_up } = &self.phase else { return None };
        Some(match given_up {
            Some(GivenUp { starts, within }) => {
                // A part of a second counts as one.
                let seconds = u32::try_from(within.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
                Cause::GaveUp { count: *starts, seconds, because: Box::new(reason.clone()) }
            }
            None => reason.clone(),
        })
    }

    /// Who has its port, in state `conflict`.
    pub fn conflict(&self) -> Option<&Conflict> {
        match &self.phase {
            Phase::Conflict { conflict, .. } => Some(conflict),
            _ => None,
        }
    }

    /// Why it is not up, though it should be, where time alone will not mend it.
    pub fn trouble(&self) -> Option<Cause> {
        match &self.phase {
            Phase::Starting(start) if start.overdue => Some(self.not_ready()),
            Phase::Starting(_) => self.suspension().cloned(),
            Phase::Ending(Then::Crash(reason))
            | Phase::Backoff { reason, .. }
            | Phase::Failed { reason, .. } => Some(reason.clone()),
            Phase::Conflict { conflict: Conflict { port, holder }, .. } => {
                Some(Cause::PortTaken { port: *port, holder: Box::new(holder.clone()) })
            }
            _ => None,
        }
    }

    /// Why its newest probe failed, or what is known to keep it from being answered.
    pub fn last_error(&self) -> Option<&Cause> {
        let hindrance = match &self.phase {
            Phase::Starting(start) => start.hindrance.as_ref(),
            // Nobody is asked, and why the last run was in vain says how it ended.
            Phase::Down | Phase::Waiting | Phase::Backoff { .. } | Phase::Failed { .. } => return None,
            _ => None,
        };
        match &self.last_error {
            // What its listeners show says more.
            None | Some(Cause::Refused | Cause::NoAnswer { .. }) if hindrance.is_some() => hindrance,
            error => error.as_ref(),
        }
    }

    /// What the state alone does not say.
    pub fn detail(&self, now: Instant) -> Option<Cause> {
        match &self.phase {
            Phase::Up(up) if up.stale => Some(Cause::StaleAddress),
            Phase::Up(_) if self.successor.is_some() => Some(Cause::TakingOver),
            Phase::Up(_) if !self.retiring.is_empty() => Some(Cause::Draining),
            Phase::Up(Up { failing: Some(failing), .. }) if failing.misses >= self.policy.threshold => {
                Some(self.unresponsive())
            }
            Phase::Starting(start) if start.overdue => Some(self.not_ready()),
            Phase::Ending(Then::Again) => Some(Cause::StartingAgain),
            Phase::Backoff { until, .. } => {
                let left = until.saturating_duration_since(now);
                // Rounded, since a text that changed with every look would be a change each time.
                let count = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
                (count >= 1).then_some(Cause::NextStart { count })
            }
            Phase::Failed { .. } => self.failure(),
            Phase::Down if self.completed && !self.policy.oneshot => Some(Cause::Finished),
            _ => None,
        }
    }

    /// When it wants to be told the time again.
    pub fn deadline(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Starting(start) => [start.next_probe, start.limit.inspect_at].into_iter().flatten().min(),
            Phase::Up(up) => up.next_probe,
            Phase::Backoff { until, .. } => Some(*until),
            Phase::Conflict { retry_at, .. } => Some(*retry_at),
            _ => None,
        };
        let successor = self.successor.as_ref().filter(|successor| !successor.ready);
        let successor = successor.and_then(|successor| successor.limit.inspect_at);
        let kill = self.retiring.iter().filter_map(|retiring| retiring.kill_at).min();
        [phase, successor, kill].into_iter().flatten().min()
    }

    /// Takes an event in, and says what to do.
    pub fn on_event(&mut self, event: LifecycleEvent, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        self.take(event, now, &mut actions);
        actions
    }

    fn take(&mut self, event: LifecycleEvent, now: Instant, actions: &mut Vec<Action>) {
        match event {
            LifecycleEvent::Start => self.start(now, actions),
            LifecycleEvent::StartAfterNeeds => {
                self.needs_met &= matches!(self.phase, Phase::Up(_) | Phase::Starting(_));
                self.start(now, actions);
            }
            LifecycleEvent::NeedsMet => {
                self.needs_met = true;
                if self.is_waiting() {
                    self.spawn(now, actions);
                }
            }
            LifecycleEvent::NeedsLacking(reason) => {
                if self.is_waiting() {
                    self.finish_operation(Err(reason), actions);
                }
            }
            LifecycleEvent::Restart => {
                self.why = Reason::Request.into();
                self.forget_crashes(now);
                self.staged = false;
                self.restart(false, now, actions);
            }
            LifecycleEvent::RestartAfterNeeds => {
                self.why = Reason::Request.into();
                self.forget_crashes(now);
                self.staged = false;
                self.needs_met = false;
                self.restart(false, now, actions);
            }
            LifecycleEvent::AddressChanged(of) => self.address_changed(of, now, actions),
            LifecycleEvent::Stage(reason) => {
                self.why = reason.into();
                self.forget_crashes(now);
                self.staged = true;
                self.restart(true, now, actions);
            }
            LifecycleEvent::Promote => {
                self.staged = false;
                self.promote(now, actions);
            }
            LifecycleEvent::Abandon => self.abandon(now, actions),
            LifecycleEvent::Stop { limit } => self.stop(limit, now, actions),
            LifecycleEvent::Kill => self.kill(actions),
            LifecycleEvent::Spawned(run) => self.spawned(run, now, actions),
            LifecycleEvent::SpawnFailed(run, reason) => self.spawn_failed(run, reason, now, actions),
            LifecycleEvent::PortMissing(run, check) => self.port_missing(run, check, now, actions),
            LifecycleEvent::ReadyNotified(run) => self.ready_notified(run, now, actions),
            LifecycleEvent::Answered(run) => self.answered(run, now, actions),
            LifecycleEvent::NotAnswered(run, error) => self.not_answered(run, error, now, actions),
            LifecycleEvent::Inspected(run, suspension) => self.inspected(run, suspension, now, actions),
            LifecycleEvent::Hindered(run, cause) => {
                if let Phase::Starting(start) = &mut self.phase
                    && start.run == run
                {
                    start.hindrance = Some(cause);
                }
            }
            LifecycleEvent::PortLost(run, cause) => {
                if self.serves(run) {
                    self.port_lost(cause, now, actions);
                }
            }
            LifecycleEvent::Exited(run, exit) => self.exited(run, &exit, now, actions),
            LifecycleEvent::Emptied(run, check) => self.emptied(run, check, now, actions),
            LifecycleEvent::PortRegained => {
                if matches!(self.phase, Phase::Conflict { .. }) {
                    self.begin(now, actions);
                }
            }
            LifecycleEvent::Resumed(gap) => self.resumed(gap, now),
            LifecycleEvent::Tick => self.tick(now, actions),
        }
    }

    fn serves(&self, run: RunId) -> bool {
        matches!(&self.phase, Phase::Starting(start) if start.run == run)
            || matches!(&self.phase, Phase::Up(up) if up.run == run)
    }

    fn finish_operation(&mut self, result: Result<(), Cause>, actions: &mut Vec<Action>) {
        if std::mem::take(&mut self.awaited) {
            actions.push(Action::OperationFinished(result));
        }
    }

    // Requests ----------------------------------------------------------------------------------------

    fn forget_crashes(&mut self, now: Instant) {
        self.backoff = Backoff::default();
        self.restarts = 0;
        self.counted_since = Some(now);
        self.completed = false;
    }

    fn start(&mut self, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Up;
        self.why = Reason::Request.into();
        let was_awaited = std::mem::replace(&mut self.awaited, true);
        match &mut self.phase {
            // Whoever waits for a successor is told when that is up.
            Phase::Up(_) if was_awaited => {}
            Phase::Up(_) => self.finish_operation(Ok(()), actions),
            Phase::Starting(start) if start.overdue => self.finish_operation(Err(self.not_ready()), actions),
            Phase::Starting(_) | Phase::Waiting => {}
            Phase::Ending(then) => {
                *then = Then::Again;
                self.forget_crashes(now);
            }
            _ => {
                self.forget_crashes(now);
                self.begin(now, actions);
            }
        }
    }

    fn restart(&mut self, held: bool, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Up;
        self.awaited = true;
        self.drop_successor(actions);
        match &mut self.phase {
            Phase::Up(_) if self.policy.overlap && self.needs_met => {
                let run = self.next_run();
                let limit = Limit::new(now, self.policy.start_timeout);
                self.successor = Some(Successor { run, limit, ready: false, held });
                self.push_spawn(run, now, actions);
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
    /// staged stays one.
    fn address_changed(&mut self, of: usize, now: Instant, actions: &mut Vec<Action>) {
        if self.wanted == Wanted::Down {
            return;
        }
        self.why = Reason::Address.into();
        if let Phase::Up(up) = &mut self.phase
            && !self.staged
        {
            up.stale = true;
        }
        if self.backoff.address_changes.entry(of).or_default().add(now) <= ADDRESS_CHANGES_MAX {
            return self.restart(self.staged, now, actions);
        }
        let reason = Cause::AddressesChanged { count: ADDRESS_CHANGES_MAX };
        self.drop_successor(actions);
        self.retire_current(false, now, actions);
        self.finish_operation(Err(reason.clone()), actions);
        self.phase = match self.retiring.is_empty() {
            true => Phase::Failed { reason, given_up: None },
            false => Phase::Ending(Then::Fail(reason)),
        };
    }

    fn abandon(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let was_staged = std::mem::take(&mut self.staged);
        if self.successor.is_some() {
            self.awaited = false;
            self.drop_successor(actions);
        } else if was_staged && self.wanted == Wanted::Up {
            // What happened at the staged address says nothing of the one that it goes back to.
            self.forget_crashes(now);
            self.why = Reason::Request.into();
            self.restart(false, now, actions);
        }
    }

    fn stop(&mut self, limit: Option<Instant>, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Down;
        self.completed = false;
        self.finish_operation(Err(Cause::Stopped), actions);
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
        self.staged = false;
    }

    fn kill(&mut self, actions: &mut Vec<Action>) {
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

    // Starting ----------------------------------------------------------------------------------------

    fn next_run(&mut self) -> RunId {
        self.last_run += 1;
        RunId(self.last_run)
    }

    fn begin(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if self.needs_met {
            self.spawn(now, actions);
        } else {
            self.phase = Phase::Waiting;
        }
    }

    fn spawn(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let run = self.next_run();
        self.phase = Phase::Starting(Start {
            hindrance: None,
            run,
            limit: Limit::new(now, self.policy.start_timeout),
            overdue: false,
            ready_notified: false,
            answered: false,
            next_probe: None,
            pause: START_PAUSE_MIN,
        });
        self.push_spawn(run, now, actions);
    }

    fn push_spawn(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        self.last_start = Some(now);
        if self.staged {
            self.staged_run = Some(run);
        }
        actions.push(Action::Spawn { run, staged: self.staged });
    }

    fn spawned(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Starting(start) = &mut self.phase
            && start.run == run
        {
            if self.policy.is_unchecked() && !self.policy.oneshot {
                start.next_probe = Some(now + RUNS_BEFORE_READY.min(self.policy.start_timeout / 2));
            } else if self.policy.probes && !self.policy.probes_when_ready {
                actions.push(self.start_probe(now));
            }
            self.check_up(now, actions);
        }
    }

    /// A socket holds the probe until the service can answer it; so it may wait as long as the start may
    /// take. A number has to be asked again and again.
    fn start_probe(&self, now: Instant) -> Action {
        let Phase::Starting(start) = &self.phase else { unreachable!("asked for in that phase alone") };
        let left = start.limit.deadline.saturating_duration_since(now);
        let left = if left.is_zero() { self.policy.timeout } else { left };
        let timeout = if self.policy.number { left.min(self.policy.timeout) } else { left };
        Action::Probe { run: start.run, timeout }
    }

    fn spawn_failed(&mut self, run: RunId, reason: Cause, now: Instant, actions: &mut Vec<Action>) {
        if self.successor.as_ref().is_some_and(|successor| successor.run == run) {
            self.successor = None;
            return self.not_replaced(reason, now, actions);
        }
        self.why = Why { reason: None, cause: Some(reason.clone()) };
        if self.serves(run) && Policy::cannot_ever_start(&reason) {
            self.finish_operation(Err(reason.clone()), actions);
            self.phase = Phase::Failed { reason, given_up: None };
        } else if self.serves(run) {
            self.completed = false;
            self.crashed(reason, now, actions);
        }
    }

    fn port_missing(&mut self, run: RunId, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        if self.successor.take_if(|successor| successor.run == run).is_some() {
            self.not_replaced(Cause::PortLostBeforeStart, now, actions);
        } else if self.serves(run) {
            self.phase = Phase::Down;
            let check = if check == PortCheck::Ours { PortCheck::Moved } else { check };
            self.go_on_with(check, now, actions);
        }
    }

    fn ready_notified(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        if let Some(successor) = &mut self.successor
            && successor.run == run
        {
            successor.ready = true;
            if successor.held {
                self.finish_operation(Ok(()), actions);
            } else {
                self.promote(now, actions);
            }
        } else if let Phase::Starting(start) = &mut self.phase
            && start.run == run
        {
            let is_first = !std::mem::replace(&mut start.ready_notified, true);
            if is_first && self.policy.probes && self.policy.probes_when_ready {
                actions.push(self.start_probe(now));
            }
            self.check_up(now, actions);
        }
    }

    fn check_up(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Phase::Starting(start) = &self.phase else { return };
        if self.policy.oneshot {
            return;
        }
        let needs_answer = self.policy.probes || self.policy.is_unchecked();
        if (start.ready_notified || !self.policy.requires_notify) && (start.answered || !needs_answer) {
            self.up(start.run, now + self.policy.interval, actions);
        }
    }

    fn up(&mut self, run: RunId, next_probe: Instant, actions: &mut Vec<Action>) {
        let next_probe = self.policy.probes.then_some(next_probe);
        self.phase = Phase::Up(Up { run, failing: None, next_probe, excused: false, stale: false });
        self.last_error = None;
        actions.push(Action::Promoted(run));
        self.finish_operation(Ok(()), actions);
    }

    fn promote(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Some(successor) = self.successor.take_if(|successor| successor.ready) else {
            // The staged process ended after it had been ready: the old one must not go on at a place
            // that is no longer the service's.
            if self.policy.overlap && self.is_up() && self.current_run() != self.staged_run {
                self.restart(false, now, actions);
            }
            return;
        };
        self.retire_current(false, now, actions);
        self.up(successor.run, now, actions);
    }

    fn answered(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Starting(start) if start.run == run => {
                start.answered = true;
                start.hindrance = None;
                self.last_error = None;
                self.check_up(now, actions);
            }
            Phase::Up(up) if up.run == run => {
                up.failing = None;
                up.excused = false;
                up.next_probe = Some(now + self.policy.interval);
                self.last_error = None;
            }
            _ => {}
        }
    }

    fn not_answered(&mut self, run: RunId, error: Cause, now: Instant, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Starting(start) if start.run == run => {
                let pause = if start.overdue { self.policy.interval } else { start.pause };
                start.next_probe = Some(now + pause);
                start.pause = (start.pause * 2).min(START_PAUSE_MAX);
                if self.suspension().is_none() {
                    self.last_error = Some(error);
                }
            }
            Phase::Up(up) if up.run == run => {
                up.next_probe = Some(now + self.policy.interval);
                if std::mem::take(&mut up.excused) {
                    return;
                }
                let is_suspended = error.is_suspension();
                let failing = up.failing.get_or_insert(Failing { began_suspended: is_suspended, misses: 0 });
                failing.misses = match failing.began_suspended && is_suspended {
                    true => 0,
                    false => failing.misses.saturating_add(1),
                };
                let hung = failing.misses >= self.policy.threshold;
                self.last_error = Some(error);
                if hung && self.policy.on_unhealthy == OnUnhealthy::Restart {
                    self.hung(now, actions);
                }
            }
            _ => {}
        }
    }

    fn hung(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let reason = self.unresponsive();
        self.why = Why::because(Reason::Unhealthy, &reason);
        self.retire_for(&reason, false, now, actions);
        if let Some(successor) = self.successor.take() {
            return self.takes_over_early(successor, now, actions);
        }
        // What shares a socket can be replaced while it ends; what does not has to end first.
        if self.policy.overlap {
            self.crashed(reason, now, actions);
        } else {
            self.phase = Phase::Ending(Then::Crash(reason));
        }
    }

    fn unresponsive(&self) -> Cause {
        let because = Box::new(self.last_error.clone().unwrap_or(Cause::Refused));
        Cause::Unresponsive { count: self.policy.threshold, because }
    }

    // Ending ------------------------------------------------------------------------------------------

    fn retire(&mut self, run: RunId, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        let kill_at = (!kill).then(|| now + self.policy.stop_grace);
        actions.push(if kill { Action::Kill(run) } else { Action::Terminate(run) });
        self.retiring.push(Retiring { run, kill_at, fault: None });
    }

    fn retire_current(&mut self, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Starting(Start { run, .. }) | Phase::Up(Up { run, .. }) = &self.phase {
            self.retire(*run, kill, now, actions);
            self.phase = Phase::Down;
        }
    }

    /// Ends the run that serves for a fault of its own.
    fn retire_for(&mut self, fault: &Cause, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        self.retire_current(kill, now, actions);
        if let Some(retiring) = self.retiring.last_mut() {
            retiring.fault = Some(fault.clone());
        }
    }

    fn drop_successor(&mut self, actions: &mut Vec<Action>) {
        if let Some(successor) = self.successor.take() {
            actions.push(Action::Kill(successor.run));
            self.retiring.push(Retiring { run: successor.run, kill_at: None, fault: None });
        }
    }

    fn exited(&mut self, run: RunId, exit: &Exit, now: Instant, actions: &mut Vec<Action>) {
        if self.successor.as_ref().is_some_and(|successor| successor.run == run) {
            self.drop_successor(actions);
            let because = Box::new(exit.reason.clone());
            return self.not_replaced(Cause::NotReplaced { because }, now, actions);
        }
        if !self.serves(run) {
            return;
        }
        self.why = Why::because(exit.word(), &exit.reason);
        self.completed = self.policy.task && exit.code == Some(0);
        if self.completed {
            self.finish_operation(Ok(()), actions);
        }
        let was_starting = matches!(self.phase, Phase::Starting(_));
        self.retire_current(true, now, actions);
        if let Some(successor) = self.successor.take() {
            self.takes_over_early(successor, now, actions);
        } else if self.policy.is_final(exit) && !(was_starting && self.policy.port_may_be_stolen(exit)) {
            let reason = exit.reason.clone();
            let failed = exit.code != Some(0);
            self.finish_operation(Err(reason.clone()), actions);
            self.phase = Phase::Ending(if failed { Then::Fail(reason) } else { Then::Down });
        } else if self.policy.number || !self.policy.overlap {
            // Whether this was a crash or a matter of the port shows when the group is empty; and what cannot
            // run twice does not run beside what its old process started.
            let reason = exit.reason.clone();
            let port_may_be_stolen = was_starting && self.policy.port_may_be_stolen(exit);
            self.phase = Phase::Ending(if port_may_be_stolen {
                Then::CrashUnlessPortLost(reason)
            } else {
                Then::Crash(reason)
            });
        } else {
            self.crashed(exit.reason.clone(), now, actions);
        }
    }

    /// The successor is gone, and the old process goes on, unless it has an address that has changed.
    fn not_replaced(&mut self, reason: Cause, now: Instant, actions: &mut Vec<Action>) {
        self.finish_operation(Err(reason.clone()), actions);
        if matches!(&self.phase, Phase::Up(up) if up.stale) {
            self.retire_current(false, now, actions);
            let why = if let Cause::NotReplaced { because } = reason { *because } else { reason };
            self.crashed(why, now, actions);
        }
    }

    /// The old process ended before its successor was ready: now the successor is all there is.
    fn takes_over_early(&mut self, successor: Successor, now: Instant, actions: &mut Vec<Action>) {
        self.phase = Phase::Starting(Start {
            hindrance: None,
            run: successor.run,
            limit: successor.limit,
            overdue: false,
            ready_notified: successor.ready,
            answered: false,
            next_probe: None,
            pause: START_PAUSE_MIN,
        });
        if self.policy.probes {
            actions.push(self.start_probe(now));
        }
        self.check_up(now, actions);
    }

    fn crashed(&mut self, reason: Cause, now: Instant, actions: &mut Vec<Action>) {
        self.finish_operation(Err(reason.clone()), actions);
        match self.backoff.after_crash(self.last_start.unwrap_or(now), now) {
            Ok(pause) if self.policy.restarts_after_crash() => {
                self.restarts += 1;
                if pause.is_zero() {
                    self.begin(now, actions);
                } else {
                    self.phase = Phase::Backoff { until: now + pause, reason };
                }
            }
            outcome => {
                self.phase = match std::mem::take(&mut self.completed) {
                    // How often says nothing of what ends well each time.
                    true => Phase::Failed { reason: Cause::KeepsEnding, given_up: None },
                    false => Phase::Failed { reason: self.with_advice(reason), given_up: outcome.err() },
                };
            }
        }
    }

    /// What says more than how it ended.
    fn with_advice(&self, reason: Cause) -> Cause {
        match reason {
            Cause::Exited { code: 0 } if self.policy.probes => Cause::InBackground,
            reason => reason,
        }
    }

    fn emptied(&mut self, run: RunId, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        self.retiring.retain(|retiring| retiring.run != run);
        if !self.retiring.is_empty() || !matches!(self.phase, Phase::Ending(_)) {
            return;
        }
        let Phase::Ending(then) = std::mem::replace(&mut self.phase, Phase::Down) else { return };
        match then {
            Then::Down => {}
            Then::Fail(reason) => self.phase = Phase::Failed { reason, given_up: None },
            Then::Again => self.go_on_with(check, now, actions),
            Then::Crash(reason) | Then::CrashUnlessPortLost(reason) if check == PortCheck::Ours => {
                self.crashed(reason, now, actions);
            }
            Then::Crash(_) | Then::CrashUnlessPortLost(_) => self.go_on_with(check, now, actions),
        }
    }

    /// Somebody else answers at its port while it runs.
    fn port_lost(&mut self, cause: Cause, now: Instant, actions: &mut Vec<Action>) {
        self.why = Why::because(Reason::Address, &cause);
        self.retire_for(&cause, true, now, actions);
        self.last_error = Some(cause.clone());
        let then = if self.backoff.strangers.add(now) < STRANGERS_MAX {
            self.restarts += 1;
            Then::Again
        } else {
            self.finish_operation(Err(cause.clone()), actions);
            Then::Fail(cause)
        };
        self.phase = Phase::Ending(then);
    }

    /// A lost port is no crash: no pause, and no count but that of lost ports. What it is started again for at a port
    /// that is its own has been counted.
    fn go_on_with(&mut self, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        if check != PortCheck::Ours {
            self.why = Reason::Address.into();
        }
        if check != PortCheck::Ours && self.backoff.port_losses.add(now) > PORT_LOSSES_MAX {
            let reason = self.why_lost(Cause::PortLost { count: PORT_LOSSES_MAX });
            self.finish_operation(Err(reason.clone()), actions);
            self.phase = Phase::Failed { reason, given_up: None };
            return;
        }
        match check {
            PortCheck::Ours | PortCheck::Moved => self.begin(now, actions),
            PortCheck::Taken(conflict) => {
                let holder = Box::new(conflict.holder.clone());
                let reason = self.why_lost(Cause::PortTaken { port: conflict.port, holder });
                self.finish_operation(Err(reason), actions);
                self.phase = Phase::Conflict { conflict, retry_at: now + CONFLICT_RETRY };
            }
        }
    }

    /// Whoever answered at the port says more than that it is gone.
    fn why_lost(&self, otherwise: Cause) -> Cause {
        let answered = |error: &&Cause| matches!(error, Cause::AnsweredByOther { .. });
        self.last_error.as_ref().filter(answered).cloned().unwrap_or(otherwise)
    }

    // Time --------------------------------------------------------------------------------------------

    fn resumed(&mut self, gap: Duration, now: Instant) {
        match &mut self.phase {
            Phase::Starting(start) => start.limit.resumed(gap, now),
            Phase::Up(up) => {
                up.failing = None;
                up.excused = up.next_probe.is_none();
                up.next_probe = up.next_probe.map(|_| now + self.policy.interval);
            }
            _ => {}
        }
        if let Some(successor) = &mut self.successor {
            successor.limit.resumed(gap, now);
        }
        for kill_at in self.retiring.iter_mut().filter_map(|retiring| retiring.kill_at.as_mut()) {
            *kill_at += gap;
        }
    }

    fn tick(&mut self, now: Instant, actions: &mut Vec<Action>) {
        for retiring in &mut self.retiring {
            if retiring.kill_at.take_if(|kill_at| *kill_at <= now).is_some() {
                actions.push(Action::Kill(retiring.run));
            }
        }
        if let Some(successor) = &mut self.successor
            && !successor.ready
            && successor.limit.is_due(now)
        {
            actions.push(Action::Inspect(successor.run));
        }
        match &mut self.phase {
            Phase::Starting(start) if start.next_probe.is_some_and(|at| at <= now) => {
                start.next_probe = None;
                if self.policy.probes {
                    actions.push(self.start_probe(now));
                } else {
                    start.answered = true;
                    self.check_up(now, actions);
                }
            }
            Phase::Up(up) if up.next_probe.is_some_and(|at| at <= now) => {
                up.next_probe = None;
                actions.push(Action::Probe { run: up.run, timeout: self.policy.timeout });
            }
            Phase::Backoff { until, .. } if *until <= now => self.begin(now, actions),
            Phase::Conflict { retry_at, .. } if *retry_at <= now => {
                *retry_at = now + CONFLICT_RETRY;
                actions.push(Action::TryPort);
            }
            _ => {}
        }
        if let Phase::Starting(start) = &mut self.phase
            && start.limit.is_due(now)
        {
            actions.push(Action::Inspect(start.run));
        }
    }

    fn inspected(&mut self, run: RunId, suspension: Option<Cause>, now: Instant, actions: &mut Vec<Action>) {
        if let Some(successor) = self.successor.as_mut().filter(|successor| successor.run == run) {
            let progress = successor.limit.inspected(suspension.is_some(), now);
            if successor.ready || progress == Progress::InTime {
                return;
            }
            let because = Box::new(self.not_ready_because(suspension));
            let reason = Cause::NotReplaced { because };
            if progress == Progress::Over {
                self.drop_successor(actions);
                self.not_replaced(reason, now, actions);
            } else {
                self.finish_operation(Err(reason), actions);
            }
        } else if let Phase::Starting(start) = &mut self.phase
            && start.run == run
        {
            let progress = start.limit.inspected(suspension.is_some(), now);
            if suspension.is_some() || self.suspension().is_some() {
                self.last_error = suspension;
            }
            match progress {
                Progress::InTime => {}
                Progress::Suspended => self.finish_operation(Err(self.not_ready()), actions),
                Progress::Over => self.too_slow(now, actions),
            }
        }
    }

    /// What its process is suspended by, as far as is known.
    fn suspension(&self) -> Option<&Cause> {
        self.last_error.as_ref().filter(|error| error.is_suspension())
    }

    fn not_ready(&self) -> Cause {
        self.not_ready_because(self.last_error().cloned())
    }

    fn not_ready_because(&self, because: Option<Cause>) -> Cause {
        let limit_ms = u64::try_from(self.policy.start_timeout.as_millis()).unwrap_or(u64::MAX);
        Cause::NotReady { limit_ms, because: because.map(Box::new) }
    }

    fn too_slow(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let reason = self.not_ready();
        // Until the run has ended it is said why nobody answered.
        self.last_error = self.last_error().cloned();
        self.finish_operation(Err(reason.clone()), actions);
        match (&mut self.phase, self.policy.on_unhealthy) {
            (Phase::Starting(start), OnUnhealthy::Report) => start.overdue = true,
            _ => {
                self.why = Why::because(Reason::Unhealthy, &reason);
                self.retire_for(&reason, false, now, actions);
                self.phase = Phase::Ending(Then::Crash(reason));
            }
        }
    }
}
