//! Choices of a stack file that are also made elsewhere.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// When a service is started again after it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// However it ended.
    Always,
    /// Unless it ended with exit code 0.
    OnFailure,
    /// Not at all.
    Never,
}

/// What to do with a service that does not answer its health check, or does not get ready in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnUnhealthy {
    /// End it, and start it again as `restart` says.
    Restart,
    /// Say so, and leave it alone.
    Report,
}

/// The signals that a service can be asked to end by; the first one is the usual one.
const STOP_SIGNALS: [&str; 9] =
    ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGABRT", "SIGKILL"];

/// The signal by which a service is asked to end, written with or without `SIG`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StopSignal(usize);

impl StopSignal {
    /// Its name, with `SIG`.
    pub fn name(self) -> &'static str {
        STOP_SIGNALS[self.0]
    }
}

impl TryFrom<String> for StopSignal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_meant = |name: &&str| *name == text || name.strip_prefix("SIG") == Some(&text);
        let known = STOP_SIGNALS.iter().position(is_meant).map(Self);
        known.ok_or_else(|| format!("a stop signal is one of {}", STOP_SIGNALS.join(", ")))
    }
}

impl JsonSchema for StopSignal {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "StopSignal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let short = STOP_SIGNALS.iter().filter_map(|name| name.strip_prefix("SIG"));
        json_schema!({ "type": "string", "enum": STOP_SIGNALS.into_iter().chain(short).collect::<Vec<_>>() })
    }
}

/// Which processes of a service are asked to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StopSignalTo {
    /// All of them.
    #[default]
    Group,
    /// The one that was started; when it has ended, those that it leaves behind.
    Main,
}

/// What to do when somebody else has a published port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// Say so and wait to be told.
    Ask,
    /// Take another port at once, and say so.
    Move,
}
