//! What is wrong with a stack file, and where.

use std::path::{Path, PathBuf};

/// Why a stack file cannot be used. Shown as one line: where, what stands there, what would be right.
#[derive(Debug, thiserror::Error)]
pub enum StackFileError {
    /// The file cannot be read.
    #[error("cannot read the stack file {}: {source}; mend it, or name another one by --stack or SKINAI_STACK", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody else can have written the file.
    #[error("the stack file {0}, or name another one by --stack or SKINAI_STACK")]
    Untrusted(#[from] userdirs::Untrusted),
    /// The file says something that is not right.
    #[error("{file}:{line}:{column}: {message}{}", found(text))]
    Wrong {
        /// Which file, as people name it.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The offending text, on one line; may be empty.
        text: String,
        /// What is wrong and what would be right.
        message: String,
    },
}

fn found(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" (found `{text}`)") }
}

impl StackFileError {
    /// An error about the bytes `span` of `source`.
    pub(crate) fn at(
        source: &str,
        path: Option<&Path>,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let start = floor_boundary(source, span.start);
        let end = floor_boundary(source, span.end.max(start));
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let text: String = source[start..end].lines().next().unwrap_or("").chars().take(60).collect();
        Self::Wrong {
            file: path.map_or_else(|| "built-in stack".to_owned(), |path| path.display().to_string()),
            line: before.matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text,
            message: message.into(),
        }
    }
}

fn floor_boundary(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}
