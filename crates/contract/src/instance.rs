//! The names of instances.

use crate::{Language, Words};
use std::fmt;
use std::str::FromStr;

/// The name of an instance: letters, digits, `-`, `_` and `.`, at most 40.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceName(String);

/// The text is no name for an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadInstanceName(pub String);

impl InstanceName {
    /// The name of an instance that is given none: `default`, `default-2`, `default-3`, ….
    pub fn numbered(number: u32) -> Self {
        Self(if number <= 1 { "default".to_owned() } else { format!("default-{number}") })
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
            assert_eq!(InstanceName::numbered(number).as_str(), name);
            assert_eq!(name.parse(), Ok(InstanceName::numbered(number)));
        }
    }
}
