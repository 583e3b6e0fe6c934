//! The messages of one language, as a Fluent file has them.
//!
//! Each sentence stands once in each language, in a file that the pages read too
//! (`ui/src/lib/text/messages.ts`). [`messages!`](crate::messages!) declares the ids and arguments of such a
//! file, so that the compiler knows them.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::Language;

/// What an argument of a message can be: a text or a number.
pub type Value<'a> = FluentValue<'a>;

/// The messages of one file in one language.
pub struct Messages {
    bundle: FluentBundle<FluentResource>,
}

impl Messages {
    /// Reads a file of messages. What cannot be read in it is missing; the tests of each file find that.
    pub fn read(language: Language, ftl: &str) -> Self {
        let resource = FluentResource::try_new(ftl.to_owned()).unwrap_or_else(|(readable, _)| readable);
        let mut bundle = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
        // Its marks around arguments are for texts of mixed direction, and would be copied with them.
        bundle.set_use_isolating(false);
        if language == Language::German {
            bundle.set_formatter(Some(|value, _| match value {
                FluentValue::Number(number) => Some(number.as_string().replace('.', ",")),
                _ => None,
            }));
        }
        bundle.add_resource_overriding(resource);
        Self { bundle }
    }

    /// Whether there is a message of that id.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// The message of that id with its arguments filled in; the id itself where there is none.
    pub fn say<'a>(&'a self, id: &str, arguments: impl IntoIterator<Item = (&'a str, Value<'a>)>) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let plain = |value| match value {
            Value::String(text) => Value::String(crate::plain(crate::without_codes(&text))),
            other => other,
        };
        let arguments: FluentArgs<'_> =
            arguments.into_iter().map(|(name, value)| (name, plain(value))).collect();
        // An argument that is missing is written as its name.
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

/// Declares a type with a method for each message of a folder of Fluent files, one file for each language.
///
/// ```ignore
/// contract::messages! {
///     /// What the tray says.
///     pub(crate) struct Words of "../../messages";
///     menu_open(label)
/// }
/// ```
///
/// `Words::of(language).menu_open("User UI")` is the message `menu_open` of `../../messages/en.ftl` or
/// `de.ftl`, which are read at the first use. The path is relative to the file that declares the type.
#[macro_export]
macro_rules! messages {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $name:ident of $folder:literal;
        $($id:ident($($argument:ident),*))*
    ) => {
        $(#[$doc])*
        $visibility struct $name($crate::Messages);

        #[allow(missing_docs, reason = "the English file says what each of them is")]
        impl $name {
            $visibility fn of(language: $crate::Language) -> &'static Self {
                use std::sync::LazyLock;
                static ENGLISH: LazyLock<$name> = LazyLock::new(|| {
                    let ftl = include_str!(concat!($folder, "/en.ftl"));
                    $name($crate::Messages::read($crate::Language::English, ftl))
                });
                static GERMAN: LazyLock<$name> = LazyLock::new(|| {
                    let ftl = include_str!(concat!($folder, "/de.ftl"));
                    $name($crate::Messages::read($crate::Language::German, ftl))
                });
                match language {
                    $crate::Language::English => &ENGLISH,
                    $crate::Language::German => &GERMAN,
                }
            }

            $(
                $visibility fn $id<'a>(&'a self, $($argument: impl Into<$crate::Value<'a>>),*) -> String {
                    self.0.say(stringify!($id), [$((stringify!($argument), $argument.into())),*])
                }
            )*

            /// The ids that are declared, with their arguments.
            #[cfg(test)]
            fn declared() -> std::collections::BTreeMap<String, std::collections::BTreeSet<String>> {
                let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
                [$((stringify!($id).to_owned(), owned(&[$(stringify!($argument)),*]))),*].into()
            }

            /// Each language with its file.
            #[cfg(test)]
            fn files() -> [($crate::Language, &'static str); 2] {
                let english = include_str!(concat!($folder, "/en.ftl"));
                let german = include_str!(concat!($folder, "/de.ftl"));
                [($crate::Language::English, english), ($crate::Language::German, german)]
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        let messages = Messages::read(Language::English, "on = { $label }: port { $port }\n");
        let said = messages.say("on", [("label", "a { $port }".into()), ("port", 8080.into())]);
        assert_eq!(said, "a { $port }: port 8080");
    }

    #[test]
    fn what_somebody_else_wrote_changes_neither_the_terminal_nor_the_sentence() {
        let messages = Messages::read(Language::English, "held = used by { $name }\n");
        assert_eq!(messages.say("held", [("name", "\u{1b}[2Jx\u{202e}y\nz".into())]), "used by xy z");
    }

    #[test]
    fn what_the_system_says_is_said_in_words_alone() {
        let messages = Messages::read(Language::English, "held = cannot read it: { $error }; mend it\n");
        let said = messages.say("held", [("error", "No such file or directory (os error 2)".into())]);
        assert_eq!(said, "cannot read it: No such file or directory; mend it");
    }

    #[test]
    fn a_message_that_there_is_not_is_its_id() {
        let messages = Messages::read(Language::English, "");
        assert_eq!(messages.say("on", []), "on");
    }

    #[test]
    fn a_number_is_written_as_the_language_writes_it_and_a_port_is_not_parted() {
        let read = |language| Messages::read(language, "seconds = { $count } s\n");
        let said = |language, count: f64| read(language).say("seconds", [("count", count.into())]);
        assert_eq!(said(Language::English, 2.5), "2.5 s");
        assert_eq!(said(Language::German, 2.5), "2,5 s");
        assert_eq!(said(Language::German, 8000.0), "8000 s");
    }
}
