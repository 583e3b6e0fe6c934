//! The one task that owns the state of an instance: events in, actions out, a snapshot after each.

mod actions;
mod port_matters;
mod requests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Cause, Conflict, Holder, ServiceState, Snapshot};
use ports::Allocator;
use tokio::sync::{Notify, mpsc, watch};

use super::handle::Command;
use super::jobs::Job;
use super::places::Place;
use super::run::Fact;
use super::slot::Slot;
use super::{LaunchOptions, Notice, PortSettings};
use crate::instance::Instance;
use crate::life::Event;
use crate::output::Output;
use proctree::{LaunchMarker, Orphans, PidJournal};
use stackfile::OnConflict;
use userdirs::Dirs;

/// A timer that comes this much too late means that the program was stopped, not that it was busy.
pub(super) const GAP_MIN: Duration = Duration::from_secs(1);
/// How often orphans that ended are collected, besides when a service ends. Nothing wakes up for it alone.
const ORPHANS_EVERY: Duration = Duration::from_secs(5);
/// How long the control socket may take to send its last answers.
const LAST_ANSWERS_MAX: Duration = Duration::from_secs(1);

/// What [`super::launch`] prepared.
pub(crate) struct Setup {
    pub(crate) instance: Instance,
    pub(crate) mark: LaunchMarker,
    pub(crate) record: PidJournal,
    pub(crate) token: String,
    pub(crate) allocator: Allocator,
    pub(crate) places: Vec<Option<Place>>,
    pub(crate) options: LaunchOptions,
    pub(crate) notices: Vec<Notice>,
}

pub(crate) struct Task {
    instance: Instance,
    mark: LaunchMarker,
    record: PidJournal,
    token: String,
    allocator: Allocator,
    options: LaunchOptions,
    /// What was set before the settings of the move under way, should it be undone.
    settings_before: Option<(PortSettings, OnConflict)>,
    notices: Vec<Notice>,
    slots: Vec<Slot>,
    /// Which services each service needs, by their places in `slots`.
    needs: Vec<Vec<usize>>,
    /// Which services' addresses each service is started with, likewise.
    depends: Vec<Vec<usize>>,
    jobs: Vec<Job>,
    queued: VecDeque<Command>,
    orphans: Orphans,
    orphans_due: Instant,
    events: VecDeque<(usize, Event)>,
    changed: Vec<bool>,
    finishing: bool,
    side: tokio::runtime::Handle,
    facts_sender: mpsc::UnboundedSender<Fact>,
    facts: mpsc::UnboundedReceiver<Fact>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    ended: watch::Sender<bool>,
}

impl Task {
    pub(crate) fn new(setup: Setup, side: tokio::runtime::Handle) -> Self {
        let Setup { instance, mark, record, token, allocator, places, options, notices } = setup;
        let logs = options.dirs.logs(instance.name.as_str());
        let services = &options.stack.services;
        let slots: Vec<Slot> = services
            .iter()
            .zip(places)
            .map(|((name, service), place)| {
                Slot::new(name.clone(), service.clone(), place, Output::new(&logs, name))
            })
            .collect();
        let needs = services
            .values()
            .map(|service| service.needs.iter().filter_map(|need| services.get_index_of(need)).collect());
        let needs = needs.collect();
        let depends = slots.iter().enumerate().map(|(index, slot)| {
            let others = slots.iter().enumerate();
            let depends = |(other, at): &(usize, &Slot)| *other != index && slot.depends_on(&at.name);
            others.filter(depends).map(|(other, _)| other).collect()
        });
        let depends = depends.collect();
        // One fact at most for each process, probe and notification under way; so the queue is bounded by them.
        let (facts_sender, facts) = mpsc::unbounded_channel();
        let empty = Snapshot {
            instance: instance.name.to_string(),
            stack: options.stack.name.clone(),
            pid: std::process::id(),
            revision: 0,
            state: ServiceState::Starting,
            services: Vec::new(),
        };
        let changed = vec![true; slots.len()];
        let mut task = Self {
            instance,
            mark,
            record,
            token,
            allocator,
            options,
            settings_before: None,
            notices,
            slots,
            needs,
            depends,
            jobs: Vec::new(),
            queued: VecDeque::new(),
            orphans: Orphans::default(),
            orphans_due: Instant::now() + ORPHANS_EVERY,
            events: VecDeque::new(),
            changed,
            finishing: false,
            side,
            facts_sender,
            facts,
            snapshots: watch::Sender::new(Arc::new(empty)),
            ended: watch::Sender::new(false),
        };
        task.publish();
        task
    }

    pub(crate) fn instance(&self) -> &str {
        self.instance.name.as_str()
    }

