//! What happened to an instance: a list of events with their times, for people and for programs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Cause, Holder, Language, Words};

/// What kind of thing happened. These words are the ones in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum HappeningKind {
    /// The stack was launched.
    Launched,
    /// A service was started: at the launch, or after it had been stopped.
    Started,
    /// A service became healthy.
    Healthy,
    /// A service did not answer its probe.
    Unhealthy,
    /// The process of a service ended by itself.
    Exited,
    /// A service was started again.
    Restarted,
    /// A service got another port.
    Moved,
    /// Somebody else has the port of a service.
    Conflict,
    /// A service failed: it is not started again until somebody asks for it.
    Failed,
    /// A service was stopped, or with none, the whole stack.
    Stopped,
    /// Settings were applied.
    Settings,
}

/// What made it happen. These words are the ones in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum Reason {
    /// Its process ended by itself.
    Exited,
    /// A signal ended its process.
    Signal,
    /// Somebody asked for it.
    Request,
    /// It did not answer, or was not ready in time.
    Unhealthy,
    /// The settings changed.
    Changed,
    /// An address changed, or somebody else had its port.
    Address,
}

impl Reason {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Signal => "signal",
            Self::Request => "request",
            Self::Unhealthy => "unhealthy",
            Self::Changed => "changed",
            Self::Address => "address",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Happening {
    /// Grows by one with each of an instance, over its launches.
    #[ts(type = "number")]
    pub number: u64,
    /// When it happened.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The service's name; `None` where it happened to the whole stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub service: Option<String>,
    /// What people call the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
    /// What kind of thing it is.
    pub kind: HappeningKind,
    /// What made it happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<Reason>,
    /// The port before a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from: Option<u16>,
    /// The port after a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub to: Option<u16>,
    /// Who has the port, in a conflict. Not by which command, since what stands there may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub holder: Option<Holder>,
    /// It, in an English sentence without a full stop.
    #[serde(default)]
    pub text: String,
    /// What the sentence says of why, and more of it where it says less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cause: Option<Cause>,
}

impl Happening {
    /// One of that kind that has just happened, to the whole stack and without a number so far.
    pub fn now(kind: HappeningKind) -> Self {
        Self {
            number: 0,
            at: Timestamp::now(),
            service: None,
            label: None,
            kind,
            reason: None,
            from: None,
            to: None,
            holder: None,
            text: String::new(),
            cause: None,
        }
    }

