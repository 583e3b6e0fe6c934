use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::Cause;
use proctree::{ProcessTree, any_ended, until_empty};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;
use tokio::task::{AbortHandle, spawn_blocking};

use supervisor::lifecycle::{Exit, RunId};

use super::answerer::LastAnswer;
use super::check_command::CheckCommand;
use super::{Observation, ProcessObservation};
use crate::known_programs::KnownFailure;
use crate::notify::Notify;
use crate::output::{Output, OutputEnd};

/// What ends within this time is not worth a word.
const COUNT_AFTER: Duration = Duration::from_millis(200);
/// How long what a process printed last may be on its way through its pipe.
const OUTPUT_READ_BY: Duration = Duration::from_millis(100);
/// How often it is looked whether what was killed has ended.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How many looks in a row have to find the same processes before they are given up. The system takes its time to
/// end a large one.
const SAME_LOOKS: u32 = 6;

/// Where what becomes known of a run is sent. The channel is bounded, and each task has one message under way.
#[derive(Debug, Clone)]
pub(super) struct RunObserver {
    pub(super) service: usize,
    pub(super) run: RunId,
    pub(super) observations: Sender<Observation>,
}

impl RunObserver {
    /// Tells whether anybody still listens.
    pub(super) async fn send(&self, observation: ProcessObservation) -> bool {
        self.observations.send(Observation::Process(self.service, self.run, observation)).await.is_ok()
    }
}

/// A process that was started, and all that it started.
pub(super) struct LocalRun {
    pub(super) pid: u32,
    pub(super) tree: ProcessTree,
    pub(super) last_answer: Arc<LastAnswer>,
    /// The command by which it is checked.
    pub(super) check: Option<Arc<CheckCommand>>,
    /// False from the moment on at which the number of its leader may be somebody else's.
    leader_lives: Arc<AtomicBool>,
    pub(super) killed: watch::Sender<bool>,
    tasks: Vec<AbortHandle>,
    counts: bool,
    pub(super) observer: RunObserver,
}

impl Drop for LocalRun {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl LocalRun {
    /// Waits for its notification and its end from there on.
    pub(super) fn observe(
        pid: u32,
        tree: ProcessTree,
        end: impl Future<Output = io::Result<ExitStatus>> + Send + 'static,
        known_failure: Option<KnownFailure>,
        notify: Option<Notify>,
        (output, printed): (Output, OutputEnd),
        observer: RunObserver,
    ) -> Self {
        let leader_lives = Arc::new(AtomicBool::new(true));
        let (killed, is_killed) = watch::channel(false);
        let whole_end = wait(
            end,
            known_failure,
            Arc::clone(&leader_lives),
            tree.clone(),
            (output.clone(), printed),
            observer.clone(),
        );
        let giving_up = give_up(is_killed, Arc::clone(&leader_lives), tree.clone(), output, observer.clone());
        tokio::spawn(async move {
            let mut whole_end = std::pin::pin!(whole_end);
            tokio::select! {
                () = &mut whole_end => {}
                // A leader that ends after all is collected.
                has_ended = giving_up => if !has_ended { whole_end.await },
            }
        });
        let mut run = Self {
            pid,
            tree,
            last_answer: Arc::default(),
            check: None,
            leader_lives,
            killed,
            tasks: Vec::new(),
            counts: false,
            observer,
        };
        if let Some(notify) = notify {
            run.add_task(listen(notify, run.observer.clone()));
        }
        run
    }

    pub(super) fn add_task(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(task).abort_handle());
    }

    /// Asks all of it to end, and counts what is left of it from there on, for people who wait for its end.
    pub(super) fn terminate(&mut self) {
        self.tree.terminate(self.leader_lives.load(Ordering::Relaxed));
        if !std::mem::replace(&mut self.counts, true) {
            self.add_task(count(self.tree.clone(), self.observer.clone()));
            self.add_task(wake_wrappers(self.tree.clone()));
        }
    }

