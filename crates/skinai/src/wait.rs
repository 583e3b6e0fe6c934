//! `skinai wait`: until services are healthy.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot, Wanted};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout_at};

use crate::arguments::Wait;
use crate::instance::{self, Purpose};
use crate::{FAILED, Failure, NOTHING_RUNS, Outcome, status};

/// Between two looks whether something runs by now.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often a service that was never healthy is started again until a launch is told to have failed. One that ends by
/// itself as often within a minute has failed by then.
const TRIES_MAX: u32 = 5;
/// How long after its end the last lines of a service are read at the latest.
pub(crate) const LAST_LINES_READ_WITHIN: Duration = Duration::from_millis(200);

/// Exit code 0 when they are healthy, 1 when one has failed or time is up, 3 when nothing runs by then.
pub(crate) fn wait(arguments: &Wait) -> Outcome {
    crate::block_on(until_healthy(arguments)).map(|()| ExitCode::SUCCESS)
}

pub(crate) async fn until_healthy(arguments: &Wait) -> Result<(), Failure> {
    let end = Instant::now() + arguments.timeout;
    let not_in_time = |why: &str| Failure::new(FAILED, format!("not healthy in time: {why}"));
    let mut last = not_in_time("nothing is known of it");
    let waiting = async {
        let client = loop {
            match instance::connect(&arguments.instance, Purpose::Act).await {
                Err(failure) if failure.code == NOTHING_RUNS => last = failure,
                client => break client?,
            }
            sleep(LOOK_EVERY).await;
        };
        last = not_in_time("the instance does not answer");
        let mut snapshots = client.events().await?;
        while let Some(snapshot) = snapshots.next().await {
            match Outlook::of_named(&snapshot, &arguments.services)? {
                Outlook::Healthy => return Ok(()),
                Outlook::Hopeless(why) => return Err(Failure::new(FAILED, why)),
                Outlook::Open(why) => last = not_in_time(&why),
            }
        }
        Err(Failure::new(NOTHING_RUNS, "the instance has ended"))
    };
    let waited = timeout_at(end, waiting).await;
    waited.unwrap_or(Err(last))
}

/// Whether services are healthy, or will be: the state of one that is not, and why.
pub(crate) enum Outlook {
    Healthy,
    /// One will not be healthy until somebody has seen to something.
    Hopeless(String),
    Open(String),
}

impl Outlook {
    pub(crate) fn of_all(snapshot: &Snapshot) -> Self {
        Self::of(snapshot.services.iter().map(AsRef::as_ref).filter(|service| !service.left_out).collect())
    }

    /// Of a launch that has begun: one that never was healthy is given up after some tries.
    pub(crate) fn of_launch(snapshot: &Snapshot) -> Self {
        let is_given_up = |service: &&Arc<ServiceSnapshot>| {
            !service.is_well() && !service.left_out && service.restarts >= TRIES_MAX
        };
        match (Self::of_all(snapshot), snapshot.services.iter().find(is_given_up)) {
            (Self::Open(_), Some(service)) => {
                Self::Hopeless(format!("{}, after {} restarts", state_of(service), service.restarts))
            }
            (outlook, _) => outlook,
        }
    }

    /// Of these, or of all where none is named.
    pub(crate) fn of_named(snapshot: &Snapshot, names: &[String]) -> Result<Self, Failure> {
        if names.is_empty() {
            return Ok(Self::of_all(snapshot));
        }
        names.iter().map(|name| instance::service(snapshot, name)).collect::<Result<_, _>>().map(Self::of)
    }

    fn of(mut services: Vec<&ServiceSnapshot>) -> Self {
        // One that is left out is not healthy for who waits for it by name.
        services.retain(|service| !service.is_well() || service.left_out);
        // What has failed says more than what waits for it.
        let hopeless = services.iter().filter(|service| will_not_be_healthy(service));
        let hopeless = hopeless.min_by_key(|service| service.state == ServiceState::Starting);
        match (hopeless, services.first()) {
            (Some(service), _) => Self::Hopeless(state_of(service)),
            (None, Some(service)) => Self::Open(state_of(service)),
            (None, None) => Self::Healthy,
        }
    }
}

/// Says what services that have failed printed last, each line after its service's name.
pub(crate) fn say_last_lines(snapshot: &Snapshot) {
    for service in &snapshot.services {
        for line in status::last_lines(service) {
            writing::say(format_args!("{} | {line}", service.name));
        }
    }
}

/// It has failed or was stopped, or what it needs. What has not run yet is about to be started.
fn will_not_be_healthy(service: &ServiceSnapshot) -> bool {
    let was_stopped = service.wanted == Wanted::Down && service.last_exit.is_some();
    let held_back = matches!(
        service.cause,
        Some(Cause::HeldBack { state: ServiceState::Failed | ServiceState::Stopped, .. })
    );
    service.state == ServiceState::Failed || was_stopped || held_back || service.left_out
}

/// Its state, and why.
fn state_of(service: &ServiceSnapshot) -> String {
    let why = status::why(service).map(|why| format!(" ({why})")).unwrap_or_default();
    format!("the state of {} is {}{why}", service.name, service.state)
}
