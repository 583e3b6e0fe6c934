//! The stack file as it is written, with the places where things stand. What is said of a key here, editors show, out
//! of the [schema](fn@crate::schema).

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::raw_command::RawCommand;
use crate::spanned::Spanned;
use crate::{
    Listener, OnConflict, OnRestart, OnUnhealthy, RestartPolicy, ServiceType, StopSignal, StopSignalTo,
};

/// Which services are launched together, and how.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a stack: `name` and a table `[service.NAME]` for each service")]
#[schemars(rename = "Stack")]
pub(crate) struct RawStack<Services> {
    /// What people call the stack.
    pub name: Spanned<String>,
    /// Where free ports are looked for, lowest first: `"A-B"`, inclusive. Default: `"8000-9000"`.
    pub ports: Option<Spanned<String>>,
    /// What to do when somebody else has a published port. Default: `"ask"` in the tray, `"move"` in the terminal.
    pub on_conflict: Option<OnConflict>,
    /// Whether the services of a project's own stack file get the ports again that they had when it last ran, where
    /// those are free. Default: `true`.
    pub sticky: Option<bool>,
    /// Env files for every service, of which later ones win. Default: none.
    pub env_file: Option<Spanned<RawEnvFiles>>,
    /// Variables for every service, filled in as those of a service are.
    #[serde(default)]
    pub env: IndexMap<Spanned<String>, Spanned<String>>,
    /// The services, each a table `[service.NAME]`. A name has letters, digits, `-` and `_`, at most 63.
    pub service: Services,
}

/// A service: a program that is started, supervised and stopped with the others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a service: a table `[service.NAME]` with a `command`")]
#[schemars(rename = "Service")]
pub(crate) struct RawService {
    /// Whether it is to run on, or to its end. Default: `"service"`.
    #[serde(rename = "type")]
    pub kind: Option<Spanned<ServiceType>>,
    /// What people call it. Default: its name.
    pub label: Option<String>,
    /// Program and arguments: `["program", "argument"]`. `{port}`, `{host}`, `{url}`, and `{NAME.port}` and the like of
    /// another service, are filled in; `{{port}}` is the text itself. Or a table with one for each system.
    pub command: Spanned<RawCommand>,
    /// The folder it runs in; a relative one begins in the stack file's. Default: the stack file's folder.
    pub cwd: Option<Spanned<String>>,
    /// Env files of its own, of which later ones win. Default: none.
    pub env_file: Option<Spanned<RawEnvFiles>>,
    /// Variables of its own, filled in as `command` is.
    #[serde(default)]
    pub env: IndexMap<Spanned<String>, Spanned<String>>,
    /// The port on which it serves. Default: it has none.
    pub port: Option<Spanned<RawPort>>,
    /// Its other ports, by names: `{ metrics = { env = "METRICS_PORT" } }`. A name has letters, digits, `-` and `_`, at
    /// most 63.
    #[serde(default)]
    pub ports: IndexMap<Spanned<String>, Spanned<RawPort>>,
    /// How it gets its ports. Default: `"number"`.
    pub handoff: Option<Spanned<contract::Handoff>>,
    /// Whose socket may answer at its port. Default: `"own"`.
    pub listener: Option<Spanned<Listener>>,
    /// The IP address it binds. Default: what the launcher's variable for it says (`SKINAI_HOST`), else `127.0.0.1`.
    pub host: Option<Spanned<String>>,
    /// How it proves that it is well. Default: `{ tcp = true }` for a service with a port, else nothing is asked.
    pub health: Option<Spanned<RawHealth>>,
    /// How it is known to be ready after a start. Default: `"probe"`.
    pub ready: Option<RawReady>,
    /// The profiles with one of which it is launched. Default: none, so that it always is.
    #[serde(default)]
    pub profiles: Vec<Spanned<String>>,
    /// The services that have to be ready before it is started, and are stopped after it.
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    /// The path that the tray offers to open; it begins with `/`. Default: none.
    pub open: Option<Spanned<String>>,
    /// Whether it gets a secret of its own, in the variable `SKINAI_TOKEN`. Default: `false`.
    pub secret: Option<bool>,
    /// When it is started again after it ended by itself. Default: `"always"`.
    pub restart: Option<RestartPolicy>,
    /// How a restart by hand replaces it. Default: `"overlap"` with `handoff = "socket"` and `ready = "notify"`, else
    /// `"stop-start"`.
    pub on_restart: Option<Spanned<OnRestart>>,
    /// What becomes of it when it does not answer, or is not healthy in time. Default: `"restart"`.
    pub on_unhealthy: Option<Spanned<OnUnhealthy>>,
    /// How long it may take to end before it is killed, as `"500ms"`, `"5s"` or `"2m"`. Default: `"5s"`.
    pub stop_grace: Option<Spanned<String>>,
    /// The signal by which it is asked to end, with or without `SIG`. Default: `"SIGTERM"`. Windows has none.
    #[serde(default)]
    pub stop_signal: StopSignal,
    /// Which of its processes get that signal. Default: `"group"`.
    #[serde(default)]
    pub stop_signal_to: StopSignalTo,
    /// How long it may take to become healthy, as `"500ms"`, `"30s"` or `"2m"`; a oneshot, to do its work. Default: `"30s"`;
    /// of a oneshot `"24h"`.
    pub start_timeout: Option<Spanned<String>>,
    /// Exit codes after which a new start is of no use. Default: `[78]`.
    pub fatal_exit_codes: Option<Vec<i32>>,
    /// Whether a port that is set by its variable is kept, or the launch fails. Default: `false`.
    pub strict: Option<bool>,
    /// What to do when somebody else has its published port. Default: what the stack says.
    pub on_conflict: Option<OnConflict>,
}

