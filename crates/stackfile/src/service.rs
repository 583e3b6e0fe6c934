//! A service of a stack, as the file describes it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use contract::{Handoff, OnConflict, OnUnhealthy, RestartPolicy, StopSignal, StopSignalTo, variable_part};
use indexmap::IndexMap;
use ports::PortRange;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Template;
use crate::variable_name::find;

/// A checked service of a stack.
#[derive(Debug, Clone)]
pub struct Service {
    /// Whether it is to run on, or to its end.
    pub kind: ServiceType,
    /// What people call it.
    pub label: String,
    /// Program and arguments.
    pub command: Vec<Template>,
    /// The folder it runs in; `None` for the launcher's own, as with the built-in stack.
    pub cwd: Option<PathBuf>,
    /// Variables of its own, and those that the stack has for each of its services.
    pub env: BTreeMap<String, Template>,
    /// Its port; `None` for a service that needs none.
    pub port: Option<PortSpec>,
    /// Its other ports, by their names.
    pub ports: IndexMap<String, PortSpec>,
    /// How it gets its ports.
    pub handoff: Handoff,
    /// Why it is told them as numbers although the file says `socket`, which happens on Windows alone.
    pub told_number: Option<String>,
    /// Whose socket may answer at its port.
    pub listener: Listener,
    /// The address it binds; `None` leaves it to the product's variable `…_HOST`, else 127.0.0.1.
    pub host: Option<IpAddr>,
    /// How it proves that it is well.
    pub health: HealthPolicy,
    /// How it is known to be ready after a start.
    pub ready: Ready,
    /// The services that are started before it, and whose address it is given.
    pub needs: Vec<String>,
    /// With which profiles it is launched; always where there is none.
    pub profiles: Vec<String>,
    /// Whether a launch leaves it out.
    pub left_out: bool,
    /// The path that the tray offers to open.
    pub open: Option<String>,
    /// Whether it gets a secret of its own.
    pub secret: bool,
    /// When it is started again.
    pub restart: RestartPolicy,
    /// How a restart by hand replaces it.
    pub on_restart: OnRestart,
    /// What to do when it does not answer, or does not get ready in time.
    pub on_unhealthy: OnUnhealthy,
    /// How long it may take to end after being asked to.
    pub stop_grace: Duration,
    /// How it is asked to.
    pub stop_signal: StopSignal,
    /// Which of its processes are asked.
    pub stop_signal_to: StopSignalTo,
    /// How long it may take to become healthy after its start.
    pub start_timeout: Duration,
    /// Exit codes after which a new start is of no use.
    pub fatal_exit_codes: Vec<i32>,
    /// What to do about a conflict over its port; `None` leaves it to the stack.
    pub on_conflict: Option<OnConflict>,
}

impl Service {
    /// What its own variable of that name is set to.
    pub fn variable(&self, name: &str) -> Option<&Template> {
        find(&self.env, name)
    }

    /// All of its ports, the main one first, with the names of the others.
    pub fn all_ports(&self) -> impl Iterator<Item = (Option<&str>, &PortSpec)> {
        let named = self.ports.iter().map(|(name, port)| (Some(name.as_str()), port));
        self.port.iter().map(|port| (None, port)).chain(named)
    }

    /// Whether it needs that service or names its address, so that it is started again when that changes.
    pub fn depends_on(&self, other: &str) -> bool {
        let check = match &self.health.probe {
            ProbeKind::Command(command) => command.as_slice(),
            _ => &[],
        };
        let mut texts = self.command.iter().chain(self.env.values()).chain(check);
        texts.any(|text| text.references().any(|name| name == other))
            || self.needs.iter().any(|need| need == other)
    }
}

/// The variable that tells the port of a service, where that has no name of its own.
pub fn port_variable(service: &str) -> String {
    format!("{}_PORT", variable_part(service))
}

/// Whether a service is to run on, or to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceType {
    /// It runs on.
    Service,
    /// It runs to its end before what needs it: a migration, a seed, a build.
    Oneshot,
}

/// What a service wants for a port.
#[derive(Debug, Clone)]
pub struct PortSpec {
    /// The variable that tells it its port.
    pub env: Option<String>,
    /// The variable that tells everybody else, and by which a person may set it: the same, unless several services
    /// have that; then one named after the service.
    pub exported: Option<String>,
    /// What it is in an env file, or in `env` of the stack: a wish, as in the environment.
    pub set: Option<String>,
    /// Where to look if the stack's range is full.
    pub fallback: Option<PortRange>,
    /// A port that is set is kept, or the launch fails.
    pub strict: bool,
}

/// How a service proves that it is well.
#[derive(Debug, Clone)]
pub struct HealthPolicy {
    /// What is asked.
    pub probe: ProbeKind,
    /// From the end of one probe to the start of the next.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How many probes in a row must fail.
    pub threshold: u32,
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeKind {
    /// `GET` of this path must give a status from 200 to 399.
    Http(String),
    /// A connection must be accepted.
    Tcp,
    /// This program, with these arguments, must end with exit code 0.
    Command(Vec<Template>),
    /// Nothing: it is well as long as it runs.
    None,
}

/// Whose socket may answer at a service's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Listener {
    /// That of one of its own processes.
    Own,
    /// Anybody's: a program outside of the service publishes the port on its behalf.
    Any,
}

/// How a service is known to be ready after a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    /// It says so itself (`READY=1` to `NOTIFY_SOCKET`, the sd_notify protocol; on Windows to `NOTIFY_SERVER`).
    Notify,
    /// It answers its probe.
    Probe,
    /// It prints a line that this regular expression matches.
    Log(String),
}

/// How a restart by hand replaces a running service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnRestart {
    /// The new process starts beside the old one, on the same socket; the old one goes when the new one
    /// is ready.
    Overlap,
    /// The old process ends before the new one starts.
    StopStart,
}
