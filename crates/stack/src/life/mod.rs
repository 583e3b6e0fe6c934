//! The life of a service as a pure state machine: an event and the time go in, actions and the next
//! deadline come out. It knows no process, no socket and no clock, so that every case is tested without
//! any of them.
//!
//! A service has at most one *current* run, at most one *successor* (a second process that is to take
//! over), and any number of *retiring* runs whose processes have yet to go. Events carry the run they
//! belong to, so that a late word of an old process cannot touch a new one.

mod policy;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use contract::{Conflict, ServiceState, Wanted};

pub use policy::{Backoff, Policy};

/// One start of a service, counted from 1 and never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code, where it ended by itself.
    pub code: Option<i32>,
    /// Why, in a few words ("exited with code 1", "ended by SIGKILL").
    pub reason: String,
}

/// What became of a service's port while it had no process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortCheck {
    /// It is reserved for the service.
    Ours,
    /// Somebody took it, and the service has been given another one.
    Moved,
    /// Somebody took it, and a person is to decide.
    Taken(Conflict),
}

/// Something that happened, or that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is to run; crashes are counted afresh.
    Start,
    /// All that it needs is ready.
    NeedsMet,
    /// It is to be started anew; crashes are counted afresh.
    Restart,
    /// It is to be started anew with other addresses, and the old run kept until `Promote`, if it can
    /// be.
    Prepare,
    /// The prepared run takes over.
    Promote,
    /// The prepared run is given up.
    Abandon,
    /// It is to end, at the latest at that time.
    Stop { limit: Option<Instant> },
    /// Every process of it is to go at once.
    Kill,
    /// Its process was started.
    Spawned(RunId),
    /// Its process could not be started.
    SpawnFailed(RunId, String),
    /// Its port could not be had just before the start.
    PortMissing(RunId, PortCheck),
    /// It said by itself that it is ready.
    SaidReady(RunId),
    /// It answered its probe.
    Answered(RunId),
    /// It did not answer its probe, and why.
    NotAnswered(RunId, String),
    /// Somebody else answers on its port while it runs.
    PortLost(RunId),
    /// Its leader ended.
    Exited(RunId, Exit),
    /// The last of its processes ended.
    Emptied(RunId, PortCheck),
    /// Whoever had its port let go of it, and it is reserved again.
    PortRegained,
    /// The machine (or this program) slept that long: nobody is to be judged by it.
    Resumed(Duration),
    /// A deadline passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start a process; `prepared` with the addresses that are to come.
    Spawn { run: RunId, prepared: bool },
    /// Ask all its processes to end.
    Terminate(RunId),
    /// End all its processes.
    Kill(RunId),
    /// Probe it, and wait that long for an answer.
    Probe { run: RunId, timeout: Duration },
    /// The run is the one that serves from now on.
    Promoted(RunId),
    /// Look whether the port can be had again.
    TryPort,
    /// What was asked for is done, or why it is not.
    Settled(Result<(), String>),
}

/// The life of one service.
#[derive(Debug)]
pub struct Life {
    policy: Policy,
    wanted: Wanted,
    phase: Phase,
    successor: Option<Successor>,
    retiring: Vec<Retiring>,
    backoff: Backoff,
    restarts: u32,
    port_losses: u32,
    needs_met: bool,
    prepared: bool,
    awaited: bool,
    last_run: u64,
    last_error: Option<String>,
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
    },
    Conflict {
        conflict: Conflict,
        retry_at: Instant,
    },
    Failed {
        reason: String,
    },
}

#[derive(Debug)]
enum Then {
    Down,
    Again,
    Crash(String),
    Fail(String),
}

#[derive(Debug)]
struct Start {
    run: RunId,
    deadline: Instant,
    said_ready: bool,
    answered: bool,
    next_probe: Option<Instant>,
    pause: Duration,
}

#[derive(Debug)]
struct Up {
    run: RunId,
    misses: u32,
    next_probe: Option<Instant>,
    /// A probe under way was overtaken by a sleep of the machine; its failure says nothing.
    excused: bool,
}

#[derive(Debug)]
struct Successor {
    run: RunId,
    deadline: Instant,
    ready: bool,
    /// It takes over only when told to.
    held: bool,
}

#[derive(Debug)]
struct Retiring {
    run: RunId,
    kill_at: Option<Instant>,
}

