//! A line that a service printed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum LogStream {
    /// The service's standard output.
    Stdout,
    /// The service's standard error.
    Stderr,
    /// The launcher itself, about the service.
    Launcher,
}

/// One line of a service's output: [plain](crate::plain()) text, at most [`LINE_MAX`](crate::LINE_MAX) characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct LogLine {
    /// Grows by one with every line of this service. A line that comes again replaces the one before.
    #[ts(type = "number")]
    pub number: u64,
    /// When it was read.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Where it came from.
    pub stream: LogStream,
    /// The text, without its line end and without escape sequences.
    pub text: String,
    /// The text with its colours, where it has some: with escape sequences for these and for nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub coloured: Option<String>,
    /// It has not ended, and comes again when it has changed: a question that waits for an answer, or the bar
    /// of a progress.
    #[serde(default)]
    pub unfinished: bool,
}

/// Which of the lines that are kept of a service are asked for: the newest of a time. Times are in milliseconds since
/// 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogWindow {
    /// How many at most.
    pub lines: usize,
    /// Those alone that were printed by then.
    pub until: Option<i64>,
    /// Those alone that were printed since then.
    pub since: Option<i64>,
}

impl From<usize> for LogWindow {
    fn from(lines: usize) -> Self {
        Self { lines, until: None, since: None }
    }
}
