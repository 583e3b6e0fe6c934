//! The schema of stack files.

use std::process::ExitCode;

use crate::{FAILED, Failure, Outcome, output};

pub(crate) fn schema() -> Outcome {
    output::print_line(schema_text()?).map(|_| ExitCode::SUCCESS)
}

/// The schema, as it is written.
pub(crate) fn schema_text() -> Result<String, Failure> {
    serde_json::to_string_pretty(&stackfile::schema())
        .map_err(|error| Failure::new(FAILED, format!("cannot write the schema: {error}")))
}