/// How often a service may lose its port at its start before it is given up.
const PORT_LOSSES_MAX: u32 = 10;
/// How often a service that lost its port looks for it.
const CONFLICT_RETRY: Duration = Duration::from_secs(1);
const START_PAUSE_MIN: Duration = Duration::from_millis(1);
const START_PAUSE_MAX: Duration = Duration::from_millis(100);

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
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// What the state alone does not say.
    pub fn detail(&self, now: Instant) -> Option<String> {
        match &self.phase {
            Phase::Up(_) if self.successor.is_some() => {
                Some("a new process is about to take over".to_owned())
            }
            Phase::Up(_) if !self.retiring.is_empty() => {
                Some("the old process finishes its requests".to_owned())
            }
            Phase::Ending(Then::Again) => Some("ending, then starting again".to_owned()),
            Phase::Backoff { until } => {
                let left = until.saturating_duration_since(now);
                // Rounded, since a text that changed with every look would be a change each time.
                (left >= Duration::from_secs(1)).then(|| format!("next start in {} s", left.as_secs().max(1)))
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

    fn take(&mut self, event: Event, now: Instant, actions: &mut Vec<Action>) {
        match event {
            Event::Start => self.start(now, actions),
            Event::NeedsMet => {
                self.needs_met = true;
                if self.is_waiting() {
                    self.spawn(now, actions);
                }
            }
            Event::Restart => {
                self.prepared = false;
                self.restart(false, now, actions);
            }
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

    fn serves(&self, run: RunId) -> bool {
        matches!(&self.phase, Phase::Starting(start) if start.run == run)
            || matches!(&self.phase, Phase::Up(up) if up.run == run)
    }

    fn settle(&mut self, result: Result<(), String>, actions: &mut Vec<Action>) {
        if std::mem::take(&mut self.awaited) {
            actions.push(Action::Settled(result));
        }
    }

    // Requests ------------------------------------------------------------------------------------

    fn forget_crashes(&mut self) {
        self.backoff = Backoff::default();
        self.restarts = 0;
        self.port_losses = 0;
    }

    fn start(&mut self, now: Instant, actions: &mut Vec<Action>) {
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

    fn restart(&mut self, held: bool, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Up;
        self.awaited = true;
        self.forget_crashes();
        self.drop_successor(actions);
        match &mut self.phase {
            Phase::Up(_) if self.policy.overlap => {
                let run = self.next_run();
                self.successor =
                    Some(Successor { run, deadline: now + self.policy.start_timeout, ready: false, held });
                actions.push(Action::Spawn { run, prepared: self.prepared });
            }
            Phase::Up(_) | Phase::Starting(_) => {
                self.retire_current(false, now, actions);
                self.phase = Phase::Ending(Then::Again);
            }
            Phase::Ending(then) => *then = Then::Again,
            _ => self.begin(now, actions),
        }
    }

    fn abandon(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let was_prepared = std::mem::take(&mut self.prepared);
        if self.successor.is_some() {
            self.awaited = false;
            self.drop_successor(actions);
        } else if was_prepared && self.wanted == Wanted::Up {
            self.restart(false, now, actions);
        }
    }

    fn stop(&mut self, limit: Option<Instant>, now: Instant, actions: &mut Vec<Action>) {
        self.wanted = Wanted::Down;
        self.settle(Err("it was stopped".to_owned()), actions);
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

    // Starting ------------------------------------------------------------------------------------

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
            run,
            deadline: now + self.policy.start_timeout,
            said_ready: false,
            answered: false,
            next_probe: None,
            pause: START_PAUSE_MIN,
        });
        actions.push(Action::Spawn { run, prepared: self.prepared });
    }

    fn spawned(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
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
    fn start_probe(&self, now: Instant) -> Action {
        let Phase::Starting(start) = &self.phase else { unreachable!("asked for in that phase alone") };
        let left = start.deadline.saturating_duration_since(now);
        let timeout = if self.policy.number { left.min(self.policy.timeout) } else { left };
        Action::Probe { run: start.run, timeout }
    }

    fn spawn_failed(&mut self, run: RunId, reason: String, now: Instant, actions: &mut Vec<Action>) {
        if self.successor.as_ref().is_some_and(|successor| successor.run == run) {
            self.successor = None;
            self.settle(Err(reason), actions);
        } else if self.serves(run) {
            self.crashed(reason, now, actions);
        }
    }

    fn port_missing(&mut self, run: RunId, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        if self.serves(run) {
            self.phase = Phase::Down;
            self.go_on_with(check, now, actions);
        }
    }

    fn said_ready(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
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

    fn check_up(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Phase::Starting(start) = &self.phase else { return };
        if (start.said_ready || !self.policy.waits_for_word) && (start.answered || !self.policy.probes) {
            self.up(start.run, now + self.policy.interval, actions);
        }
    }

    fn up(&mut self, run: RunId, next_probe: Instant, actions: &mut Vec<Action>) {
        let next_probe = self.policy.probes.then_some(next_probe);
        self.phase = Phase::Up(Up { run, misses: 0, next_probe, excused: false });
        self.last_error = None;
        self.port_losses = 0;
        actions.push(Action::Promoted(run));
        self.settle(Ok(()), actions);
    }

    fn promote(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Some(successor) = self.successor.take_if(|successor| successor.ready) else { return };
        self.retire_current(false, now, actions);
        self.up(successor.run, now, actions);
    }

    // Probes --------------------------------------------------------------------------------------

    fn answered(&mut self, run: RunId, now: Instant, actions: &mut Vec<Action>) {
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

    fn not_answered(&mut self, run: RunId, error: String, now: Instant, actions: &mut Vec<Action>) {
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

    fn hung(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let error = self.last_error.clone().unwrap_or_default();
        let reason = format!("did not answer {} times in a row ({error})", self.policy.threshold);
        self.retire_current(false, now, actions);
        // What shares a socket can be replaced while it ends; what does not has to end first.
        if self.policy.overlap {
            self.crashed(reason, now, actions);
        } else {
            self.phase = Phase::Ending(Then::Crash(reason));
        }
    }

    // Ending --------------------------------------------------------------------------------------

    fn retire(&mut self, run: RunId, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        let kill_at = (!kill).then(|| now + self.policy.stop_grace);
        actions.push(if kill { Action::Kill(run) } else { Action::Terminate(run) });
        self.retiring.push(Retiring { run, kill_at });
    }

    fn retire_current(&mut self, kill: bool, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Starting(Start { run, .. }) | Phase::Up(Up { run, .. }) = &self.phase {
            self.retire(*run, kill, now, actions);
            self.phase = Phase::Down;
        }
    }

    fn drop_successor(&mut self, actions: &mut Vec<Action>) {
        if let Some(successor) = self.successor.take() {
            actions.push(Action::Kill(successor.run));
            self.retiring.push(Retiring { run: successor.run, kill_at: None });
        }
    }

    fn exited(&mut self, run: RunId, exit: &Exit, now: Instant, actions: &mut Vec<Action>) {
        if self.successor.as_ref().is_some_and(|successor| successor.run == run) {
            self.drop_successor(actions);
            self.settle(Err(format!("the new process {}; the old one goes on", exit.reason)), actions);
            return;
        }
        if !self.serves(run) {
            return;
        }
        self.retire_current(true, now, actions);
        if let Some(successor) = self.successor.take() {
            self.takes_over_early(&successor, now, actions);
        } else if self.policy.is_final(exit) {
            let reason = exit.reason.clone();
            let failed = exit.code != Some(0);
            self.settle(Err(reason.clone()), actions);
            self.phase = Phase::Ending(if failed { Then::Fail(reason) } else { Then::Down });
        } else if self.policy.number {
            // Whether this was a crash or a matter of the port shows when the group is empty.
            self.phase = Phase::Ending(Then::Crash(exit.reason.clone()));
        } else {
            self.crashed(exit.reason.clone(), now, actions);
        }
    }

    /// The old process ended before its successor was ready: now the successor is all there is.
    fn takes_over_early(&mut self, successor: &Successor, now: Instant, actions: &mut Vec<Action>) {
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
    }

    fn crashed(&mut self, reason: String, now: Instant, actions: &mut Vec<Action>) {
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

    fn emptied(&mut self, run: RunId, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
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
    fn go_on_with(&mut self, check: PortCheck, now: Instant, actions: &mut Vec<Action>) {
        match check {
            PortCheck::Ours => self.begin(now, actions),
            PortCheck::Moved if self.port_losses < PORT_LOSSES_MAX => {
                self.port_losses += 1;
                self.begin(now, actions);
            }
            PortCheck::Moved => {
                let reason = format!("lost its port {PORT_LOSSES_MAX} times in a row");
                self.settle(Err(reason.clone()), actions);
                self.phase = Phase::Failed { reason };
            }
            PortCheck::Taken(conflict) => {
                self.settle(Err(format!("port {} is used by {}", conflict.port, conflict.holder)), actions);
                self.phase = Phase::Conflict { conflict, retry_at: now + CONFLICT_RETRY };
            }
        }
    }

    // Time ----------------------------------------------------------------------------------------

    fn resumed(&mut self, gap: Duration, now: Instant) {
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

    fn tick(&mut self, now: Instant, actions: &mut Vec<Action>) {
        for retiring in &mut self.retiring {
            if retiring.kill_at.take_if(|kill_at| *kill_at <= now).is_some() {
                actions.push(Action::Kill(retiring.run));
            }
        }
        if self.successor.as_ref().is_some_and(|successor| !successor.ready && successor.deadline <= now) {
            self.drop_successor(actions);
            let waited = self.policy.start_timeout.as_secs_f32();
            self.settle(
                Err(format!("the new process was not ready within {waited} s; the old one goes on")),
                actions,
            );
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

    fn too_slow(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let why = self.last_error.as_deref().map(|error| format!(" ({error})")).unwrap_or_default();
        let reason = format!("was not ready within {} s{why}", self.policy.start_timeout.as_secs_f32());
        self.settle(Err(reason.clone()), actions);
        self.retire_current(false, now, actions);
        self.phase = Phase::Ending(Then::Crash(reason));
    }
}
