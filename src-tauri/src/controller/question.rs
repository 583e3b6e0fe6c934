//! What the user is asked.

use std::path::PathBuf;

/// What the user is asked before a stack file is launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The file.
    pub file: PathBuf,
    /// The question.
    pub title: String,
    /// Which one it is, and what it would run.
    pub text: String,
    /// What launches it.
    pub yes: String,
    /// What does not.
    pub no: String,
}
