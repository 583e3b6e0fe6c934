//! The executor with a system that has no processes, on a clock that stands still until everybody waits for it.

use std::collections::BTreeMap;

use contract::{Cause, OnConflict, PortSource, Reason, Request, ServiceState, Snapshot, Target};
use stackfile::Stack;
use supervisor::coordinator::{
    Answerer, AssignedPort, PortAssignment, PortPreferences, PortWanted, Whereabouts,
};
use supervisor::lifecycle::{Exit, RunId};
use tokio::sync::oneshot;

use super::*;
use crate::launch_options::LaunchOptions;
use crate::output::Output;

const STACK: &str = r#"
name = "made up"
ports = "8000-8010"
[service.socket]
command = ["a"]
port = {}
handoff = "socket"
health = { http = "/health" }
[service.number]
command = ["b"]
port = {}
handoff = "number"
health = { http = "/health" }
needs = ["socket"]
"#;

/// Every process starts, answers its probes, and ends when it is asked to; what is in `ill` never answers.
struct MadeUpSystem {
    observations: mpsc::Sender<Observation>,
    ill: Vec<usize>,
    next_pid: u32,
    next_port: u16,
    ended: Vec<(usize, RunId)>,
}

impl MadeUpSystem {
    fn later(&self, after: Duration, observations: Vec<Observation>) -> Option<Observation> {
        let sender = self.observations.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            for observation in observations {
                let _ = sender.send(observation).await;
            }
        });
        None
    }

    fn reserve(&mut self, wanted: &PortWanted) -> AssignedPort {
        let (port, source) = match wanted.whereabouts {
            Whereabouts::Exactly(port) => (port, PortSource::Set),
            Whereabouts::Free(_) => {
                self.next_port += 1;
                (self.next_port, PortSource::Range)
            }
        };
        AssignedPort::new(port, source)
    }
}

impl System for MadeUpSystem {
    fn carry_out(&mut self, effect: Effect) -> Option<Observation> {
        const MOMENT: Duration = Duration::from_millis(1);
        match effect {
            Effect::Spawn { service, run, .. } => {
                self.next_pid += 1;
                let (pid, at, command) = (self.next_pid, jiff::Timestamp::now(), Vec::new());
                let spawned = ProcessObservation::Spawned { pid, at, command };
                Some(Observation::Process(service, run, spawned))
            }
            Effect::Terminate(service, run) | Effect::Kill(service, run) => {
                let exit = Exit { code: Some(0), reason: Cause::Exited { code: 0 } };
                let exited = ProcessObservation::Exited { exit, signal: None };
                self.later(
                    MOMENT,
                    vec![
                        Observation::Process(service, run, exited),
                        Observation::Process(service, run, ProcessObservation::TreeEmpty),
                    ],
                )
            }
            Effect::Probe { service, run, address, timeout } => {
                let is_ill = self.ill.contains(&service);
                let result = if is_ill { Err(Cause::Refused) } else { Ok(Answerer::Own) };
                let probed = ProcessObservation::Probed {
                    address,
                    result,
                    latency: (!is_ill).then_some(MOMENT),
                    late: Duration::ZERO,
                };
                let after = if is_ill { timeout } else { MOMENT };
                self.later(after, vec![Observation::Process(service, run, probed)])
            }
            Effect::Inspect { service, run, .. } => {
                Some(Observation::Process(service, run, ProcessObservation::Inspected(None)))
            }
            Effect::ClaimPort { ticket, .. } => {
                self.later(MOMENT, vec![Observation::PortClaimed(ticket, Ok(()))])
            }
            Effect::Reserve { ticket, wanted, .. } => {
                let found = wanted.iter().map(|wanted| self.reserve(wanted)).collect();
                self.later(MOMENT, vec![Observation::Reserved(ticket, Ok(found))])
            }
            _ => None,
        }
    }

    fn trees(&self, _service: usize) -> Vec<proctree::ProcessTree> {
        Vec::new()
    }

    fn run_ended(&mut self, service: usize, run: RunId) {
        self.ended.push((service, run));
    }

    fn instance_ended(&mut self) {
        assert!(!self.ended.is_empty(), "nothing is left when the instance has ended");
    }
}

/// An executor that runs, with what everybody else has of it.
struct RunningExecutor {
    commands: mpsc::Sender<ExecutorCommand>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    happenings: Arc<Happenings>,
    task: tokio::task::JoinHandle<()>,
}

