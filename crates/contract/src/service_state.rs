//! How a service is, in a word.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Language, Words};

/// The state of a service. These words are the ones in JSON, in the panel and in the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum ServiceState {
    /// Nothing runs, and nothing is about to.
    Stopped,
    /// A process was started (or is about to be) and has not yet proven itself.
    Starting,
    /// It answers its probe and the listener is its own.
    Healthy,
    /// It runs but did not answer its last probes.
    Unhealthy,
    /// It was told to end and has not ended yet.
    Stopping,
    /// It crashed and waits for its next start.
    Backoff,
    /// Somebody else has its port.
    Conflict,
    /// It is not started again until somebody asks for it.
    Failed,
    /// It is a oneshot, and ended with exit code 0: as good as healthy.
    Done,
}

impl ServiceState {
    /// The word used in JSON, in the panel and in the logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Stopping => "stopping",
            Self::Backoff => "backoff",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Done => "done",
        }
    }

    /// What a service in this state is or does, in a sentence of a language.
    pub fn said(self, language: Language) -> String {
        Words::of(language).messages().say(&format!("is_{self}"), [])
    }
}

impl std::fmt::Display for ServiceState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
