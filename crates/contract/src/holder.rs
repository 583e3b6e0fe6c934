//! Who has a port.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Language, Words};

/// The process that has a port. What the system does not let us see is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Holder {
    /// Its process id; `None` where it belongs to another user and the system hides it, or is the system itself.
    pub pid: Option<u32>,
    /// Its short name, as the system has it.
    pub name: Option<String>,
    /// Its command line, arguments parted by spaces, at most 4096 bytes.
    pub command: Option<String>,
    /// The user it belongs to, where that is not us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What to run to find out more, where the rest is hidden from us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When it started, as the system counts it: another process that gets its id has another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub started: Option<u64>,
}

impl Holder {
    /// Somebody of whom nothing is known.
    pub const UNKNOWN: Self =
        Self { pid: None, name: None, command: None, user: None, hint: None, started: None };

    /// Who it is, in a few words of a language.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        match (&self.name, self.pid, &self.user) {
            (Some(name), Some(pid), _) => words.holder_named(name, pid),
            (None, Some(pid), _) => words.holder_process(pid),
            (_, None, Some(user)) => words.holder_of_user(user),
            (Some(name), None, None) => words.holder_system(name),
            (None, None, None) => words.holder_unknown(),
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said(Language::English))
    }
}