    pub(super) fn kill(&self) {
        self.tree.kill(self.leader_lives.load(Ordering::Relaxed));
        self.killed.send_replace(true);
    }
}

async fn wait(
    end: impl Future<Output = io::Result<ExitStatus>>,
    known_failure: Option<KnownFailure>,
    leader_lives: Arc<AtomicBool>,
    tree: ProcessTree,
    (output, printed): (Output, OutputEnd),
    observer: RunObserver,
) {
    let status = end.await;
    // On the thread that signals groups, so that none is signalled after its leader was collected.
    leader_lives.store(false, Ordering::Relaxed);
    tree.leader_ended();
    let (exit, signal) = match status {
        Ok(status) => {
            let reason = proctree::exit_cause(status);
            let reason = match known_failure.filter(|_| status.code().is_some_and(|code| code != 0)) {
                Some(known) => known.explain(reason),
                None => reason,
            };
            let exit = Exit { code: status.code(), reason };
            (exit, proctree::signal_name(status))
        }
        Err(error) => {
            let reason = format!("cannot be waited for: {error}").into();
            (Exit { code: None, reason }, None)
        }
    };
    let reason = exit.reason.to_string();
    let listens = observer.send(ProcessObservation::Exited { exit, signal }).await;
    // What it printed last stands before the word of its end.
    let _ = tokio::time::timeout(OUTPUT_READ_BY, printed.read()).await;
    output.say(reason);
    if !listens {
        return;
    }
    observer.send(ProcessObservation::OutputRead).await;
    until_empty(&tree).await;
    observer.send(ProcessObservation::TreeEmpty).await;
}

/// Waits until it is plain that what was killed does not end, since it became another user's or the system does not
/// let it, and tells what is left and that nobody waits for it. Returns whether the leader has ended.
async fn give_up(
    mut killed: watch::Receiver<bool>,
    leader_lives: Arc<AtomicBool>,
    tree: ProcessTree,
    output: Output,
    observer: RunObserver,
) -> bool {
    if killed.wait_for(|killed| *killed).await.is_err() {
        return std::future::pending().await;
    }
    let (mut left, mut same_looks) = (Vec::new(), 0);
    while left.is_empty() || same_looks < SAME_LOOKS && left.iter().any(is_stuck) {
        tokio::time::sleep(LOOK_EVERY).await;
        let looked_at = tree.clone();
        let Ok(found) = spawn_blocking(move || looked_at.left()).await else { return true };
        same_looks = if found == left { same_looks + 1 } else { 0 };
        left = found;
    }
    for cause in &left {
        output.say(cause.to_string());
    }
    let lives = leader_lives.load(Ordering::Relaxed);
    if lives && let Some(reason) = left.first().cloned() {
        let exit = Exit { code: None, reason };
        observer.send(ProcessObservation::Exited { exit, signal: None }).await;
    }
    observer.send(ProcessObservation::LeftBehind(left)).await;
    observer.send(ProcessObservation::TreeEmpty).await;
    !lives
}

fn is_stuck(cause: &Cause) -> bool {
    matches!(cause, Cause::Stuck { .. })
}

async fn listen(mut notify: Notify, observer: RunObserver) {
    if notify.ready().await.is_ok() {
        observer.send(ProcessObservation::ReadyNotified).await;
    }
    // Kept open: a service that notifies again must not be answered by an error.
    while notify.ready().await.is_ok() {}
}

async fn wake_wrappers(tree: ProcessTree) {
    loop {
        let looked_at = tree.clone();
        let Ok(Some(left)) = spawn_blocking(move || looked_at.wake_wrappers()).await else { return };
        any_ended(left).await;
    }
}

async fn count(tree: ProcessTree, observer: RunObserver) {
    let mut before = None;
    loop {
        tokio::time::sleep(COUNT_AFTER).await;
        let counted = tree.clone();
        let Ok(left) = spawn_blocking(move || counted.living()).await else { return };
        if before.replace(left) != Some(left) && !observer.send(ProcessObservation::Remaining(left)).await {
            return;
        }
    }
}
