//! `skinai wait`: until services are healthy.

use std::process::ExitCode;
use std::time::Duration;

use contract::{ServiceSnapshot, ServiceState, Snapshot, Wanted};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout_at};

use crate::arguments::Wait;
use crate::instance::{self, Purpose};
use crate::{FAILED, Failure, NOTHING_RUNS, Outcome};

/// Between two looks whether something runs by now.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Exit code 0 when they are healthy, 1 when one has failed or time is up, 3 when nothing runs by then.
pub(crate) fn wait(arguments: &Wait) -> Outcome {
    let end = Instant::now() + arguments.timeout;
    crate::block_on(async {
        let client = loop {
            match instance::connect(&arguments.instance, Purpose::Act).await {
                Err(failure) if failure.code == NOTHING_RUNS && Instant::now() < end => {
                    sleep(LOOK_EVERY).await
                }
                client => break client?,
            }
        };
        let mut snapshots = client.events().await?;
        let mut why = None;
        loop {
            let Ok(snapshot) = timeout_at(end, snapshots.next()).await else {
                let why = why.unwrap_or_else(|| "nothing is known of it".to_owned());
                return Err(Failure::new(FAILED, format!("not healthy in time: {why}")));
            };
            let Some(snapshot) = snapshot else {
                return Err(Failure::new(NOTHING_RUNS, "the instance has ended"));
            };
            let Some(lacking) = lacking(&snapshot, &arguments.services)? else {
                return Ok(ExitCode::SUCCESS);
            };
            if will_not_be_healthy(lacking) {
                return Err(Failure::new(FAILED, state_of(lacking)));
            }
            why = Some(state_of(lacking));
        }
    })
}

/// The first of these services, or of all, that is not healthy: one that will not be by itself before others.
pub(crate) fn lacking<'a>(
    snapshot: &'a Snapshot,
    services: &[String],
) -> Result<Option<&'a ServiceSnapshot>, Failure> {
    let mut meant = Vec::new();
    if services.is_empty() {
        meant.extend(snapshot.services.iter().map(AsRef::as_ref));
    }
    for name in services {
        meant.push(instance::service(snapshot, name)?);
    }
    meant.retain(|service| !service.is_well());
    meant.sort_by_key(|service| !will_not_be_healthy(service));
    Ok(meant.first().copied())
}

/// Whether somebody has to see to something first: it has failed, or was stopped. What has not run yet is about to be
/// started.
pub(crate) fn will_not_be_healthy(service: &ServiceSnapshot) -> bool {
    let was_stopped = service.wanted == Wanted::Down && service.last_exit.is_some();
    service.state == ServiceState::Failed || was_stopped
}

/// Its state, and why.
pub(crate) fn state_of(service: &ServiceSnapshot) -> String {
    let why = service.detail.as_ref().or(service.health.last_error.as_ref());
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("the state of {} is {}{why}", service.name, service.state)
}
