//! The one task that owns the state of an instance: what happens goes to the coordinator, what the coordinator
//! decides is carried out, and a snapshot is published after each round.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{ApiError, Cause, ErrorCode, Happening, HappeningKind, Reason, Request};
use supervisor::coordinator::{Coordinator, Effect, Event, RequestId};
use tokio::sync::{Notify, mpsc, watch};

use super::handle::{ExecutorCommand, Reply};
use super::happenings::Happenings;
use super::rows::Rows;
use super::system::{Observation, ProcessObservation, System};

/// How long the control socket may take to send its last answers.
const LAST_ANSWERS_MAX: Duration = Duration::from_secs(1);

pub(crate) struct Executor<S> {
    coordinator: Coordinator,
    system: S,
    observations: mpsc::Receiver<Observation>,
    rows: Rows,
    happenings: Arc<Happenings>,
    replies: BTreeMap<RequestId, PendingReply>,
    last_request: u64,
    /// The processes that could not be ended, and why.
    left_behind: Vec<Cause>,
    ended: watch::Sender<bool>,
}

/// Whoever waits for a request.
struct PendingReply {
    reply: Reply,
    /// How many processes were left behind when it was asked to stop something.
    stop_since: Option<usize>,
    /// Settings are to be applied.
    applies: bool,
}

impl<S: System> Executor<S> {
    pub(crate) fn new(
        coordinator: Coordinator,
        system: S,
        observations: mpsc::Receiver<Observation>,
        rows: Rows,
        happenings: Arc<Happenings>,
        ended: watch::Sender<bool>,
    ) -> Self {
        let (replies, last_request, left_behind) = (BTreeMap::new(), 0, Vec::new());
        let mut executor = Self {
            coordinator,
            system,
            observations,
            rows,
            happenings,
            replies,
            last_request,
            left_behind,
            ended,
        };
        executor.publish();
        executor
    }

    /// Runs until everything has ended, and returns the processes that could not be ended. `launched` is called when the first services have been started; `served` is
    /// told to send its last answers, and says when it has.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<ExecutorCommand>,
        served: Arc<Notify>,
        launched: impl FnOnce(),
    ) -> Vec<u32> {
        self.happenings.tell(Happening::now(HappeningKind::Launched));
        self.on_event(Event::Launch);
        self.publish();
        launched();
        while !self.coordinator.is_finished() {
            let deadline = self.coordinator.deadline();
            tokio::select! {
                Some(observation) = self.observations.recv() => self.on_observation(observation),
                Some(command) = commands.recv() => self.on_command(command),
                () = sleep_until(deadline) => {}
            }
            while let Ok(observation) = self.observations.try_recv() {
                self.on_observation(observation);
            }
            let late = deadline.map_or(Duration::ZERO, |planned| now().saturating_duration_since(planned));
            self.on_event(Event::Tick { late });
            self.publish();
        }
        let stopped = Happening::now(HappeningKind::Stopped);
        self.happenings.tell(Happening { reason: Some(Reason::Request), ..stopped });
        self.system.instance_ended();
        served.notify_one();
        drop(commands);
        let _ = tokio::time::timeout(LAST_ANSWERS_MAX, served.notified()).await;
        self.ended.send_replace(true);
        self.left_behind.iter().filter_map(Cause::pid).collect()
    }

    fn on_command(&mut self, command: ExecutorCommand) {
        let event = match command {
            ExecutorCommand::Request(request, reply) => {
                let stops = matches!(request, Request::Stop(_) | Request::StopServices {});
                let stop_since = stops.then_some(self.left_behind.len());
                Event::Request(self.expect(PendingReply { reply, stop_since, applies: false }), request)
            }
            ExecutorCommand::Apply(settings, reply) => {
                Event::Apply(self.expect(PendingReply { reply, stop_since: None, applies: true }), settings)
            }
            ExecutorCommand::Trees(service, reply) => {
                // Whoever asked may have gone away.
                let _ = reply.send(self.system.trees(service));
                return;
            }
            ExecutorCommand::StopAll => Event::StopAll,
            ExecutorCommand::KillAll => Event::KillAll,
        };
        self.on_event(event);
    }

    fn expect(&mut self, reply: PendingReply) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.replies.insert(id, reply);
        id
    }

    fn on_observation(&mut self, observation: Observation) {
        if let Some(event) = self.observe(observation) {
            self.on_event(event);
        }
    }

    /// Shows what was observed; returns what the coordinator has to know of it.
    fn observe(&mut self, observation: Observation) -> Option<Event> {
        if let Observation::Process(service, run, observation) = &observation {
            let machine = self.coordinator.services()[*service].machine();
            self.rows.observe(*service, *run, observation, machine);
            match observation {
                ProcessObservation::Exited { exit, .. } => {
                    let runtime = &self.coordinator.services()[*service];
                    let (name, reason) = (&runtime.spec().name, &exit.reason);
                    if runtime.machine().is_retiring(*run) {
                        tracing::debug!(service = name, run = run.0, %reason, "ended as asked");
                    } else {
                        tracing::info!(service = name, run = run.0, %reason, "ended by itself");
                    }
                }
                ProcessObservation::LeftBehind(causes) => {
                    for cause in causes {
                        tracing::warn!("{cause}");
                        self.left_behind.push(cause.clone());
                    }
                }
                ProcessObservation::TreeEmpty => self.system.run_ended(*service, *run),
                _ => {}
            }
        }
        observation.into_event()
    }

    /// Takes an event in, and carries out what it comes to, with all that comes of it at once.
    fn on_event(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.coordinator.on(event, now()) {
                if let Effect::Reply(id, result) = effect {
                    // Whoever asked finds in the snapshot what they are told.
                    self.publish();
                    if let Some(PendingReply { reply, stop_since, applies }) = self.replies.remove(&id) {
                        if applies && result.is_ok() {
                            self.happenings.tell(Happening::now(HappeningKind::Settings));
                        }
                        let left = stop_since.and_then(|since| self.left_behind.get(since)).cloned();
                        let result = result.and_then(|()| match left {
                            Some(cause) => Err(ApiError::because(ErrorCode::LeftBehind, cause)),
                            None => Ok(()),
                        });
                        // Whoever asked may have gone away.
                        let _ = reply.send(result);
                    }
                } else if let Some(observation) = self.system.carry_out(effect) {
                    events.extend(self.observe(observation));
                }
            }
        }
    }

    fn publish(&mut self) {
        self.rows.publish(&mut self.coordinator, now());
    }
}

/// The time by the runtime's clock, which a test may hold.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
