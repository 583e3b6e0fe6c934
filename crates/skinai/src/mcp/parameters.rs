//! What the tools take. The comments are what agents read.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::arguments::{self, EventsArguments, Logs, Wait};
use crate::{BAD_INPUT, Failure};

use super::answers::{EVENTS_MAX, LINES_MAX, WAIT_SECONDS_MAX};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfInstance {
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfService {
    /// The service
    pub(super) service: String,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfServiceOrAll {
    /// The service; all where it is left out
    pub(super) service: Option<String>,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reallocated {
    /// The service; all where it is left out
    pub(super) service: Option<String>,
    /// The port that the service gets; a free one where it is left out
    #[schemars(range(min = 1))]
    pub(super) port: Option<u16>,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HolderEnded {
    /// The service in conflict
    pub(super) service: String,
    /// The process to end, which is its `holder_pid` in status
    pub(super) pid: u32,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PortChecked {
    /// The port
    #[schemars(range(min = 1))]
    pub(super) port: u16,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Launched {
    /// Launch only these services, with what they need; all where none is named
    #[serde(default)]
    pub(super) services: Vec<String>,
    /// How long to wait at most; the launch goes on
    #[serde(default = "hundred_and_twenty")]
    #[schemars(range(max = WAIT_SECONDS_MAX))]
    pub(super) timeout_seconds: u64,
    /// Run under this name, which tells a second run of the same stack from the first
    pub(super) instance: Option<String>,
}

fn hundred_and_twenty() -> u64 {
    120
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Waited {
    /// The services; all where none is named
    #[serde(default)]
    pub(super) services: Vec<String>,
    /// How long to wait at most, also for the stack to be launched
    #[serde(default = "thirty")]
    #[schemars(range(max = WAIT_SECONDS_MAX))]
    pub(super) timeout_seconds: u64,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

fn thirty() -> u64 {
    30
}

impl Waited {
    pub(super) fn arguments(self, instance: arguments::InstanceArguments) -> Wait {
        let timeout = Duration::from_secs(self.timeout_seconds.min(WAIT_SECONDS_MAX));
        Wait { services: self.services, timeout, instance }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Searched {
    /// The services; all where none is named
    #[serde(default)]
    pub(super) services: Vec<String>,
    /// How many lines at most: the newest of those that pass
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = LINES_MAX))]
    pub(super) lines: usize,
    /// Only lines of so long ago or less, like 30s, 5m or 2h
    pub(super) since: Option<String>,
    /// Only lines that match this regular expression; (?i) at its begin leaves case aside
    pub(super) grep: Option<String>,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

fn hundred() -> usize {
    100
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsAsked {
    /// The services; what happened to the whole stack too where none is named
    #[serde(default)]
    pub(super) services: Vec<String>,
    /// How many events at most: the newest
    #[serde(default = "thirty_lines")]
    #[schemars(range(min = 1, max = EVENTS_MAX))]
    pub(super) lines: usize,
    /// The instance, by its name in list_stacks; the stack of this project where it is left out
    pub(super) instance: Option<String>,
}

fn thirty_lines() -> usize {
    30
}

impl EventsAsked {
    pub(super) fn arguments(self, instance: arguments::InstanceArguments) -> EventsArguments {
        let lines = self.lines.clamp(1, EVENTS_MAX);
        EventsArguments { services: self.services, instance, follow: false, json: false, lines }
    }
}

impl Searched {
    /// One line more than is asked for tells that there are more.
    pub(super) fn arguments(self, instance: arguments::InstanceArguments) -> Result<Logs, Failure> {
        let wrong = |what: &str, error: String| {
            let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
            Failure::new(BAD_INPUT, format!("`{what}`: {error}"))
        };
        let since = self.since.as_deref().map(arguments::time).transpose();
        let grep = self.grep.as_deref().map(str::parse).transpose();
        Ok(Logs {
            services: self.services,
            instance,
            follow: false,
            since: since.map_err(|error| wrong("since", error))?,
            grep: grep.map_err(|error: regex::Error| wrong("grep", error.to_string()))?,
            json: false,
            lines: self.lines.clamp(1, LINES_MAX) + 1,
        })
    }
}
