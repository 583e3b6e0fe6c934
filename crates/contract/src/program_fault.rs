//! Why a program that is there cannot run.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a program that is there cannot run. The messages say what to do about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum ProgramFault {
    /// It is a folder.
    Folder,
    /// Nobody, or somebody else, may execute it.
    NotExecutable,
    /// It lies on a file system on which nothing may be executed.
    NothingRunsThere,
    /// It is a script, and does not begin with `#!` and its interpreter.
    NoInterpreterLine,
    /// The line with its interpreter ends in CR and LF.
    WindowsLineEnds,
    /// What interprets or loads it is not there.
    NoInterpreter,
    /// It was made for another kind of processor.
    OtherMachine,
    /// It is no program for this system.
    NoProgram,
}
