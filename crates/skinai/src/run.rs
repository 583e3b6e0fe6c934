//! `skinai run`: the engine in the foreground of a terminal.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot};
use engine::{Handle, LaunchOptions};
use proctree::StopSignals;
use userdirs::Dirs;
use writing::say;

use crate::arguments::Run;
use crate::project::Project;
use crate::run_command::run_command;
use crate::{FAILED, Failure, Outcome};

/// How long the last snapshot may take to be printed.
const LAST_WITHIN: Duration = Duration::from_secs(1);

const RULE: &str = "======================================================================";

pub(crate) fn run(arguments: Run) -> Outcome {
    let dirs = Dirs::from_env(product::SKINAI);
    let stack = arguments.file.find(&dirs)?;
    if arguments.detach {
        return crate::detached::run(&arguments, &stack, &dirs);
    }
    // It lives as long as the launch.
    let project = if arguments.instance.is_none() { Project::launch(&stack, &dirs)? } else { None };
    let mut options = LaunchOptions::new(product::SKINAI, stack, own_program()?);
    options.instance = arguments.instance;
    if let Some(project) = &project {
        options.usual_instance = project.instance.clone();
    }
    let command = arguments.command;
    launch(
        options,
        arguments.json,
        if command.is_empty() { Ends::WhenTold } else { Ends::WithCommand(command) },
    )
}

/// When a launch in the foreground is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ends {
    /// By a signal, or by `skinai stop`.
    WhenTold,
    /// Also when none of its services runs any more, or will by itself.
    WithItsServices,
    /// With this command, which runs when all services are healthy. Standard output is its own.
    WithCommand(Vec<String>),
}

/// Launches a stack in the foreground, and comes back when it has ended.
pub(crate) fn launch(options: LaunchOptions, json: bool, ends: Ends) -> Outcome {
    writing::log_to_stderr(crate::LOG_LEVEL);
    let (launched, printed) = start_printer(match (&ends, json) {
        (Ends::WithCommand(_), _) => Printed::Changes,
        (_, true) => Printed::Json,
        (_, false) => Printed::BannerAndChanges,
    })?;
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

/// What of a launch is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed {
    /// Each snapshot, on standard output.
    Json,
    /// Where the services are, on standard output, and what changes, on standard error.
    BannerAndChanges,
    /// What changes, on standard error.
    Changes,
}

/// Starts the thread that prints what happens: to be given the handle of what was launched. Whoever reads it, or the
/// whole terminal, may stand still or have gone away; nothing else waits for this thread.
fn start_printer(printed: Printed) -> Result<(Sender<Handle>, Receiver<()>), Failure> {
    let (launched, handles) = channel::<Handle>();
    let (end, ended) = channel();
    let print = move || {
        let _end = end;
        if printed == Printed::BannerAndChanges {
            show(b">> Scanning for available free ports...\n");
        }
        let Ok(handle) = handles.recv() else { return };
        for notice in handle.notices() {
            say(notice);
        }
        // They stand above everything else.
        writing::finish();
        if printed == Printed::BannerAndChanges {
            show(banner(&handle.status()).as_bytes());
        }
        if let Err(failure) = crate::block_on(follow(&handle, printed)) {
            say(failure.message);
        }
    };
    std::thread::Builder::new().name("stdout".to_owned()).spawn(print).map_err(no_thread)?;
    Ok((launched, ended))
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
                    Ends::WithItsServices => end_with_services(&handle).await,
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

fn no_thread(error: std::io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot start a thread for the terminal: {error}"))
}

/// Prints to standard output. Who went away does not end the services.
fn show(text: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text).and_then(|()| stdout.flush());
}

/// The stack file's `skinai` is this very program.
pub(crate) fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::new(FAILED, format!("cannot find the own program: {error}")))
}

fn banner(snapshot: &Snapshot) -> String {
    let ports: Vec<_> =
        snapshot.services.iter().filter_map(|service| service.port).map(|port| port.to_string()).collect();
    let mut text = match ports.len() {
        0 => String::new(),
        1 => format!("   Found 1 free port: {}\n", ports[0]),
        count => format!("   Found {count} free ports: {}\n", ports.join(", ")),
    };
    text.push_str(&format!("{RULE}\n>> {} - Starting All Services\n{RULE}\n", snapshot.stack));
    for service in &snapshot.services {
        text.push_str(&format!("{:<18} {}\n", format!("{}:", service.label), shown_address(service)));
    }
    text.push_str(&format!("{RULE}\n"));
    text
}

/// Services for people are shown by the name that people know, those for programs by their address.
fn shown_address(service: &ServiceSnapshot) -> String {
    let Some(url) = &service.url else { return "(no port)".to_owned() };
    if service.open_url.is_some() { url.replace("//127.0.0.1:", "//localhost:") } else { url.clone() }
}

