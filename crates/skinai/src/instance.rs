//! Commands that ask a running instance.

use std::path::Path;
use std::process::ExitCode;

use client::{Client, ConnectError};
use contract::{Request, ServiceSnapshot, Snapshot, Target};
use stackfile::is_procfile;
use userdirs::Dirs;

use crate::arguments::{Ask, InstanceArguments, folders_of_projects};
use crate::{BAD_INPUT, Failure, NOTHING_RUNS, Outcome, output};

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::NothingRuns => {
                Self::new(NOTHING_RUNS, format!("{error}; start it with `skinai run`"))
            }
            ConnectError::NotRunning(_) => {
                Self::new(NOTHING_RUNS, format!("{error}; `skinai status --all` lists those that do"))
            }
            ConnectError::Silent(error) => error.into(),
            ConnectError::Name(_)
            | ConnectError::Several(_)
            | ConnectError::Untrusted(_)
            | ConnectError::Foreign(_) => Self::new(BAD_INPUT, error),
        }
    }
}

/// What is done to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Something is asked. Which instance answers is said beside the answer.
    Look,
    /// Something is changed. Another stack than the one that is found here has to be named.
    Act,
}

/// The instance that is named, else the one that runs the stack file found here, or where there is none, one of another
/// name in this folder or above it; else the usual one.
pub(crate) async fn connect(instance: &InstanceArguments, purpose: Purpose) -> Result<Client, Failure> {
    let name = instance.instance.as_deref();
    let file = if name.is_none() { instance.stack_file() } else { None };
    let all_dirs = std::iter::once(Dirs::from_env(product::SKINAI)).chain(Dirs::of_caller(product::SKINAI));
    let mut usual = Err(ConnectError::NothingRuns);
    for dirs in all_dirs {
        if let Some(file) = &file
            && let Some(client) = Client::of_stack_file(&dirs, file).await?
        {
            return Ok(client);
        }
        if name.is_none()
            && file.is_none()
            && let Some(client) = Client::of_folders(&dirs, &folders_of_projects()).await?
        {
            return Ok(client);
        }
        if let Err(ConnectError::NothingRuns | ConnectError::NotRunning(_)) = usual {
            usual = Client::connect(&dirs, name).await;
        }
    }
    let client = match (usual, &file) {
        (Err(ConnectError::Several(others)), Some(file)) if instance.stranger(file).is_none() => {
            let (file, others) = (file.display(), others.join(", "));
            let text = format!(
                "no instance runs {file}; start it with `skinai run`, or choose another one with --instance: {others}"
            );
            return Err(Failure::new(NOTHING_RUNS, text));
        }
        (usual, _) => usual?,
    };
    if let Some(file) = file {
        let snapshot = client.status().await?;
        // It has begun to answer since the first look.
        if client::runs(&snapshot, &file) {
            return Ok(client);
        }
        if instance.stack.is_some() {
            return Err(Failure::new(
                NOTHING_RUNS,
                format!("no instance runs {}; start it with `skinai run`", file.display()),
            ));
        }
        if let Some(stranger) = instance.stranger(&file) {
            output::note(format_args!("the stack file {stranger}, or name the instance by --instance"));
            return Ok(client);
        }
        let other = runs_another(&snapshot, &file);
        match purpose {
            Purpose::Look => output::note(other),
            Purpose::Act => return Err(Failure::new(BAD_INPUT, other)),
        }
    }
    Ok(client)
}

fn runs_another(snapshot: &Snapshot, file: &Path) -> String {
    let Snapshot { instance, stack, stack_file, pid, .. } = snapshot;
    let stack = stack_file.as_ref().unwrap_or(stack);
    let launch = if is_procfile(file) { "skinai run -f Procfile" } else { "skinai run" };
    format!(
        "instance {instance} (process {pid}) runs another stack ({stack}) than {}, the one here; \
         `--instance {instance}` means it all the same, `{launch}` launches the one here",
        file.display()
    )
}

/// Start, restart, re-allocate, stop.
pub(crate) fn ask(arguments: Ask, request: impl FnOnce(Target) -> Request) -> Outcome {
    crate::block_on(async {
        let client = connect(&arguments.instance, Purpose::Act).await?;
        client.request(&request(Target { service: arguments.service })).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The row of a service, or an error that names those there are.
pub(crate) fn service<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a ServiceSnapshot, Failure> {
    snapshot.service(name).ok_or_else(|| {
        let names: Vec<_> = snapshot.services.iter().map(|service| service.name.as_str()).collect();
        Failure::new(BAD_INPUT, format!("there is no service `{name}`; there are {}", names.join(", ")))
    })
}
