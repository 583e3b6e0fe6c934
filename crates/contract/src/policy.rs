//! Choices of a stack file that are also made elsewhere.

use serde::{Deserialize, Serialize};

/// When a service is started again after it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnhealthy {
    /// End it, and start it again as `restart` says.
    Restart,
    /// Say so, and leave it alone.
    Report,
}

/// What to do when somebody else has a published port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// Say so and wait to be told.
    Ask,
    /// Take another port at once, and say so.
    Move,
}