impl RawService {
    /// All of its ports, the main one first.
    pub fn all_ports(&self) -> impl Iterator<Item = &RawPort> {
        self.port.iter().chain(self.ports.values()).map(Spanned::get_ref)
    }
}

/// One env file, or a list of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EnvFiles")]
#[serde(
    untagged,
    expecting = "expected the path of an env file, a table like { path = \".env\", required = false }, or a list of these"
)]
pub(crate) enum RawEnvFiles {
    One(RawEnvFile),
    Several(Vec<RawEnvFile>),
}

/// An env file: its path, or a table `{ path = ".env", required = false }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EnvFile")]
#[serde(untagged)]
pub(crate) enum RawEnvFile {
    /// Its path; a relative one begins in the stack file's folder.
    Path(String),
    /// Its path, and whether it may be missing.
    Table(RawEnvFileTable),
}

/// An env file that may be missing.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EnvFileTable")]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEnvFileTable {
    /// Its path; a relative one begins in the stack file's folder.
    pub path: String,
    /// Whether it has to be there. Default: `true`.
    pub required: Option<bool>,
}

/// A port of a service: `{ env = "WEB_PORT" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a table like { env = \"WEB_PORT\", fallback = \"8000-8100\" }; a service without a port has none"
)]
#[schemars(rename = "Port")]
pub(crate) struct RawPort {
    /// The variable that tells it, and every other service, its port, and by which a person sets it. Default: none.
    pub env: Option<Spanned<String>>,
    /// A range of its own, `"A-B"`, for when the stack's is full. Default: none.
    pub fallback: Option<Spanned<String>>,
}

/// How a service proves that it is well: `{ http = "/health" }`, `{ tcp = true }`, `{ command = ["pg_isready"] }`, or
/// `{ tcp = false }` for one that nobody asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a table like { http = \"/health\" }, { tcp = true } or { command = [\"pg_isready\"] }"
)]
#[schemars(rename = "Health")]
pub(crate) struct RawHealth {
    /// The path that has to answer with a status from 200 to 399; it begins with `/`.
    pub http: Option<Spanned<String>>,
    /// Whether it has to accept a connection. Default: `true`.
    pub tcp: Option<bool>,
    /// Program and arguments that have to end with exit code 0, written and filled in as `command` of the service is.
    pub command: Option<Spanned<RawCommand>>,
    /// The time from the end of one probe to the start of the next. Default: `"2s"`.
    pub interval: Option<Spanned<String>>,
    /// How long an answer may take. Default: `"2s"`.
    pub timeout: Option<Spanned<String>>,
    /// How many probes in a row have to fail until something is done: 1 or more. Default: 3.
    pub threshold: Option<Spanned<u32>>,
}

/// How a service is known to be ready after a start: by a word, or `{ log = "listening on" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Ready")]
#[serde(
    rename_all = "lowercase",
    expecting = "\"notify\", \"probe\" or a table like { log = \"listening on\" }"
)]
pub(crate) enum RawReady {
    /// It says so itself (`READY=1` to `NOTIFY_SOCKET`, the sd_notify protocol; on Windows to `NOTIFY_SERVER`).
    Notify,
    /// It answers its probe.
    Probe,
    /// It prints a line that this regular expression matches.
    Log(Spanned<String>),
}
