//! Commands that ask a running instance.

use std::process::ExitCode;

use client::{Client, ConnectError};
use contract::{Request, ServiceSnapshot, Snapshot, Target};
use userdirs::Dirs;

use crate::arguments::{Ask, Instance};
use crate::{BAD_INPUT, Failure, NOTHING_RUNS, Outcome};

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::NothingRuns => {
                Self::new(NOTHING_RUNS, format!("{error}; start it with `skinai run`"))
            }
            ConnectError::NotRunning(_) => {
                Self::new(NOTHING_RUNS, format!("{error}; `skinai status --all` lists those that do"))
            }
            ConnectError::Name(_)
            | ConnectError::Several(_)
            | ConnectError::Untrusted(_)
            | ConnectError::Foreign(_) => Self::new(BAD_INPUT, error),
        }
    }
}

pub(crate) async fn connect(instance: &Instance) -> Result<Client, Failure> {
    let name = instance.instance.as_deref();
    let client = match (
        Client::connect(&Dirs::from_env(product::SKINAI), name).await,
        Dirs::of_caller(product::SKINAI),
    ) {
        (Err(ConnectError::NothingRuns | ConnectError::NotRunning(_)), Some(callers)) => {
            Client::connect(&callers, name).await
        }
        (client, _) => client,
    };
    Ok(client?)
}

/// Restart, re-allocate, stop.
pub(crate) fn ask(arguments: &Ask, request: fn(Target) -> Request) -> Outcome {
    crate::block_on(async {
        let client = connect(&arguments.instance).await?;
        client.request(&request(Target { service: arguments.service.clone() })).await?;
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
