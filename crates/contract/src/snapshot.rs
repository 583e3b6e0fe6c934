//! The snapshot: an immutable view of a whole instance, with a revision that only grows.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Cause, Holder, Sample, ServiceState};

/// What is wanted of a service, as opposed to its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum Wanted {
    /// It should run.
    Up,
    /// It should not run.
    Down,
}

/// How a service gets its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum Handoff {
    /// It inherits the listening socket (the systemd protocol, descriptors from 3). On Windows it asks for it, as the
    /// crate `listenfd` does.
    Socket,
    /// It is told the number; the reservation is released just before it starts.
    Number,
}

/// Where a service's port came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum PortSource {
    /// The first free ports of the stack's range.
    Range,
    /// The service's own fallback range.
    Fallback,
    /// The system chose it, since every range was full.
    System,
    /// It was set by hand: in the environment or in the settings.
    Set,
    /// The service chose it by itself and was found there.
    Found,
}

/// A port that a service should have and somebody else has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Conflict {
    /// The port in question.
    pub port: u16,
    /// Who has it.
    pub holder: Holder,
}

/// A port that a service has beside its main one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct NamedPort {
    /// The port that is reserved for it.
    pub port: u16,
    /// Where it came from.
    pub port_source: PortSource,
    /// The variable that tells everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub port_variable: Option<String>,
    /// The port that was set by hand, where it has another one because that was not free.
    pub requested_port: Option<u16>,
    /// Whether the launcher holds its listening socket.
    pub held: bool,
    /// Whether the service's own processes have a listening socket there, as was seen last.
    pub listening: bool,
}

/// The newest probe of a service. A probe that finds what the one before found is no change: its numbers are those
/// of the newest [`Sample`] at the time at which the row changed or was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Health {
    /// From the start of the probe to the end of the answer, in microseconds; `None` if it failed.
    #[ts(type = "number | null")]
    pub latency_us: Option<u64>,
    /// When the newest probe ended.
    #[ts(type = "string | null")]
    pub checked_at: Option<Timestamp>,
    /// Why the newest probe failed; `None` if it did not.
    pub last_error: Option<String>,
    /// What `last_error` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// How the newest run of a service ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct LastExit {
    /// Its exit code, if it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it, by name (`SIGKILL`).
    pub signal: Option<String>,
    /// When it ended.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Why, in a few words ("exited with code 1", "was ended by SIGKILL"; of one that was ended for it "did not
    /// answer 3 times in a row").
    pub reason: String,
    /// What `reason` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The last lines it printed, oldest first, at most 10; only where it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_lines: Vec<String>,
    /// The positions of those with which a further run of it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run_begins: Vec<usize>,
}

/// One service in a snapshot: a row of the port map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct ServiceSnapshot {
    /// Its key in the stack file.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What is wanted of it.
    pub wanted: Wanted,
    /// Its state.
    pub state: ServiceState,
    /// It is `done`, or `stopped` since its work is done: it has neither a port nor a check, and ended with exit code 0.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub finished: bool,
    /// It is `stopped` since this launch leaves it out, and nobody has started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub left_out: bool,
    /// The address at which a program on this machine reaches it (or will), as in `url`.
    pub host: String,
    /// Its port: the one its own process tree listens on, or the one reserved for it.
    pub port: Option<u16>,
    /// Where the port came from.
    pub port_source: PortSource,
    /// The variable that tells everybody its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub port_variable: Option<String>,
    /// The port that was set by hand, where the service has another one because it was not free.
    pub requested_port: Option<u16>,
    /// The port that it had before it was moved by request, or in the last launch, where that could not be had again;
    /// until that is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub moved_from: Option<u16>,
    /// Its other ports, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, NamedPort>>", optional)]
    pub ports: BTreeMap<String, NamedPort>,
    /// Its address for a program on this machine.
    pub url: Option<String>,
    /// Its address for a browser, which holds no secret: who is let in by one asks for an
    /// [`Entrance`](crate::Entrance). `None` if the stack does not offer it to people.
    pub open_url: Option<String>,
    /// Where it is asked whether it is well, over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub health_url: Option<String>,
    /// The process id of its leader.
    pub pid: Option<u32>,
    /// How it gets its port.
    pub handoff: Handoff,
    /// How many times it was started again because it ended or hung, since the launch or the last
    /// restart by hand.
    pub restarts: u32,
    /// When that was: since then they are counted. `None` until it is wanted to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string", optional)]
    pub restarts_since: Option<Timestamp>,
    /// Since when it is in this state.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// When the present process was started.
    #[ts(type = "string | null")]
    pub started_at: Option<Timestamp>,
    /// The newest probe.
    pub health: Health,
    /// Who has its port, in state `conflict`.
    pub conflict: Option<Conflict>,
    /// Who listens at its port on its behalf, where that is no process of its own (`listener = "any"`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<Holder>,
    /// Where else its processes listen: debuggers, metrics, another family of addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "Array<string>", optional)]
    pub other_listeners: Vec<SocketAddr>,
    /// How its newest run ended.
    pub last_exit: Option<LastExit>,
    /// What is going on, in a few words, where the state alone does not say it ("next start in
    /// 400 ms", "waiting for backend", "ending, 2 processes left").
    pub detail: Option<String>,
    /// What `detail` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The services it needs, by name.
    pub needs: Vec<String>,
    /// Program and arguments as it is started. What comes from the environment stands there by its name, as in the
    /// stack file: it may be a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub command: Vec<String>,
    /// The folder that it is started in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
}

