//! What goes wrong with a request, for programs and for people.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cause;

/// Why a request was not carried out. The words are part of the control API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum ErrorCode {
    /// The stack has no service of that name.
    UnknownService,
    /// The request could not be understood.
    BadRequest,
    /// No free port was found.
    NoFreePort,
    /// The service's port is fixed by `strict`.
    PortIsStrict,
    /// The service did not become healthy; what ran before runs again where that was possible.
    NotHealthy,
    /// Somebody else has the port.
    PortTaken,
    /// The instance is stopping.
    Stopping,
    /// Another request about the same service took its place.
    Superseded,
    /// What was to be stopped is stopped but for processes that could not be ended; the cause is the first of them.
    LeftBehind,
    /// Nothing runs under that name.
    NotRunning,
    /// What runs under that name has stopped to answer.
    NotAnswering,
    /// Something that should not happen; the message says what.
    Internal,
}

/// An error as it crosses a boundary: a code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: one sentence that says what to do.
    pub message: String,
    /// What the sentence says, where there is more to it than the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Cause>>,
}

impl ApiError {
    /// An error with its sentence, in which what the system says has no number.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: crate::without_codes(&message.into()), cause: None }
    }

    /// The error for the name of a service that the stack does not have.
    pub fn unknown_service<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<_> = known.collect();
        let shown: String = name.chars().take(64).collect();
        let text = format!("there is no service `{shown}`; there are {}", known.join(", "));
        Self::new(ErrorCode::UnknownService, text)
    }

    /// An error whose sentence is that of its cause.
    pub fn because(code: ErrorCode, cause: Cause) -> Self {
        Self { code, message: cause.to_string(), cause: Some(Box::new(cause)) }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
