//! From the text to the types of [`raw`](crate::raw), with as many faults as there are.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

use super::checker::{Checker, Refused};
use crate::Fault;

/// Nobody mends more at once.
const FAULTS_MAX: usize = 100;

/// How near a word has to be to be meant: 1 is the same, 0 has nothing in common.
const NEAR: f64 = 0.8;

impl Checker<'_> {
    /// The syntax. What follows its first fault is anybody's guess.
    pub(super) fn parsed(&self) -> Result<Spanned<DeValue<'_>>, Refused> {
        self.source.parsed().map_err(|error| self.misread(&error, 0..0))
    }

    /// Reads a table. Each time that something in it is wrong, it is read again without that, until nothing is.
    pub(super) fn read<T: DeserializeOwned>(&self, mut table: Spanned<DeValue>) -> Result<T, Refused> {
        for count in 0..FAULTS_MAX {
            match T::deserialize(ValueDeserializer::from(table.clone())) {
                Ok(read) if count == 0 => return Ok(read),
                Ok(_) => break,
                Err(error) => {
                    let span = error.span().unwrap_or_else(|| table.span());
                    let removed = span != table.span() && remove(&mut table, &span);
                    // What is missing may be what is wrong.
                    if removed || count == 0 {
                        self.misread(&error, span);
                    }
                    if !removed {
                        break;
                    }
                }
            }
        }
        Err(Refused)
    }

    fn misread(&self, error: &Error, otherwise: Range<usize>) -> Refused {
        let (message, help) = in_plain_words(&error.message().replace('\n', " "));
        let (text, fault) = self.source.fault(error.span().unwrap_or(otherwise), message);
        self.keep((text, Fault { help, ..fault }));
        Refused
    }
}

/// Removes the innermost entry that has these bytes.
fn remove(value: &mut Spanned<DeValue>, span: &Range<usize>) -> bool {
    let DeValue::Table(table) = value.get_mut() else { return false };
    if table.iter_mut().any(|(_, value)| remove(value, span)) {
        return true;
    }
    let within = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
    let at_fault = |(key, value): (&Spanned<_>, &Spanned<_>)| within(key.span()) || within(value.span());
    let key = table.iter().find(|entry| at_fault(*entry)).map(|(key, _)| key.clone());
    key.is_some_and(|key| table.remove(&key).is_some())
}

/// What the reader of TOML says, as people say it; and what may help.
fn in_plain_words(message: &str) -> (String, Option<String>) {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let near = words.split_first().and_then(|(written, there_are)| nearest(written, there_are));
    let meant = near.map(|near| format!("did you mean `{near}`?"));
    if let Some(key) = words.first().filter(|_| message.starts_with("unknown field")) {
        let help = meant.unwrap_or_else(|| "`skinai schema` prints which keys there are".to_owned());
        return (format!("unknown key `{key}`"), Some(help));
    }
    let message = message
        .replace("expected a sequence", "expected a list like [\"one\", \"two\"]")
        .replace(
            "invalid type: unit variant, expected newtype variant",
            "a table is needed, like { log = \"listening on\" }",
        )
        .replace("expected a string", "expected a text in quotes, as \"5s\"")
        .replace("invalid basic string, expected `\"`", "a text in quotes does not end: a \" is missing")
        .replace("invalid literal string, expected `'`", "a text in quotes does not end: a ' is missing")
        .replace("missing field `command`", "a service needs a command = [\"program\", \"argument\"]")
        .replace("missing field `name`", "it begins with the name of the stack: name = \"My stack\"")
        .replace(
            "missing field `service`",
            "it names no service: add [service.web] with a command = [\"…\"]",
        );
    let help = meant.filter(|_| message.starts_with("unknown variant"));
    (message, help)
}

/// The word that is likely to be meant.
pub(super) fn nearest<'a>(written: &str, there_are: &[&'a str]) -> Option<&'a str> {
    let rated = there_are.iter().map(|word| (strsim::jaro_winkler(written, word), *word));
    let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(rate, _)| *rate >= NEAR).map(|(_, word)| word)
}
