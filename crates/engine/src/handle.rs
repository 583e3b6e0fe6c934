//! What everybody else has of a running instance.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::{
    ApiError, Entrance, ErrorCode, Happening, LogLine, LogWindow, OnConflict, Request, Resources, Sample,
    Snapshot,
};
use proctree::ProcessTree;
use supervisor::coordinator::PortPreferences;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use userdirs::Dirs;

use super::entrances::Entrances;
use super::happenings::Happenings;
use super::samples::Samples;
use super::{Notice, PortSettings};
use crate::output::Output;

/// The answer to a request.
pub(crate) type Reply = oneshot::Sender<Result<(), ApiError>>;

/// What can be asked of the executor.
pub(crate) enum ExecutorCommand {
    Request(Request, Reply),
    Apply(PortPreferences, Reply),
    /// The process trees of the service with this index, its main one and those on their way out.
    Trees(usize, oneshot::Sender<Vec<ProcessTree>>),
    StopAll,
    KillAll,
}

/// When nobody need wait any more after [`Handle::kill_all`]: the engine waits for the system, which may be stuck
/// in a file system that does not answer.
pub const KILLED_WITHIN: Duration = Duration::from_secs(8);

/// A running instance: its snapshots to look at, and a way to ask for something. Clones are alike; when
/// all are dropped, the instance goes on.
#[derive(Clone)]
pub struct Handle {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    ended: watch::Receiver<bool>,
    commands: mpsc::Sender<ExecutorCommand>,
    shared: Arc<Shared>,
}

struct Shared {
    instance: String,
    dirs: Dirs,
    log_folder: PathBuf,
    outputs: Vec<(String, Output)>,
    notices: Vec<Notice>,
    samples: Arc<Samples>,
    happenings: Arc<Happenings>,
    entrances: Arc<Entrances>,
}

/// What a handle is made of.
pub(crate) struct HandleParts {
    pub(crate) instance: String,
    pub(crate) dirs: Dirs,
    pub(crate) log_folder: PathBuf,
    pub(crate) outputs: Vec<(String, Output)>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) samples: Arc<Samples>,
    pub(crate) happenings: Arc<Happenings>,
    pub(crate) ended: watch::Receiver<bool>,
    pub(crate) commands: mpsc::Sender<ExecutorCommand>,
    pub(crate) entrances: Arc<Entrances>,
}

impl Handle {
    pub(crate) fn new(parts: HandleParts) -> Self {
        let HandleParts { instance, dirs, log_folder, outputs, notices, .. } = parts;
        let HandleParts { snapshots, samples, happenings, ended, commands, entrances, .. } = parts;
        let shared = Shared { instance, dirs, log_folder, outputs, notices, samples, happenings, entrances };
        Self { snapshots, ended, commands, shared: Arc::new(shared) }
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        &self.shared.instance
    }

    /// Where things lie.
    pub fn dirs(&self) -> &Dirs {
        &self.shared.dirs
    }

    /// Where the services' logs lie.
    pub fn log_folder(&self) -> &Path {
        &self.shared.log_folder
    }

    /// What was decided at the launch.
    pub fn notices(&self) -> &[Notice] {
        &self.shared.notices
    }

    /// The present state, with the numbers of the newest probes.
    pub fn status(&self) -> Snapshot {
        let snapshot = Arc::clone(&self.snapshots.borrow());
        snapshot.with_samples(&self.shared.samples.all_newest())
    }

    /// The state as it changes. Closed when the instance has ended.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// The probes from now on. A reader that falls behind misses the oldest.
    pub fn samples(&self) -> broadcast::Receiver<Sample> {
        self.shared.samples.subscribe()
    }

    /// The newest of what happened, over the launches of this instance: oldest first.
    pub fn happenings(&self, count: usize) -> Vec<Happening> {
        self.shared.happenings.newest(count)
    }

    /// What happens from now on. A reader that falls behind misses the oldest.
    pub fn follow_happenings(&self) -> broadcast::Receiver<Arc<Happening>> {
        self.shared.happenings.follow()
    }

