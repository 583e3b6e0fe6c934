//! The names of instances.

use crate::{Language, Words};
use std::fmt;
use std::str::FromStr;

/// The name of an instance: letters, digits, `-`, `_` and `.`, at most 40.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceName(String);

impl Default for InstanceName {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

/// The text is no name for an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadInstanceName(pub String);

impl InstanceName {
    /// The name of an instance that is given none and named after nothing.
    pub const DEFAULT: &str = "default";

    /// A name after a text of any kind, such as a folder's name: what a name cannot have becomes `-`. It leaves room
    /// for a number.
    pub fn after(text: &str) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        let name: String = text.chars().map(plain).take(32).collect();
        let name = name.trim_matches('-');
        Self(if name.is_empty() { Self::DEFAULT } else { name }.to_owned())
    }

    /// The name of the first, second, third instance that is named alike: `default`, `default-2`, `default-3`, ….
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        if number <= 1 { self.clone() } else { Self(format!("{self}-{number}")) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for InstanceName {
    type Err = BadInstanceName;

    fn from_str(text: &str) -> Result<Self, BadInstanceName> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let ok = (1..=40).contains(&text.len()) && text.chars().all(plain) && !text.starts_with(['.', '-']);
        if ok { Ok(Self(text.to_owned())) } else { Err(BadInstanceName(text.chars().take(60).collect())) }
    }
}

impl fmt::Display for BadInstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Words::of(Language::English).launch_bad_name(&self.0))
    }
}

impl std::error::Error for BadInstanceName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_a_path_is_refused() {
        for name in ["", "../x", "a/b", ".hidden", "-x", "ä"] {
            assert!(name.parse::<InstanceName>().is_err(), "{name}");
        }
    }

    #[test]
    fn numbered_names_are_names() {
        for (number, name) in [(1, "default"), (2, "default-2"), (1000, "default-1000")] {
            assert_eq!(InstanceName::default().numbered(number).as_str(), name);
            assert_eq!(name.parse(), Ok(InstanceName::default().numbered(number)));
        }
    }

    #[test]
    fn every_text_has_a_name_with_room_for_a_number() {
        for (text, name) in [
            ("shop", "shop"),
            ("my.app (2)", "my-app--2"),
            ("größe", "gr--e"),
            ("…", "default"),
            ("", "default"),
        ] {
            assert_eq!(InstanceName::after(text).as_str(), name);
        }
        let long = InstanceName::after(&"x".repeat(100)).numbered(1000);
        assert_eq!(long.as_str().parse(), Ok(long.clone()));
    }
}
