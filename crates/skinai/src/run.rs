//! `skinai run`: the engine in the foreground of a terminal.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use contract::{ServiceSnapshot, ServiceState, Snapshot};
use engine::{Handle, LaunchOptions};
use proctree::StopSignals;
use userdirs::Dirs;
use writing::say;

use crate::arguments::Run;
use crate::launch_options::launch_options;
use crate::project::Project;
use crate::run_command::run_command;
use crate::run_output::{Printed, no_thread, start_printer};
use crate::{FAILED, Failure, Outcome};

/// How long the last snapshot may take to be printed.
const LAST_WITHIN: Duration = Duration::from_secs(1);

pub(crate) fn run(arguments: Run) -> Outcome {
    let dirs = Dirs::from_env(product::SKINAI);
    let stack = arguments.file.find_part(&arguments.services, &dirs)?;
    if arguments.detach {
        return crate::detached::run(&arguments, &stack, &dirs);
    }
    // It lives as long as the launch.
    let project = if arguments.instance.is_none() { Project::launch(&stack, &dirs)? } else { None };
    let mut options = launch_options(stack)?;
    options.instance = arguments.instance;
    if let Some(project) = &project {
        options.usual_instance = project.instance.clone();
    }
    let command = arguments.command;
    if command.is_empty() {
        launch(options, Printed::asked(arguments.json, arguments.quiet), Ends::WhenTold)
    } else {
        launch(options, Printed::Changes, Ends::WithCommand(command))
    }
}

/// When a launch in the foreground is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ends {
    /// By a signal, or by `skinai stop`.
    WhenTold,
    /// Also when none of its services runs any more, or will by itself. What one that has failed printed last is said
    /// where it was not shown before.
    WithItsServices { is_shown: bool },
    /// With this command, which runs when all services are healthy. Standard output is its own.
    WithCommand(Vec<String>),
}

/// Launches a stack in the foreground, and comes back when it has ended.
pub(crate) fn launch(options: LaunchOptions, printed: Printed, ends: Ends) -> Outcome {
    writing::log_to_stderr(crate::LOG_LEVEL);
    let (launched, printed) = start_printer(printed)?;
    let has_command = matches!(ends, Ends::WithCommand(_));
    let mut terminal = None;
    let ended = engine::run(options, |handle| {
        // It waits for this as long as the other end is there.
        let _ = launched.send(handle.clone());
        terminal = Some(listen(handle, ends));
    });
    drop(launched);
    // The thread ends with its own end of this channel, unless nobody reads what it prints.
    let _ = printed.recv_timeout(LAST_WITHIN);
    let Some(terminal) = terminal else { return ended.map(|()| ExitCode::SUCCESS).map_err(Failure::from) };
    // Without a thread for the terminal nothing was left running.
    let code = terminal?.join().unwrap_or(Ok(ExitCode::SUCCESS));
    // What a command has left behind is killed by the watchdog.
    if !has_command {
        proctree::watchdog::dismiss();
    }
    let code = code?;
    ended.map(|()| code).map_err(Failure::from)
}

type Terminal = std::thread::JoinHandle<Outcome>;

/// Listens to signals, beside the engine.
fn listen(handle: Handle, ends: Ends) -> Result<Terminal, Failure> {
    let engine = handle.clone();
    let listen = move || {
        let listened = crate::block_on(async {
            let end = async {
                match ends {
                    Ends::WhenTold => Ok(ExitCode::SUCCESS),
                    Ends::WithItsServices { is_shown } => end_with_services(&handle, is_shown).await,
                    Ends::WithCommand(command) => run_command(&handle, &command).await,
                }
            };
            tokio::try_join!(signals(&handle), end).map(|((), code)| code)
        });
        if listened.is_err() {
            handle.kill_all();
        }
        listened
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map_err(|error| {
        engine.kill_all();
        no_thread(error)
    })
}

/// Ends the instance when none of its services runs any more.
async fn end_with_services(handle: &Handle, is_shown: bool) -> Outcome {
    let mut snapshots = handle.snapshots();
    let over = |snapshot: &Arc<Snapshot>| snapshot.services.iter().all(|service| has_ended(service));
    // An error means that it was ended in another way.
    let Ok(snapshot) = snapshots.wait_for(over).await.map(|snapshot| Arc::clone(&snapshot)) else {
        return Ok(ExitCode::SUCCESS);
    };
    handle.stop_all();
    handle.finished().await;
    match snapshot.services.iter().find(|service| service.state == ServiceState::Failed) {
        Some(failed) => {
            let last_exit = failed.last_exit.iter().filter(|_| !is_shown);
            let last_lines = last_exit.flat_map(|exit| &exit.last_lines);
            last_lines.for_each(|line| say(format_args!("  | {line}")));
            let reason = failed.detail.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            Err(Failure::new(FAILED, format!("{} has failed{reason}", failed.label)))
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Whether it does not run, and is not started again unless somebody says so.
fn has_ended(service: &ServiceSnapshot) -> bool {
    match service.state {
        ServiceState::Failed | ServiceState::Done => true,
        ServiceState::Stopped => service.last_exit.is_some(),
        _ => false,
    }
}

/// The first signal stops everything in order, a second one at once.
async fn signals(handle: &Handle) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()
        .map_err(|error| Failure::new(FAILED, format!("cannot listen for signals: {error}")))?;
    for (said, stop) in [
        ("stopping; once more ends everything at once", Handle::stop_all as fn(&Handle)),
        ("ending everything at once", Handle::kill_all),
    ] {
        tokio::select! {
            () = signals.next() => {}
            () = handle.finished() => return Ok(()),
        }
        say(said);
        stop(handle);
    }
    if tokio::time::timeout(engine::KILLED_WITHIN, handle.finished()).await.is_err() {
        say("skinai: the system does not answer, so that not everything could be ended in order");
        writing::finish();
        // The watchdog kills what is left.
        std::process::exit(i32::from(FAILED));
    }
    Ok(())
}
