//! What is wrong with a stack file, and where.

use std::ops::Range;
use std::path::{Path, PathBuf};

use contract::{Language, Words, plain};

use crate::ServiceSelectionError;

/// Why a stack file cannot be used. Shown as one line for each fault: where, what stands there, what would be right.
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
    /// The profiles that are active do not go together.
    ServiceSelection(#[from] ServiceSelectionError),
    /// The file says something that is not right.
    Wrong {
        /// Which file, as people name it.
        file: String,
        /// What stands in it.
        text: String,
        /// One or more, in the order of the file.
        faults: Vec<Fault>,
    },
    /// Both the file and the one that is merged over it do.
    Several(Vec<Self>),
}

/// Something in a stack file that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands, in bytes; on boundaries of characters.
    pub span: Range<usize>,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The offending text, on one line; may be empty.
    pub text: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// A guess at what was meant, or where to look.
    pub help: Option<String>,
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
            Self::ServiceSelection(error) => error.said(language),
            Self::Wrong { file, faults, .. } => {
                let lines: Vec<_> = faults.iter().map(|fault| fault.said(file, language)).collect();
                lines.join("\n")
            }
            Self::Several(errors) => {
                errors.iter().map(|error| error.said(language)).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// What the file calls the stack, where that can be read in spite of what is wrong.
    pub fn stack_name(&self) -> Option<String> {
        match self {
            Self::Wrong { text, .. } => named_in(text),
            Self::Several(errors) => errors.iter().find_map(Self::stack_name),
            Self::Unreadable { .. } | Self::Untrusted(_) | Self::ServiceSelection(_) => None,
        }
    }

    /// The same faults, of another text, of which it is not known where in it they stand.
    pub(crate) fn in_text(self, text: &str) -> Self {
        match self {
            Self::Wrong { file, faults, .. } => {
                let faults = faults
                    .into_iter()
                    .map(|fault| Fault { help: fault.help, ..Fault::at(text, 0..0, fault.message) });
                Self::Wrong { file, text: text.to_owned(), faults: faults.collect() }
            }
            other => other,
        }
    }

    pub(crate) fn wrong(text: &str, path: Option<&Path>, faults: Vec<Fault>) -> Self {
        let file = path.map_or_else(|| "built-in stack".to_owned(), |path| path.display().to_string());
        Self::Wrong { file, text: text.to_owned(), faults }
    }
}

/// The name that stands above all tables, whatever is wrong further down.
fn named_in(text: &str) -> Option<String> {
    let above = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    let table = above.filter(|line| line.trim_start().starts_with("name")).find_map(|line| line.parse().ok());
    let name = table.as_ref().and_then(|table: &toml::Table| table.get("name")?.as_str()).map(plain)?;
    (!name.trim().is_empty()).then(|| name.into_owned())
}

impl Fault {
    /// It, on one line that begins with the file.
    pub fn said(&self, file: &str, language: Language) -> String {
        let words = Words::of(language);
        let (Self { line, column, text, .. }, file) = (self, plain(file));
        let message = match &self.help {
            Some(help) => format!("{}; {help}", self.message),
            None => self.message.clone(),
        };
        // Told once.
        if text.is_empty() || self.message.contains(&format!("`{text}`")) {
            words.launch_wrong(file, *line, *column, message)
        } else {
            words.launch_wrong_at(file, *line, *column, message, text)
        }
    }

    /// A fault in the bytes `span` of `source`.
    pub(crate) fn at(source: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let start = floor_boundary(source, span.start);
        let end = floor_boundary(source, span.end.max(start));
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let message: String = message.into();
        Self {
            span: start..end,
            line: before.matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text: plain(source[start..end].lines().next().unwrap_or("")).chars().take(60).collect(),
            message: plain(message).into_owned(),
            help: None,
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