    pub(crate) fn dirs(&self) -> &Dirs {
        &self.options.dirs
    }

    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    pub(crate) fn outputs(&self) -> Vec<(String, Output)> {
        self.slots.iter().map(|slot| (slot.name.clone(), slot.output.clone())).collect()
    }

    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    /// Runs until everything has ended. `launched` is called when the first services have been started;
    /// `served` is told to send its last answers, and says when it has.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        served: Arc<Notify>,
        launched: impl FnOnce(),
    ) {
        for slot in 0..self.slots.len() {
            self.events.push_back((slot, Event::Start));
        }
        self.settle_down();
        launched();
        while !(self.finishing && self.jobs.is_empty() && self.is_gone()) {
            let deadline = self.deadline();
            tokio::select! {
                Some(fact) = self.facts.recv() => self.on_fact(fact),
                Some(command) = commands.recv() => self.on_command(command),
                () = sleep_until(deadline) => {}
            }
            while let Ok(fact) = self.facts.try_recv() {
                self.on_fact(fact);
            }
            self.on_time(deadline);
            self.settle_down();
            self.collect_orphans();
        }
        self.record.end();
        served.notify_one();
        drop(commands);
        let _ = tokio::time::timeout(LAST_ANSWERS_MAX, served.notified()).await;
        self.ended.send_replace(true);
    }

    fn collect_orphans(&mut self) {
        let now = Instant::now();
        if now >= self.orphans_due {
            self.orphans_due = now + ORPHANS_EVERY;
            self.orphans.collect();
        }
    }

    fn is_gone(&self) -> bool {
        self.slots.iter().all(|slot| slot.life.is_gone())
    }

    fn deadline(&self) -> Option<Instant> {
        let lives = self.slots.iter().filter_map(|slot| slot.life.deadline());
        let jobs = self.jobs.iter().filter_map(Job::deadline);
        lives.chain(jobs).min()
    }

    fn on_time(&mut self, planned: Option<Instant>) {
        let now = Instant::now();
        let gap =
            planned.map(|planned| now.saturating_duration_since(planned)).filter(|late| *late >= GAP_MIN);
        for index in 0..self.slots.len() {
            if let Some(gap) = gap {
                self.events.push_back((index, Event::Resumed(gap)));
            }
            if self.slots[index].life.deadline().is_some_and(|deadline| deadline <= now) {
                self.events.push_back((index, Event::Tick));
            }
        }
    }

    /// Handles everything that is due, then publishes what has changed by it.
    fn settle_down(&mut self) {
        loop {
            self.handle_events();
            self.release_what_is_down();
            self.tell_who_waits();
            let went_on = self.advance_jobs();
            self.restart_for_changed_addresses();
            if self.events.is_empty() && !went_on {
                break;
            }
        }
        self.publish();
    }

    /// Events one after the other, so that each is judged by what the one before made of the state.
    fn handle_events(&mut self) {
        while let Some((index, event)) = self.events.pop_front() {
            self.on_event(index, event);
        }
    }

    fn on_event(&mut self, index: usize, event: Event) {
        let actions = self.slots[index].life.on_event(event, Instant::now());
        self.changed[index] = true;
        for action in actions {
            self.carry_out(index, action);
        }
    }

    /// Services start once all that they need is up.
    fn tell_who_waits(&mut self) {
        for index in 0..self.slots.len() {
            if !self.slots[index].life.is_waiting() {
                continue;
            }
            let missing = self.needs[index].iter().find(|need| !self.slots[**need].life.is_up()).copied();
            let label = missing.map(|need| self.slots[need].service.label.clone());
            if label.is_none() {
                self.events.push_back((index, Event::NeedsMet));
            } else if self.slots[index].life.is_awaited()
                && let Some(reason) = self.what_is_lacking(index)
            {
                self.events.push_back((index, Event::NeedsLacking(reason)));
            }
            if self.slots[index].waits_for != label {
                self.slots[index].waits_for = label;
                self.changed[index] = true;
            }
        }
    }

    /// Why a service that waits will go on waiting until somebody sees to what it needs, if that is so.
    fn what_is_lacking(&self, index: usize) -> Option<Cause> {
        self.needs[index].iter().find_map(|need| {
            let slot = &self.slots[*need];
            match slot.life.state() {
                state @ (ServiceState::Stopped
                | ServiceState::Failed
                | ServiceState::Conflict
                | ServiceState::Backoff) => Some(Cause::Needs { label: slot.service.label.clone(), state }),
                ServiceState::Starting if slot.life.is_waiting() => self.what_is_lacking(*need),
                _ => None,
            }
        })
    }

    fn publish(&mut self) {
        let now = Instant::now();
        let before = Arc::clone(&self.snapshots.borrow());
        let mut services = before.services.clone();
        let mut any = services.len() != self.slots.len();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if !std::mem::take(&mut self.changed[index]) {
                continue;
            }
            let (row, changed) = slot.row(&self.token, now);
            any |= changed;
            match services.get_mut(index) {
                Some(place) => *place = row,
                None => services.push(row),
            }
        }
        if any {
            let state = services.iter().map(|service| service.state).max_by_key(|state| urgency(*state));
            let state = state.unwrap_or(ServiceState::Stopped);
            let revision = before.revision + 1;
            let snapshot = Snapshot {
                instance: before.instance.clone(),
                stack: before.stack.clone(),
                pid: before.pid,
                revision,
                state,
                services,
            };
            self.snapshots.send_replace(Arc::new(snapshot));
        }
    }
}

/// How much a state needs attention.
fn urgency(state: ServiceState) -> u8 {
    match state {
        ServiceState::Healthy => 0,
        ServiceState::Stopped => 1,
        ServiceState::Starting => 2,
        ServiceState::Stopping => 3,
        ServiceState::Backoff => 4,
        ServiceState::Unhealthy => 5,
        ServiceState::Conflict => 6,
        ServiceState::Failed => 7,
    }
}

fn conflict_of(taken: &ports::Taken) -> Conflict {
    let unknown = Holder { pid: None, name: None, command: None, user: None, hint: None };
    Conflict { port: taken.port, holder: taken.holders.first().cloned().unwrap_or(unknown) }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
