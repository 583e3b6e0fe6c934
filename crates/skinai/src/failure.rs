//! How a command ends.

use std::process::ExitCode;

/// The variable that says how much is logged.
pub(crate) const LOG_LEVEL: &str = "SKINAI_LOG";

/// Why a command failed: the exit code, and one line for stderr.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
    /// What stands on stderr in place of that line, where it takes several.
    pub(crate) report: Option<String>,
}

/// It failed.
pub(crate) const FAILED: u8 = 1;
/// Bad input.
pub(crate) const BAD_INPUT: u8 = 2;
/// Nothing runs.
pub(crate) const NOTHING_RUNS: u8 = 3;
/// Not all services are healthy yet, and none is in trouble.
pub(crate) const STILL_STARTING: u8 = 4;

impl Failure {
    pub(crate) fn new(code: u8, message: impl ToString) -> Self {
        Self { code, message: message.to_string(), report: None }
    }
}

/// What a command came to.
pub(crate) type Outcome = Result<ExitCode, Failure>;
