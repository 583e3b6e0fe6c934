//! The languages that there are texts for.

use std::sync::LazyLock;

use super::Catalogue;

/// A language that there are texts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Also of everybody whose language there are no texts for.
    #[default]
    English,
    /// German.
    German,
}

static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| read(include_str!("../../../ui/src/lib/text/desktop.en.json")));
static GERMAN: LazyLock<Catalogue> =
    LazyLock::new(|| read(include_str!("../../../ui/src/lib/text/desktop.de.json")));

impl Language {
    /// The language of a tag such as `de-AT` or `de_AT.UTF-8`.
    pub fn of_tag(tag: &str) -> Self {
        match tag.split(['-', '_', '.', '@']).next() {
            Some(language) if language.eq_ignore_ascii_case("de") => Self::German,
            _ => Self::English,
        }
    }

    /// Its texts.
    pub fn catalogue(self) -> &'static Catalogue {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

fn read(json: &str) -> Catalogue {
    serde_json::from_str(json).unwrap_or_else(|error| unreachable!("the tests read every catalogue: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    #[test]
    fn a_tag_is_read_as_systems_write_it() {
        for tag in ["de", "de-DE", "de_AT.UTF-8", "DE", "de@euro"] {
            assert_eq!(Language::of_tag(tag), Language::German, "{tag}");
        }
        for tag in ["en", "C", "C.UTF-8", "POSIX", "", "den", "fr_FR.UTF-8"] {
            assert_eq!(Language::of_tag(tag), Language::English, "{tag}");
        }
    }

    #[test]
    fn every_language_has_every_text_with_the_same_names_to_fill_in() {
        let of = |json: &str| {
            let mut texts = BTreeMap::new();
            collect(&serde_json::from_str(json).unwrap(), String::new(), &mut texts);
            texts
        };
        let english = of(include_str!("../../../ui/src/lib/text/desktop.en.json"));
        let german = of(include_str!("../../../ui/src/lib/text/desktop.de.json"));
        assert!(english.len() > 40, "{}", english.len());
        assert_eq!(english, german);
        // And the types that name them read both.
        for language in [Language::English, Language::German] {
            assert!(!language.catalogue().menu.quit.plain().is_empty());
        }
    }

    /// Each text's path, and the names in it.
    fn collect(value: &Value, path: String, texts: &mut BTreeMap<String, BTreeSet<String>>) {
        match value {
            Value::Object(parts) => {
                parts.iter().for_each(|(key, value)| collect(value, format!("{path}.{key}"), texts));
            }
            Value::String(text) => {
                assert!(!text.trim().is_empty(), "{path} is empty");
                let names = text.split('{').skip(1).map(|part| part.split_once('}').unwrap().0.to_owned());
                texts.insert(path, names.collect());
            }
            other => panic!("{path} is no text: {other}"),
        }
    }
}
