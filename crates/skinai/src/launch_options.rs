//! What is launched, and by which program.

use std::path::PathBuf;

use engine::LaunchOptions;
use stackfile::Stack;

use crate::{FAILED, Failure};

/// A stack with the usual settings.
pub(crate) fn launch_options(stack: Stack) -> Result<LaunchOptions, Failure> {
    Ok(LaunchOptions::new(product::SKINAI, stack, own_program()?))
}

/// The stack file's `skinai` is this very program.
pub(crate) fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::new(FAILED, format!("cannot find the own program: {error}")))
}
