//! `skinai run -- CMD`: a command that runs while the stack does.

use std::sync::Arc;
use std::time::Duration;

use contract::Snapshot;
use engine::Handle;
use proctree::StopSignals;
use tokio::process::Child;

use crate::wait::{LAST_LINES_READ_WITHIN, Outlook, say_last_lines};
use crate::{FAILED, Failure, Outcome, variables};

/// How long the command may take to end by itself: a terminal sends Ctrl-C to it too.
const ENDS_ITSELF_WITHIN: Duration = Duration::from_secs(1);
/// How long it may take to end when it is asked to.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Runs it once every service is healthy, stops everything, and returns its exit code. Fails where a service will not
/// be healthy; then the command is not run.
pub(crate) async fn run_command(handle: &Handle, words: &[String]) -> Outcome {
    let outcome = healthy_then_run(handle, words).await;
    handle.stop_all();
    handle.finished().await;
    outcome
}

async fn healthy_then_run(handle: &Handle, words: &[String]) -> Outcome {
    let mut snapshots = handle.snapshots();
    let decided = |snapshot: &Arc<Snapshot>| !matches!(Outlook::of_launch(snapshot), Outlook::Open(_));
    let stopped = || Failure::new(FAILED, "the stack was stopped before it was healthy");
    let snapshot =
        snapshots.wait_for(decided).await.map(|snapshot| Arc::clone(&snapshot)).map_err(|_| stopped())?;
    if let Outlook::Hopeless(why) = Outlook::of_launch(&snapshot) {
        tokio::time::sleep(LAST_LINES_READ_WITHIN).await;
        say_last_lines(&handle.status());
        return Err(Failure::new(FAILED, why));
    }
    let mut command = variables::command(words);
    command.envs(snapshot.variables());
    proctree::watchdog::watch_over(&mut command);
    let mut signals = StopSignals::listen()
        .map_err(|error| Failure::new(FAILED, format!("cannot listen for signals: {error}")))?;
    let mut child = tokio::process::Command::from(command)
        .spawn()
        .map_err(|error| variables::cannot_run(words, &error))?;
    let status = tokio::select! {
        status = child.wait() => status,
        () = signals.next() => end(&mut child).await,
        () = handle.finished() => end(&mut child).await,
    };
    status
        .map(variables::exit_code)
        .map_err(|error| Failure::new(FAILED, format!("cannot wait for {}: {error}", words.join(" "))))
}

async fn end(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    if let Ok(status) = tokio::time::timeout(ENDS_ITSELF_WITHIN, child.wait()).await {
        return status;
    }
    #[cfg(unix)]
    if let Some(pid) = child.id() {
        use nix::sys::signal::{Signal, kill};
        let _ = kill(nix::unistd::Pid::from_raw(pid.cast_signed()), Signal::SIGTERM);
    }
    if let Ok(status) = tokio::time::timeout(ENDS_WITHIN, child.wait()).await {
        return status;
    }
    child.kill().await?;
    child.wait().await
}
