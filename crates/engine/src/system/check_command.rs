//! Health checks by a command: it is gone, with all that it started, when its answer is there.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::{Cause, StopSignal, StopSignalTo};
use proctree::{LaunchMarker, Launchable, ProcessTree, until_empty};
use tokio::time::timeout;

use crate::environment::search_path;
use crate::output::LastLine;

/// How long what it started may take to be gone after it was killed.
const GONE_WITHIN: Duration = Duration::from_millis(500);
/// How long what it printed last may be on its way.
const READ_WITHIN: Duration = Duration::from_millis(100);

/// The command by which a run of a service is checked, with that run's variables and addresses.
pub(super) struct CheckCommand {
    pub(super) program: Result<PathBuf, Cause>,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) cwd: Option<PathBuf>,
    pub(super) marker: LaunchMarker,
}

/// A command under way. It is killed when whoever waits for it goes away.
struct Running {
    tree: ProcessTree,
    /// False from the moment on at which the number of its leader may be somebody else's.
    leader_lives: Arc<AtomicBool>,
}

impl Running {
    fn kill(&self) {
        self.tree.kill(self.leader_lives.load(Ordering::Relaxed));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl CheckCommand {
    /// Runs it. Returns how long it took to end with exit code 0, or why it did not.
    pub(super) async fn run(
        &self,
        limit: Duration,
        side: &tokio::runtime::Handle,
    ) -> Result<Duration, Cause> {
        let started = Instant::now();
        let program = self.program.as_ref().map_err(|cause| failed(cause.clone(), None))?;
        let (environment, cwd) = (&self.environment, self.cwd.as_deref());
        let launchable = Launchable {
            program,
            arguments: &self.arguments,
            environment,
            cwd,
            listeners: &[],
            marker: &self.marker,
        };
        let spawned = proctree::spawn(&launchable).map_err(|error| {
            let path = search_path(environment);
            match proctree::start_failure(program, path, cwd, &error) {
                // That is the launcher's lack, and says nothing of the service.
                Cause::CannotStart { error, .. } => Cause::CannotProbe { error },
                cause => failed(cause, None),
            }
        })?;
        let tree = spawned.tree(self.marker.clone(), StopSignal::default(), StopSignalTo::default());
        let line = LastLine::of([spawned.stdout, spawned.stderr], side);
        drop(spawned.stdin);
        let mut child = spawned.child;
        let running = Running { tree, leader_lives: Arc::new(AtomicBool::new(true)) };
        let leader_lives = Arc::clone(&running.leader_lives);
        // It is collected whatever becomes of this.
        let end = tokio::spawn(async move {
            let status = child.wait().await;
            leader_lives.store(false, Ordering::Relaxed);
            status
        });
        let status = timeout(limit, end).await;
        let took = started.elapsed();
        running.kill();
        let _ = timeout(GONE_WITHIN, until_empty(&running.tree)).await;
        match status {
            Ok(Ok(Ok(status))) if status.success() => Ok(took),
            Ok(Ok(Ok(status))) => {
                let line = timeout(READ_WITHIN, line.read()).await.ok().flatten();
                Err(failed(proctree::exit_cause(status), line))
            }
            Ok(Ok(Err(error))) => {
                Err(Cause::CannotProbe { error: contract::without_codes(&error.to_string()) })
            }
            // The runtime ends.
            Ok(Err(_)) => Err(Cause::Stopped),
            Err(_) => Err(failed(crate::probe::no_answer(limit), line.so_far())),
        }
    }
}

fn failed(because: Cause, line: Option<String>) -> Cause {
    let because = Box::new(because);
    match line {
        Some(line) => Cause::CheckSaid { because, line },
        None => Cause::CheckFailed { because },
    }
}