    /// It in a language, in a sentence without a full stop.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        let label = self.label.as_deref().unwrap_or_default();
        let because = self.cause.as_ref().map(|cause| cause.said(language)).unwrap_or_default();
        let reason = self.reason.map_or("", Reason::as_str);
        match self.kind {
            HappeningKind::Launched => words.happening_launched(),
            HappeningKind::Started => words.happening_started(label),
            HappeningKind::Healthy => words.happening_healthy(label),
            HappeningKind::Unhealthy => words.happening_unhealthy(label, because),
            HappeningKind::Exited => words.happening_exited(label, because),
            HappeningKind::Restarted => words.happening_restarted(label, reason),
            HappeningKind::Moved => {
                let [from, to] = [self.from, self.to].map(Option::unwrap_or_default);
                match self.cause {
                    Some(_) => words.happening_moved_because(label, from, to, because),
                    None => words.happening_moved(label, from, to, reason),
                }
            }
            HappeningKind::Conflict => words.happening_conflict(label, because),
            HappeningKind::Failed => words.happening_failed(label, because),
            HappeningKind::Stopped if self.service.is_none() => words.happening_ended(),
            HappeningKind::Stopped => words.happening_stopped(label),
            HappeningKind::Settings => words.happening_settings(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ui(kind: HappeningKind, reason: Option<Reason>, cause: Option<Cause>) -> Happening {
        let (service, label) = (Some("ui".to_owned()), Some("User UI".to_owned()));
        let ports = if kind == HappeningKind::Moved { [Some(8001), Some(8005)] } else { [None, None] };
        let [from, to] = ports;
        Happening { service, label, reason, from, to, cause, ..Happening::now(kind) }
    }

    #[test]
    fn each_says_what_happened_in_a_sentence_about_the_service() {
        let holder = Holder { pid: Some(7), name: Some("node\u{1b}[2J".to_owned()), ..Holder::UNKNOWN };
        let taken = Cause::PortTaken { port: 8001, holder: Box::new(holder) };
        let silent = Cause::Unresponsive { count: 3, because: Box::new(Cause::Refused) };
        let kinds = [
            (of_ui(HappeningKind::Started, None, None), "User UI was started"),
            (of_ui(HappeningKind::Healthy, None, None), "User UI is running"),
            (
                of_ui(HappeningKind::Unhealthy, None, Some(Cause::Refused)),
                "User UI does not answer (the connection was refused)",
            ),
            (
                of_ui(HappeningKind::Exited, Some(Reason::Exited), Some(Cause::Exited { code: 3 })),
                "User UI exited with code 3",
            ),
            (
                of_ui(HappeningKind::Restarted, Some(Reason::Exited), None),
                "User UI was restarted, since it had ended by itself",
            ),
            (
                of_ui(HappeningKind::Restarted, Some(Reason::Signal), None),
                "User UI was restarted, since a signal had ended it",
            ),
            (
                of_ui(HappeningKind::Restarted, Some(Reason::Unhealthy), Some(silent.clone())),
                "User UI was restarted, since it did not answer",
            ),
            (
                of_ui(HappeningKind::Restarted, Some(Reason::Request), None),
                "User UI was restarted on request",
            ),
            (
                of_ui(HappeningKind::Restarted, Some(Reason::Changed), None),
                "User UI was restarted for the new settings",
            ),
            (
                of_ui(HappeningKind::Restarted, Some(Reason::Address), None),
                "User UI was restarted, since an address had changed",
            ),
            (of_ui(HappeningKind::Moved, Some(Reason::Request), None), "User UI moved from 8001 to 8005"),
            (
                of_ui(HappeningKind::Moved, Some(Reason::Address), None),
                "User UI moved from 8001 to 8005, since its port was lost",
            ),
            (
                of_ui(HappeningKind::Moved, Some(Reason::Address), Some(taken.clone())),
                "User UI moved from 8001 to 8005: port 8001 is used by node (7)",
            ),
            (
                of_ui(HappeningKind::Conflict, None, Some(taken)),
                "User UI has no port: port 8001 is used by node (7)",
            ),
            (
                of_ui(HappeningKind::Failed, Some(Reason::Unhealthy), Some(silent)),
                "User UI failed: did not answer 3 times in a row (the connection was refused)",
            ),
            (of_ui(HappeningKind::Stopped, Some(Reason::Request), None), "User UI was stopped"),
            (Happening::now(HappeningKind::Stopped), "The stack was stopped"),
            (Happening::now(HappeningKind::Launched), "The stack was launched"),
            (Happening::now(HappeningKind::Settings), "New settings were applied"),
        ];
        for (happening, said) in kinds {
            assert_eq!(happening.said(Language::English), said);
            assert_ne!(happening.said(Language::German), said);
        }
    }

    #[test]
    fn in_json_the_words_are_fixed_and_what_there_is_not_is_left_out() {
        let mut happening = of_ui(HappeningKind::Restarted, Some(Reason::Unhealthy), None);
        happening.at = Timestamp::UNIX_EPOCH;
        let json = r#"{"number":0,"at":"1970-01-01T00:00:00Z","service":"ui","label":"User UI","kind":"restarted","reason":"unhealthy","text":""}"#;
        assert_eq!(serde_json::to_string(&happening).unwrap(), json);
        assert_eq!(serde_json::from_str::<Happening>(json).unwrap(), happening);
        for reason in [Reason::Exited, Reason::Signal, Reason::Request, Reason::Changed, Reason::Address] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
