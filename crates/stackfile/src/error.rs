//! What is wrong with a stack file, and where.

use std::path::{Path, PathBuf};

use contract::{Language, Words, plain};

/// Why a stack file cannot be used. Shown as one line: where, what stands there, what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said(Language::English))]
pub enum StackFileError {
    /// The file cannot be read.
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody else can have written the file.
    Untrusted(#[from] userdirs::Untrusted),
    /// The file says something that is not right.
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

impl StackFileError {
    /// It, in a language. What is wrong in a line is said in English.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        match self {
            Self::Unreadable { file, source } => {
                words.launch_unreadable(file.to_string_lossy(), source.to_string())
            }
            Self::Untrusted(error) => words.launch_untrusted_file(error.said(language)),
            Self::Wrong { file, line, column, text, message } if text.is_empty() => {
                words.launch_wrong(file, *line, *column, message)
            }
            Self::Wrong { file, line, column, text, message } => {
                words.launch_wrong_at(file, *line, *column, message, text)
            }
        }
    }

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
        let text = plain(source[start..end].lines().next().unwrap_or("")).chars().take(60).collect();
        let message: String = message.into();
        Self::Wrong {
            file: path.map_or_else(|| "built-in stack".to_owned(), |path| path.display().to_string()),
            line: before.matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text,
            message: plain(message).into_owned(),
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