    /// Asks for something, and waits until it is carried out.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn request(&self, request: Request) -> Result<(), ApiError> {
        self.ask(|reply| ExecutorCommand::Request(request, reply)).await
    }

    /// Applies settings without losing a running service: a port that was set anew is moved to.
    ///
    /// # Errors
    /// If a port cannot be had, or the services do not become healthy there.
    pub async fn apply(&self, ports: PortSettings, on_conflict: OnConflict) -> Result<(), ApiError> {
        let settings = ports.with(on_conflict);
        self.ask(|reply| ExecutorCommand::Apply(settings, reply)).await
    }

    async fn ask(&self, command: impl FnOnce(Reply) -> ExecutorCommand) -> Result<(), ApiError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| over())?;
        answer.await.map_err(|_| over())?
    }

    /// A way into a service for a browser, which opens once where the service is the product's own.
    ///
    /// # Errors
    /// If there is no such service, or it is not to be opened now.
    pub fn entrance(&self, service: &str) -> Result<Entrance, ApiError> {
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let row = snapshot.service(service).ok_or_else(|| self.unknown(service))?;
        self.shared.entrances.open(row)
    }

    fn unknown(&self, service: &str) -> ApiError {
        ApiError::unknown_service(service, self.shared.outputs.iter().map(|(name, _)| name.as_str()))
    }

    /// What the processes of a service take of the machine, read while the caller waits; `None` where it does not run,
    /// or the system does not tell.
    ///
    /// # Errors
    /// If there is no such service, or the instance has ended.
    pub async fn resources(&self, service: &str) -> Result<Option<Resources>, ApiError> {
        let mut names = self.shared.outputs.iter().map(|(name, _)| name);
        let index = names.position(|name| name == service).ok_or_else(|| self.unknown(service))?;
        let (reply, answer) = oneshot::channel();
        self.commands.send(ExecutorCommand::Trees(index, reply)).await.map_err(|_| over())?;
        let trees = answer.await.map_err(|_| over())?;
        let read = move || {
            let pids: BTreeSet<u32> = trees.iter().flat_map(ProcessTree::pids).collect();
            proctree::resources(&Vec::from_iter(pids))
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| over())
    }

    fn output(&self, service: &str) -> Result<&Output, ApiError> {
        let found = self.shared.outputs.iter().find(|(name, _)| name == service);
        found.map(|(_, output)| output).ok_or_else(|| self.unknown(service))
    }

    /// The newest lines of a service, or those of another part of what is kept, oldest first.
    ///
    /// # Errors
    /// If there is no such service.
    pub fn logs(&self, service: &str, window: impl Into<LogWindow>) -> Result<Vec<LogLine>, ApiError> {
        Ok(self.output(service)?.part(window))
    }

    /// The lines that a service prints from now on.
    ///
    /// # Errors
    /// If there is no such service.
    pub fn follow(&self, service: &str) -> Result<broadcast::Receiver<Arc<LogLine>>, ApiError> {
        Ok(self.output(service)?.follow())
    }

    /// Stops everything in order and ends the instance. Comes back at once.
    pub fn stop_all(&self) {
        self.tell(ExecutorCommand::StopAll);
    }

    /// Ends everything at once, and the instance, within [`KILLED_WITHIN`] unless the system does not answer.
    pub fn kill_all(&self) {
        self.tell(ExecutorCommand::KillAll);
    }

    fn tell(&self, command: ExecutorCommand) {
        // A full queue means that the task has not kept up with thousands of requests; it is waited for on a
        // thread of its own, since a signal's handler cannot.
        if let Err(mpsc::error::TrySendError::Full(command)) = self.commands.try_send(command) {
            let commands = self.commands.clone();
            std::thread::spawn(move || commands.blocking_send(command));
        }
    }

    /// Waits until the instance has ended and nothing of it is left.
    pub async fn finished(&self) {
        let mut ended = self.ended.clone();
        // An error means that the task is gone, which is the same.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

fn over() -> ApiError {
    ApiError::new(ErrorCode::Stopping, "the instance has ended")
}