/// Prints what changes, until the instance has ended.
async fn follow(handle: &Handle, printed: Printed) -> Result<(), Failure> {
    let mut snapshots = handle.snapshots();
    snapshots.mark_changed();
    let mut before: Option<Arc<Snapshot>> = None;
    while snapshots.changed().await.is_ok() {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        if printed == Printed::Json {
            print_json(&snapshot);
        } else {
            say_changes(before.as_deref(), &snapshot);
        }
        before = Some(snapshot);
    }
    Ok(())
}

/// Ends the instance when none of its services runs any more.
async fn end_with_services(handle: &Handle) -> Outcome {
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
            // Its logs cannot be asked for any more.
            let last_lines = failed.last_exit.iter().flat_map(|exit| &exit.last_lines);
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
        ServiceState::Failed => true,
        ServiceState::Stopped => service.last_exit.is_some(),
        _ => false,
    }
}

fn print_json(snapshot: &Snapshot) {
    let Ok(mut line) = serde_json::to_vec(snapshot) else { return };
    line.push(b'\n');
    show(&line);
}

fn say_changes(before: Option<&Snapshot>, now: &Snapshot) {
    for service in &now.services {
        let old = before.and_then(|before| before.service(&service.name));
        // The first look finds services that have not been started yet, which is no news.
        let is_news = match old {
            Some(old) => {
                let goes_on = matches!(service.state, ServiceState::Stopping | ServiceState::Starting)
                    && old.detail != service.detail;
                old.state != service.state || old.port != service.port || goes_on
            }
            None => service.state != ServiceState::Stopped,
        };
        if is_news && let Some(line) = line_about(service, old) {
            say(line);
        }
    }
    if now.all_healthy() && before.is_none_or(|before| !before.all_healthy()) {
        say(format_args!(
            "all healthy; Ctrl-C stops all, `skinai open {}` opens the browser",
            first_to_open(now)
        ));
    }
}

fn first_to_open(snapshot: &Snapshot) -> &str {
    snapshot
        .services
        .iter()
        .find(|service| service.open_url.is_some())
        .map_or("SERVICE", |service| service.name.as_str())
}

fn line_about(service: &ServiceSnapshot, before: Option<&ServiceSnapshot>) -> Option<String> {
    let label = &service.label;
    let exit = || service.last_exit.as_ref().map(|exit| exit.reason.clone()).unwrap_or_default();
    Some(match service.state {
        ServiceState::Healthy => match &service.url {
            Some(url) => {
                let served_by = service.served_by.as_ref();
                let by = served_by.map(|holder| format!(", where {holder} listens on its behalf"));
                format!("{label} is healthy at {url}{}", by.unwrap_or_default())
            }
            None => format!("{label} is running"),
        },
        ServiceState::Unhealthy => {
            format!(
                "{label} does not answer: {}",
                service.health.last_error.as_deref().unwrap_or("no reason known")
            )
        }
        ServiceState::Backoff => {
            // It may have ended by itself, or be about to be ended because it does not answer.
            let has_ended = service
                .last_exit
                .as_ref()
                .is_some_and(|exit| before.is_none_or(|before| exit.at >= before.since));
            let reason = if has_ended {
                format!(" {};", exit())
            } else if let Some(error) = &service.health.last_error {
                format!(" does not answer ({error});")
            } else {
                " was not ready in time;".to_owned()
            };
            format!("{label}{reason} it is started again")
        }
        ServiceState::Stopping => format!("{label} is {}", service.detail.as_deref().unwrap_or("ending")),
        ServiceState::Stopped if service.finished => format!("{label} has done its work"),
        ServiceState::Stopped => format!("{label} has ended"),
        ServiceState::Conflict => {
            let conflict = service.conflict.as_ref()?;
            format!(
                "{label} is in conflict: port {} is used by {}; `skinai reallocate {}` moves it",
                conflict.port, conflict.holder, service.name
            )
        }
        ServiceState::Failed => {
            let reason = service.detail.clone().unwrap_or_else(exit);
            format!(
                "{label} has failed ({reason}); see `skinai logs {}`, then `skinai restart {0}`",
                service.name
            )
        }
        // A crash after which there is no pause.
        ServiceState::Starting
            if before.is_some_and(|before| {
                before.restarts < service.restarts && before.state != ServiceState::Backoff
            }) =>
        {
            format!("{label} {}; it is started again", exit())
        }
        ServiceState::Starting if does_not_go_on(service) => {
            format!("{label} does not start: {}", service.detail.as_deref().unwrap_or_default())
        }
        ServiceState::Starting => return None,
    })
}

/// Whether it starts only when somebody has seen to something.
fn does_not_go_on(service: &ServiceSnapshot) -> bool {
    match &service.cause {
        None | Some(Cause::WaitingFor { .. } | Cause::HeldBack { state: ServiceState::Backoff, .. }) => false,
        Some(_) => true,
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
