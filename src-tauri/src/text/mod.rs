//! The words of tray and notifications, in the system's language.
//!
//! They stand in the pages' catalogue, `ui/src/lib/text/desktop.*.json`, which the panel reads too. Each
//! file is read into a type that knows every text by name, so that none can be missing in a language.

mod causes;
mod language;
mod refusals;
mod system;

use std::collections::BTreeMap;
use std::fmt::Display;

use contract::{Holder, ServiceState};
use serde::Deserialize;

use causes::Causes;

use refusals::{LaunchWords, RequestWords};

pub use language::Language;
pub use system::tag as system_tag;

/// All texts of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// What parts a number from its fraction.
    decimal: Text,
    states: BTreeMap<String, Text>,
    holder: Holders,
    /// The one sentence on top of the menu.
    pub headline: Headline,
    /// The lines of the menu.
    pub menu: Menu,
    /// Notifications.
    pub notice: Notices,
    /// Why something that was asked for is not done.
    pub refused: Refused,
    launch: LaunchWords,
    request: RequestWords,
    /// What is wrong with settings.
    pub settings: SettingsWords,
    causes: Causes,
}

/// A text with `{names}` in it that are filled in.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

/// What to call the process that has a port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holders {
    named: Text,
    process: Text,
    of_user: Text,
    unknown: Text,
}

/// See [`Catalogue`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the English file says what each of them is")]
pub struct Headline {
    pub of: Text,
    pub of_instance: Text,
    pub starting: Text,
    pub stopped: Text,
    pub not_started: Text,
    pub all_healthy: Text,
    in_state: InState,
    pub quitting: ByCount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InState {
    failed: ByCount,
    conflict: ByCount,
    unhealthy: ByCount,
    backoff: ByCount,
    stopping: ByCount,
    starting: ByCount,
    stopped: ByCount,
}

/// What is said of some services.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByCount {
    /// Of all, or of nobody in particular.
    pub all: Text,
    one: Text,
    two: Text,
    many: Text,
}

/// See [`Catalogue`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the English file says what each of them is")]
pub struct Menu {
    pub open: Text,
    pub show_panel: Text,
    pub restart: Text,
    pub reallocate: Text,
    pub all_services: Text,
    pub in_conflict: Text,
    pub start_at_login: Text,
    pub open_log_folder: Text,
    pub new_instance: Text,
    pub quit: Text,
    pub quit_now: Text,
}

/// See [`Catalogue`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the English file says what each of them is")]
pub struct Notices {
    pub conflict: Text,
    pub conflict_body: Text,
    pub failed: Text,
    pub failed_body: Text,
    pub failed_because: Text,
}

/// See [`Catalogue`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the English file says what each of them is")]
pub struct Refused {
    pub nothing_runs: Text,
    pub ended: Text,
    pub unknown_service: Text,
    pub no_address: Text,
    pub not_offered: Text,
    pub no_file: Text,
    pub port_taken: Text,
    pub not_there: Text,
    pub nothing_opens: Text,
    pub not_copied: Text,
    pub not_saved: Text,
    pub no_new_instance: Text,
}

/// See [`Catalogue`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the English file says what each of them is")]
pub struct SettingsWords {
    pub room: Text,
    pub reversed: Text,
    pub bad_port: Text,
    pub bad_range: Text,
    pub unknown_service: Text,
    pub doubled: Text,
    pub whole_path: Text,
}

impl Text {
    /// The text as it stands.
    pub fn plain(&self) -> String {
        self.0.clone()
    }

    /// The text with each `{name}` replaced. What is filled in is not looked at again: a label may
    /// have braces of its own.
    pub fn fill(&self, values: &[(&str, &dyn Display)]) -> String {
        let mut filled = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => filled.push_str(&value.to_string()),
                None => filled.extend(["{", name, "}"]),
            }
            rest = after;
        }
        filled + rest
    }
}

impl ByCount {
    /// Names one or two, counts more; of none it says what it says of all.
    pub fn of(&self, labels: &[&str]) -> String {
        match labels {
            [] => self.all.plain(),
            [first] => self.one.fill(&[("first", first)]),
            [first, second] => self.two.fill(&[("first", first), ("second", second)]),
            more => self.many.fill(&[("count", &more.len())]),
        }
    }
}

impl Headline {
    /// What is said of services in that state; of healthy ones nothing.
    pub fn in_state(&self, state: ServiceState) -> Option<&ByCount> {
        Some(match state {
            ServiceState::Failed => &self.in_state.failed,
            ServiceState::Conflict => &self.in_state.conflict,
            ServiceState::Unhealthy => &self.in_state.unhealthy,
            ServiceState::Backoff => &self.in_state.backoff,
            ServiceState::Stopping => &self.in_state.stopping,
            ServiceState::Starting => &self.in_state.starting,
            ServiceState::Stopped => &self.in_state.stopped,
            ServiceState::Healthy => return None,
        })
    }
}

impl Catalogue {
    /// Who has a port, in a few words, as [`Holder`] itself says it in English.
    pub fn holder(&self, holder: &Holder) -> String {
        let words = &self.holder;
        match (&holder.name, holder.pid, &holder.user) {
            (Some(name), Some(pid), _) => words.named.fill(&[("name", name), ("pid", &pid)]),
            (None, Some(pid), _) => words.process.fill(&[("pid", &pid)]),
            (_, None, Some(user)) => words.of_user.fill(&[("user", user)]),
            (_, None, None) => words.unknown.plain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_once() {
        let text = Text("{label}: port {port}".to_owned());
        assert_eq!(text.fill(&[("label", &"a {port}"), ("port", &80)]), "a {port}: port 80");
        assert_eq!(text.fill(&[("label", &"a")]), "a: port {port}");
        assert_eq!(Text("{".to_owned()).fill(&[]), "{");
    }

    #[test]
    fn in_english_a_holder_is_called_as_everywhere() {
        let text = Language::English.catalogue();
        let (name, user) = (Some("node".to_owned()), Some("www".to_owned()));
        for (pid, name, user) in
            [(Some(7), name, None), (Some(7), None, None), (None, None, user), (None, None, None)]
        {
            let holder = Holder { pid, name, command: None, user, hint: None };
            assert_eq!(text.holder(&holder), holder.to_string());
        }
    }
}
