//! What others refuse, as failures of a command.

use crate::{BAD_INPUT, FAILED, Failure, NOTHING_RUNS, output, report};

impl From<stackfile::StackFileError> for Failure {
    fn from(error: stackfile::StackFileError) -> Self {
        Self { report: report::of(&error), ..Self::new(BAD_INPUT, error) }
    }
}

impl From<engine::LaunchError> for Failure {
    fn from(error: engine::LaunchError) -> Self {
        let lines: Vec<_> = error.each().iter().map(output::noted).collect();
        Self { report: Some(lines.join("\n")), ..Self::new(error.exit_code(), error) }
    }
}

impl From<contract::ApiError> for Failure {
    fn from(error: contract::ApiError) -> Self {
        use contract::ErrorCode::{BadRequest, NotRunning, UnknownService};
        let code = match error.code {
            BadRequest | UnknownService => BAD_INPUT,
            NotRunning => NOTHING_RUNS,
            _ => FAILED,
        };
        Self::new(code, error.message)
    }
}
