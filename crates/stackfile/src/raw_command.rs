//! A command as it is written: one for every system, or one for each.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::spanned::Spanned;

/// Program and arguments, `["program", "argument"]`; or a table with those of each system.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, rename = "Command")]
pub(crate) enum RawCommand {
    Everywhere(Words),
    BySystem(RawCommands),
}

type Words = Vec<Spanned<String>>;

/// A command for each system: `{ default = ["serve"], windows = ["serve.cmd"] }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Commands")]
pub(crate) struct RawCommands {
    /// Where the system has none of its own. Default: it cannot be launched there.
    default: Option<Words>,
    /// On Linux.
    linux: Option<Words>,
    /// On macOS.
    macos: Option<Words>,
    /// On Windows.
    windows: Option<Words>,
}

impl RawCommand {
    /// Each that is written, and whether it is the one for a system (as `std::env::consts::OS` has it).
    pub(crate) fn for_system(&self, system: &str) -> Vec<(bool, &Words)> {
        let by_system = match self {
            Self::Everywhere(words) => return vec![(true, words)],
            Self::BySystem(by_system) => by_system,
        };
        let RawCommands { default, linux, macos, windows } = by_system;
        let named = [("linux", linux), ("macos", macos), ("windows", windows)];
        let named = named.into_iter().filter_map(|(name, words)| Some((name == system, words.as_ref()?)));
        let mut all: Vec<_> = named.collect();
        let is_left_to_default = !all.iter().any(|(is_own, _)| *is_own);
        all.extend(default.iter().map(|words| (is_left_to_default, words)));
        all
    }
}

/// An untagged enum would lose the places at which things stand.
impl<'de> Deserialize<'de> for RawCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = RawCommand;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list like [\"one\", \"two\"], or a table of them: { default = [\"one\"], windows = [\"two\"] }")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<RawCommand, A::Error> {
                Words::deserialize(SeqAccessDeserializer::new(words)).map(RawCommand::Everywhere)
            }

            fn visit_map<A: MapAccess<'de>>(self, commands: A) -> Result<RawCommand, A::Error> {
                RawCommands::deserialize(MapAccessDeserializer::new(commands)).map(RawCommand::BySystem)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str, system: &str) -> Option<String> {
        #[derive(Deserialize)]
        struct File {
            command: RawCommand,
        }
        let file: File = toml::from_str(text).unwrap();
        let all = file.command.for_system(system);
        let words = all.into_iter().find_map(|(is_own, words)| is_own.then_some(words))?;
        Some(words.iter().map(|word| word.get_ref().as_str()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_system_has_its_own_command_else_the_default_one() {
        let text = "command.default = [\"a\", \"b\"]\ncommand.windows = [\"c\"]\n";
        assert_eq!(chosen(text, "windows").as_deref(), Some("c"));
        assert_eq!(chosen(text, "linux").as_deref(), Some("a b"));
        assert_eq!(chosen("command = [\"a\"]", "macos").as_deref(), Some("a"));
        assert_eq!(chosen("command.windows = [\"c\"]", "linux"), None);
    }
}