impl ServiceSnapshot {
    /// The variables that say where it is: those of its ports, and its address as `NAME_URL`.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let Some((port, url)) = self.port.zip(self.url.clone()) else { return BTreeMap::new() };
        let named = self.ports.values().filter_map(|port| Some((port.port_variable.clone()?, port.port)));
        let ports = self.port_variable.clone().map(|name| (name, port)).into_iter().chain(named);
        let ports = ports.map(|(name, port)| (name, port.to_string()));
        std::iter::once((format!("{}_URL", variable_part(&self.name)), url)).chain(ports).collect()
    }

    /// Whether its address leads to the service itself, now or as soon as it can answer. Where it does
    /// not, somebody else may listen there, who must get neither a person nor a code.
    pub fn is_at_its_address(&self) -> bool {
        match self.state {
            ServiceState::Healthy | ServiceState::Unhealthy => true,
            // The launcher holds the listening socket; a number is anybody's until the service has it.
            ServiceState::Starting | ServiceState::Backoff | ServiceState::Stopping => {
                self.wanted == Wanted::Up && self.handoff == Handoff::Socket
            }
            ServiceState::Stopped | ServiceState::Conflict | ServiceState::Failed | ServiceState::Done => {
                false
            }
        }
    }

    /// Whether it is as it should be: healthy, or its work is done, or it is left out.
    pub fn is_well(&self) -> bool {
        self.state == ServiceState::Healthy || self.finished || self.left_out
    }

    /// The address to open in a browser, where people are to use the service and its address is its own.
    pub fn address_to_open(&self) -> Option<&str> {
        self.open_url.as_deref().filter(|_| self.is_at_its_address())
    }
}

/// An immutable view of a whole instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Snapshot {
    /// The instance: `default`, `default-2`, … or the name it was given.
    pub instance: String,
    /// The stack's name.
    pub stack: String,
    /// The stack file, from the root on; `None` for a stack that no file describes, as the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_file: Option<String>,
    /// The process id of the launcher.
    pub pid: u32,
    /// Grows by at least one with every change, and never shrinks.
    #[ts(type = "number")]
    pub revision: u64,
    /// The state of the whole: the one among its services' that most needs attention.
    pub state: ServiceState,
    /// The port map, in the order of the stack file. Rows that did not change are shared with the
    /// snapshot before.
    #[ts(as = "Vec<ServiceSnapshot>")]
    pub services: Vec<Arc<ServiceSnapshot>>,
}

impl Snapshot {
    /// The row of the service of that name.
    pub fn service(&self, name: &str) -> Option<&ServiceSnapshot> {
        self.services.iter().find(|service| service.name == name).map(AsRef::as_ref)
    }

    /// The variables that say where all services are.
    pub fn variables(&self) -> BTreeMap<String, String> {
        self.services.iter().flat_map(|service| service.variables()).collect()
    }

    /// The same, with the numbers of newer probes.
    #[must_use]
    pub fn with_samples<'a>(&self, samples: impl IntoIterator<Item = &'a Sample>) -> Self {
        let mut joined = self.clone();
        for sample in samples {
            let row = joined.services.iter_mut().find(|row| row.name == sample.service);
            if let Some(row) = row.filter(|row| row.health.checked_at < Some(sample.at)) {
                let health = &mut Arc::make_mut(row).health;
                (health.latency_us, health.checked_at) = (sample.latency_us, Some(sample.at));
            }
        }
        joined
    }

    /// Whether every service is healthy, or its work is done, or it is left out.
    pub fn all_healthy(&self) -> bool {
        self.services.iter().all(|service| service.is_well())
    }
}

/// A service's name as a part of a variable's.
pub fn variable_part(service: &str) -> String {
    service.to_uppercase().replace('-', "_")
}
