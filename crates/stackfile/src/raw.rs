//! The stack file as it is written, with the places where things stand.

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

use crate::{
    Listener, OnConflict, OnRestart, OnUnhealthy, Ready, RestartPolicy, ServiceType, StopSignal, StopSignalTo,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a stack: `name` and a table `[service.NAME]` for each service")]
pub(crate) struct RawStack<Services> {
    pub name: Spanned<String>,
    pub ports: Option<Spanned<String>>,
    pub on_conflict: Option<OnConflict>,
    pub sticky: Option<bool>,
    pub env_file: Option<Spanned<RawEnvFiles>>,
    #[serde(default)]
    pub env: IndexMap<Spanned<String>, Spanned<String>>,
    pub service: Services,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a service: a table `[service.NAME]` with a `command`")]
pub(crate) struct RawService {
    #[serde(rename = "type")]
    pub kind: Option<Spanned<ServiceType>>,
    pub label: Option<String>,
    pub command: Spanned<Vec<Spanned<String>>>,
    pub cwd: Option<Spanned<String>>,
    pub env_file: Option<Spanned<RawEnvFiles>>,
    #[serde(default)]
    pub env: IndexMap<Spanned<String>, Spanned<String>>,
    pub port: Option<Spanned<RawPort>>,
    pub handoff: Option<Spanned<contract::Handoff>>,
    pub listener: Option<Spanned<Listener>>,
    pub host: Option<Spanned<String>>,
    pub health: Option<Spanned<RawHealth>>,
    pub ready: Option<Ready>,
    #[serde(default)]
    pub profiles: Vec<Spanned<String>>,
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    pub open: Option<Spanned<String>>,
    pub secret: Option<bool>,
    pub restart: Option<RestartPolicy>,
    pub on_restart: Option<Spanned<OnRestart>>,
    pub on_unhealthy: Option<Spanned<OnUnhealthy>>,
    pub stop_grace: Option<Spanned<String>>,
    #[serde(default)]
    pub stop_signal: StopSignal,
    #[serde(default)]
    pub stop_signal_to: StopSignalTo,
    pub start_timeout: Option<Spanned<String>>,
    pub fatal_exit_codes: Option<Vec<i32>>,
    pub strict: Option<bool>,
    pub on_conflict: Option<OnConflict>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected the path of an env file, a table like { path = \".env\", required = false }, or a list of these"
)]
pub(crate) enum RawEnvFiles {
    One(RawEnvFile),
    Several(Vec<RawEnvFile>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum RawEnvFile {
    Path(String),
    Table(RawEnvFileTable),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEnvFileTable {
    pub path: String,
    pub required: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table like { env = \"WEB_PORT\", fallback = \"8000-8100\" }; a service without a port has none"
)]
pub(crate) struct RawPort {
    pub env: Option<Spanned<String>>,
    pub fallback: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table like { http = \"/health\" } or { tcp = true }")]
pub(crate) struct RawHealth {
    pub http: Option<Spanned<String>>,
    pub tcp: Option<bool>,
    pub interval: Option<Spanned<String>>,
    pub timeout: Option<Spanned<String>>,
    pub threshold: Option<Spanned<u32>>,
}
