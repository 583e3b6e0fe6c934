//! Causes in words. The panel words them in the same way (`ui/src/lib/text/causes.ts`).

use std::collections::BTreeMap;
use std::fmt::Display;

use contract::Cause;
use serde_json::Value;

use super::{Catalogue, Text};

/// What is said of each kind of cause. A kind may have a text of its own for one (`ending_one`), and for
/// when there is more to say (`not_ready_because`).
pub(super) type Causes = BTreeMap<String, Text>;

impl Catalogue {
    /// A cause in this language; the sentence where there is none, or no words for it.
    pub fn because(&self, cause: Option<&Cause>, sentence: &str) -> String {
        cause.and_then(|cause| self.cause(cause)).unwrap_or_else(|| sentence.to_owned())
    }

    fn cause(&self, cause: &Cause) -> Option<String> {
        let Ok(Value::Object(fields)) = serde_json::to_value(cause) else { return None };
        let kind = fields.get("kind")?.as_str()?;
        let more = match fields.get("count") {
            Some(count) if *count == 1 => format!("{kind}_one"),
            _ if fields.contains_key("because") => format!("{kind}_because"),
            _ => kind.to_owned(),
        };
        let text = self.causes.get(&more).or_else(|| self.causes.get(kind))?;
        let values: Vec<(&str, String)> =
            fields.iter().map(|(name, value)| self.value(name, value)).collect();
        let values: Vec<(&str, &dyn Display)> =
            values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        Some(text.fill(&values))
    }

    /// The name under which a field is filled in, and what stands there.
    fn value<'a>(&self, name: &'a str, value: &Value) -> (&'a str, String) {
        let written = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let read = |value: &Value| serde_json::from_value(value.clone()).ok();
        match name {
            "because" => {
                let inner: Option<Cause> = serde_json::from_value(value.clone()).ok();
                let sentence = inner.as_ref().map(Cause::to_string).unwrap_or_default();
                (name, self.because(inner.as_ref(), &sentence))
            }
            "holder" => (name, read(value).map(|holder| self.holder(&holder)).unwrap_or_default()),
            "state" => {
                (name, self.states.get(value.as_str().unwrap_or_default()).map_or_else(written, Text::plain))
            }
            "limit_ms" => ("limit", self.time(value.as_u64().unwrap_or_default())),
            _ => (name, written()),
        }
    }

    fn time(&self, milliseconds: u64) -> String {
        if milliseconds < 1000 {
            return format!("{milliseconds} ms");
        }
        let seconds = std::time::Duration::from_millis(milliseconds).as_secs_f64();
        format!("{} s", seconds.to_string().replace('.', &self.decimal.plain()))
    }
}

#[cfg(test)]
mod tests {
    use contract::{Holder, ServiceState};

    use super::super::Language;
    use super::*;

    /// One of every kind, and of some more.
    fn all() -> Vec<Cause> {
        let holder =
            Holder { pid: Some(7), name: Some("node".to_owned()), command: None, user: None, hint: None };
        let (label, program) = ("User UI".to_owned(), "/bin/x".to_owned());
        let because = Box::new(Cause::Refused);
        vec![
            Cause::Exited { code: 3 },
            Cause::Signalled { signal: "SIGKILL".to_owned() },
            Cause::NotReady { limit_ms: 2500, because: None },
            Cause::NotReady { limit_ms: 30_000, because: Some(because.clone()) },
            Cause::NoProgram { program: program.clone() },
            Cause::CannotStart { program, error: "no".to_owned() },
            Cause::Refused,
            Cause::NoAnswer { limit_ms: 300 },
            Cause::NoAnswer { limit_ms: 2000 },
            Cause::Answered { status: 500, path: "/health".to_owned() },
            Cause::Unresponsive { count: 3, because: because.clone() },
            Cause::PortTaken { port: 8001, holder: Box::new(holder) },
            Cause::PortLost { count: 10 },
            Cause::PortLostBeforeStart,
            Cause::TakingOver,
            Cause::Draining,
            Cause::StartingAgain,
            Cause::NextStart { count: 1 },
            Cause::WaitingFor { label: label.clone() },
            Cause::Ending { count: 1 },
            Cause::Ending { count: 2 },
            Cause::EndingThenStarting { count: 1 },
            Cause::EndingThenStarting { count: 2 },
            Cause::Stopped,
            Cause::Needs { label: label.clone(), state: ServiceState::Failed },
            Cause::NotReplaced { because: Box::new(Cause::Exited { code: 1 }) },
            Cause::NotHealthy { label, because: because.clone() },
            Cause::RolledBack { because: Box::new(Cause::Other { text: "no free port".to_owned() }) },
        ]
    }

    #[test]
    fn in_english_every_cause_is_worded_as_its_sentence() {
        for cause in all() {
            assert_eq!(Language::English.catalogue().cause(&cause), Some(cause.to_string()));
        }
    }

    #[test]
    fn in_german_every_cause_has_words_of_its_own() {
        let text = Language::German.catalogue();
        for cause in all() {
            let said = text.cause(&cause).unwrap_or_else(|| panic!("no words for {cause:?}"));
            assert!(!said.contains(['{', '}']) && said != cause.to_string(), "{said}");
        }
        let cause = Cause::NotReady { limit_ms: 2500, because: Some(Box::new(Cause::Refused)) };
        let said = "war nicht in 2,5 s bereit (die Verbindung wurde abgelehnt)";
        assert_eq!(text.because(Some(&cause), "x"), said);
    }

    #[test]
    fn what_there_is_only_a_sentence_for_is_said_as_it_is() {
        let text = Language::German.catalogue();
        assert_eq!(text.because(None, "no free port"), "no free port");
        assert_eq!(text.because(Some(&Cause::from("no free port")), "no free port"), "no free port");
    }

    #[test]
    fn no_text_is_for_a_cause_that_there_is_not() {
        let kinds: Vec<String> = all()
            .iter()
            .filter_map(|cause| Some(serde_json::to_value(cause).ok()?["kind"].as_str()?.to_owned()))
            .collect();
        for key in Language::English.catalogue().causes.keys() {
            let kind = key.trim_end_matches("_one").trim_end_matches("_because");
            assert!(kinds.iter().any(|known| known == kind), "{key}");
        }
    }
}