impl RunningExecutor {
    fn start(ill: Vec<usize>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stack = Stack::parse(STACK, None).unwrap();
        let options = LaunchOptions::new(product::SKINAI, stack, "skinai".into());
        let outputs = Output::all(folder.path(), options.stack.services.keys()).unwrap();
        let services = options.stack.services.iter().zip(outputs);
        let services =
            services.map(|((name, service), output)| (name.clone(), service.clone(), output, Vec::new()));
        let happenings = Arc::new(Happenings::open(folder.path()).unwrap());
        let rows = Rows::new("default".to_owned(), "made up".to_owned(), None, services, &happenings);
        let host = std::net::Ipv4Addr::LOCALHOST.into();
        let assigned = (8000..).map(|port| {
            Some(PortAssignment::new(host, AssignedPort::new(port, PortSource::Range), Vec::new()))
        });
        let settings = PortPreferences { range: None, fixed: BTreeMap::new(), on_conflict: OnConflict::Move };
        let coordinator = Coordinator::new(options.specs().into_iter().zip(assigned), settings, now());
        let (observed, observations) = mpsc::channel(64);
        let system =
            MadeUpSystem { observations: observed, ill, next_pid: 100, next_port: 9000, ended: Vec::new() };
        let snapshots = rows.snapshots();
        let ended = watch::Sender::new(false);
        let told = Arc::clone(&happenings);
        let executor = Executor::new(coordinator, system, observations, rows, told, ended);
        let (commands, receiver) = mpsc::channel(64);
        let served = Arc::new(Notify::new());
        // As the control server does, once it is told that it is to end.
        let server = Arc::clone(&served);
        tokio::spawn(async move {
            server.notified().await;
            server.notify_one();
        });
        let task = tokio::spawn(async move {
            executor.run(receiver, served, || {}).await;
            drop(folder);
        });
        Self { commands, snapshots, happenings, task }
    }

    /// What was told of a service: kind, reason, and where it moved.
    fn told(&self, service: &str) -> Vec<(HappeningKind, Option<Reason>, Option<u16>)> {
        let all = self.happenings.newest(usize::MAX).into_iter();
        let told = all.filter(|told| told.service.as_deref() == Some(service));
        told.map(|told| (told.kind, told.reason, told.to)).collect()
    }

    async fn wait(&mut self, condition: impl FnMut(&Arc<Snapshot>) -> bool) -> Arc<Snapshot> {
        Arc::clone(&*self.snapshots.wait_for(condition).await.expect("it runs"))
    }

    async fn request(&self, request: Request) -> Result<(), contract::ApiError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(ExecutorCommand::Request(request, reply)).await.unwrap();
        answer.await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_starts_moves_and_ends_without_a_process() {
    let mut running = RunningExecutor::start(Vec::new());
    let healthy = running.wait(|snapshot| snapshot.all_healthy()).await;
    assert_eq!(healthy.services[1].pid, Some(102));
    running.request(Request::Reallocate(Target::service("socket"))).await.unwrap();
    // Whoever asked finds in the snapshot what they are told.
    let moved = running.wait(|_| true).await;
    assert_eq!((moved.services[0].port, moved.all_healthy()), (Some(9001), true));
    running.commands.send(ExecutorCommand::StopAll).await.unwrap();
    running.wait(|snapshot| snapshot.state == ServiceState::Stopped).await;
    let told = [
        (HappeningKind::Started, None, None),
        (HappeningKind::Healthy, None, None),
        (HappeningKind::Restarted, Some(Reason::Request), None),
        (HappeningKind::Healthy, None, None),
        (HappeningKind::Moved, Some(Reason::Request), Some(9001)),
        (HappeningKind::Stopped, Some(Reason::Request), None),
    ];
    assert_eq!(running.told("socket"), told);
    running.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn probes_that_are_answered_publish_nothing() {
    let mut running = RunningExecutor::start(Vec::new());
    let healthy = running.wait(|snapshot| snapshot.all_healthy()).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(running.wait(|_| true).await.revision, healthy.revision);
}

#[tokio::test(start_paused = true)]
async fn a_move_to_where_nobody_answers_goes_back() {
    let mut running = RunningExecutor::start(vec![1]);
    running.wait(|snapshot| snapshot.services[0].state == ServiceState::Healthy).await;
    let error = running.request(Request::Reallocate(Target::service("number"))).await.unwrap_err();
    assert!(error.message.contains("everything is back at its earlier port"), "{error}");
    assert_eq!(running.wait(|_| true).await.services[1].port, Some(8001));
    assert!(running.told("number").iter().all(|(kind, ..)| *kind != HappeningKind::Moved));
}
