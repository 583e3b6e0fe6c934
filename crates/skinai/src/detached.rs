//! `skinai run -d`: a launcher in the background.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use client::Client;
use contract::{Cause, InstanceName, ServiceState, Snapshot};
use futures_util::StreamExt;
use stackfile::Stack;
use userdirs::Dirs;

use crate::arguments::Run;
use crate::launch_options::own_program;
use crate::wait::{LAST_LINES_READ_WITHIN, Outlook, say_last_lines};
use crate::{FAILED, Failure, NOTHING_RUNS, Outcome, output, status};

/// What launchers in the background say.
const LOG: &str = "launchers.log";
/// A larger one is begun anew.
const LOG_BYTES_MAX: u64 = 1 << 20;

/// How long a launch has to stay healthy to have succeeded.
const GOES_ON_FOR: Duration = Duration::from_millis(50);

/// Comes back when all services are healthy, or one will not be. The launcher lives on in either case.
pub(crate) fn run(arguments: &Run, stack: &Stack, dirs: &Dirs) -> Outcome {
    if let Some(client) = running(arguments, stack, dirs)? {
        return crate::block_on(async {
            let mut snapshots = client.events().await?;
            while let Some(snapshot) = snapshots.next().await {
                if let Some(outcome) = decided(Outlook::of_named(&snapshot, &arguments.services)?, &snapshot)
                {
                    if outcome.is_err() {
                        say_last_lines(&snapshot);
                    }
                    return outcome;
                }
            }
            Err(Failure::new(FAILED, "the instance has ended"))
        });
    }
    let cannot = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| Failure::new(FAILED, format!("cannot {what}: {error}"))
    };
    let mut log = open_log(&dirs.state).map_err(cannot("open the log of the launcher"))?;
    let begin = log.seek(SeekFrom::End(0)).map_err(cannot("read the log of the launcher"))?;
    let mut command = Command::new(own_program()?);
    command.args(["run", "--json", "--background"]).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(log.try_clone().map_err(cannot("open the log of the launcher"))?);
    if let Some(stack) = &arguments.file.stack {
        command.arg("--stack").arg(stack);
    }
    command.args(&arguments.services);
    for profile in &arguments.file.profiles {
        command.arg("--profile").arg(profile);
    }
    if let Some(instance) = &arguments.instance {
        command.arg("--instance").arg(instance);
    }
    let mut launcher = command.spawn().map_err(cannot("start the launcher"))?;
    let mut said_already = BTreeSet::new();
    if let Some(printed) = launcher.stdout.take() {
        for line in BufReader::new(printed).lines().map_while(Result::ok) {
            let Ok(snapshot) = serde_json::from_str::<Snapshot>(&line) else { continue };
            say_troubles(&snapshot, &mut said_already);
            let outlook = Outlook::of_launch(&snapshot);
            if matches!(outlook, Outlook::Healthy) {
                match crate::block_on(goes_on(&snapshot, dirs)) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    // Why, is asked below.
                    Err(failure) if failure.code == NOTHING_RUNS => continue,
                    Err(failure) => return Err(failure),
                }
            }
            if let Some(outcome) = decided(outlook, &snapshot) {
                if outcome.is_err() {
                    let _ = crate::block_on(say_what_failed_printed(&snapshot, dirs));
                }
                return outcome;
            }
        }
    }
    let ended = launcher.wait().map_err(cannot("wait for the launcher"))?;
    let mut said = String::new();
    let _ = log.seek(SeekFrom::Start(begin)).and_then(|_| log.take(LOG_BYTES_MAX).read_to_string(&mut said));
    let why: Vec<_> = said.lines().filter(|line| line.starts_with("skinai: ")).collect();
    let last = said.lines().next_back().unwrap_or("the launcher has ended");
    let code = ended.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
    let report = (!why.is_empty()).then(|| why.join("\n"));
    Err(Failure { report, ..Failure::new(code.unwrap_or(FAILED), last) })
}

/// Says, once each, what keeps services from being healthy, while it is still waited for them.
fn say_troubles(snapshot: &Snapshot, said_already: &mut BTreeSet<String>) {
    for service in &snapshot.services {
        let hindered = service.cause.as_ref().is_some_and(Cause::is_hindrance);
        let why = match (service.state, &service.last_exit) {
            (ServiceState::Starting, _) if hindered => service.detail.clone(),
            (ServiceState::Backoff, Some(exit)) => Some(format!("{}; it is started again", exit.reason)),
            _ => None,
        };
        let line = why.map(|why| format!("{}: {why}", service.name));
        if let Some(line) = line.filter(|line| said_already.insert(line.clone())) {
            writing::say(format_args!("{line}"));
        }
    }
}

/// Whether what is healthy is so a moment later, by the same processes: a program that goes into the background listens
/// before it ends.
async fn goes_on(snapshot: &Snapshot, dirs: &Dirs) -> Result<bool, Failure> {
    tokio::time::sleep(GOES_ON_FOR).await;
    let now = Client::connect(dirs, Some(&snapshot.instance)).await?.status().await?;
    let pids = |of: &Snapshot| of.services.iter().map(|service| service.pid).collect::<Vec<_>>();
    Ok(matches!(Outlook::of_launch(&now), Outlook::Healthy) && pids(&now) == pids(snapshot))
}

async fn say_what_failed_printed(snapshot: &Snapshot, dirs: &Dirs) -> Result<(), Failure> {
    tokio::time::sleep(LAST_LINES_READ_WITHIN).await;
    let client = Client::connect(dirs, Some(&snapshot.instance)).await?;
    say_last_lines(&client.status().await?);
    Ok(())
}

/// What comes of a launch, once that is known.
fn decided(outlook: Outlook, snapshot: &Snapshot) -> Option<Outcome> {
    match outlook {
        Outlook::Healthy => {
            let shown = status::table(snapshot, jiff::Timestamp::now());
            Some(output::print(shown).map(|_| ExitCode::SUCCESS))
        }
        Outlook::Hopeless(why) => {
            let runs_on = format!("instance {} runs on until `skinai stop`", snapshot.instance);
            Some(Err(Failure::new(FAILED, format!("{why}; {runs_on}"))))
        }
        Outlook::Open(_) => None,
    }
}

/// The instance that runs this stack already.
fn running(arguments: &Run, stack: &Stack, dirs: &Dirs) -> Result<Option<Client>, Failure> {
    crate::block_on(async {
        if let Some(file) = stack.path.as_ref().filter(|_| arguments.instance.is_none()) {
            return Ok(Client::of_stack_file(dirs, file).await?);
        }
        let name = arguments.instance.as_deref().unwrap_or(InstanceName::DEFAULT);
        let Ok(client) = Client::connect(dirs, Some(name)).await else { return Ok(None) };
        let file = client.status().await?.stack_file.map(PathBuf::from);
        // Another stack has that name: the launch says so.
        Ok((file == stack.path).then_some(client))
    })
}

fn open_log(folder: &Path) -> std::io::Result<File> {
    userdirs::private_folder(folder)?;
    let path = folder.join(LOG);
    let log = userdirs::private_file().read(true).append(true).create(true).open(&path)?;
    if log.metadata()?.len() > LOG_BYTES_MAX {
        log.set_len(0)?;
    }
    Ok(log)
}
