//! Checks settings. It runs with every change of a field, so it binds no port.

use std::path::Path;

use contract::Words;
use ports::{PortRange, PortRangeError};

use super::{Settings, SettingsProblem};
use crate::text::{Language, TrayWords};

/// What has to be known of the stack in use.
#[derive(Debug, Clone, Default)]
pub struct StackServices {
    /// Its services: name and label.
    pub services: Vec<(String, String)>,
}

/// Says what is wrong, field by field; nothing where all is right. `read_stack` says why a stack
/// file cannot be used, in one line.
pub fn check(
    settings: &Settings,
    stack: &StackServices,
    read_stack: impl Fn(&Path) -> Result<(), String>,
    language: Language,
) -> Vec<SettingsProblem> {
    let mut problems = Vec::new();
    problems.extend(range(&settings.range, stack, language).map(|message| problem("range", message)));
    for (name, port) in &settings.fixed_ports {
        let wrong = fixed_port(settings, stack, name, *port, language);
        problems.extend(wrong.map(|message| problem(format!("fixed_ports.{name}"), message)));
    }
    let wrong = settings.stack_file.as_ref().and_then(|path| stack_file(path, read_stack, language));
    problems.extend(wrong.map(|message| problem("stack_file", message)));
    problems
}

fn problem(field: impl Into<String>, message: String) -> SettingsProblem {
    SettingsProblem { field: field.into(), message, blocks: true }
}

fn range(text: &str, stack: &StackServices, language: Language) -> Option<String> {
    let words = TrayWords::of(language);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let services = stack.services.len();
    match text.parse::<PortRange>() {
        Err(PortRangeError::Reversed { start, end }) => Some(words.settings_reversed(start, end)),
        Err(PortRangeError::Zero { .. } | PortRangeError::TooHigh { .. }) => {
            Some(Words::of(language).bad_port())
        }
        Err(_) => Some(words.settings_bad_range()),
        Ok(range) if range.len() < services => {
            Some(words.settings_room(range.to_string(), range.len(), services))
        }
        Ok(_) => None,
    }
}

fn fixed_port(
    settings: &Settings,
    stack: &StackServices,
    name: &str,
    port: i64,
    language: Language,
) -> Option<String> {
    let words = TrayWords::of(language);
    // What another stack's services are to have stays for that stack.
    let known =
        |name: &str| stack.services.is_empty() || stack.services.iter().any(|(service, _)| service == name);
    if !known(name) {
        return None;
    }
    if !(1..=i64::from(u16::MAX)).contains(&port) {
        return Some(Words::of(language).bad_port());
    }
    // The first of two equal ones is right; the second is the one to change.
    let mut earlier = settings.fixed_ports.iter().take_while(|(other, _)| other.as_str() < name);
    let earlier = earlier.find(|(other, number)| **number == port && known(other));
    earlier.map(|(other, _)| words.settings_doubled(label(stack, other)))
}

fn label<'a>(stack: &'a StackServices, name: &'a str) -> &'a str {
    stack.services.iter().find(|(service, _)| service == name).map_or(name, |(_, label)| label)
}

fn stack_file(
    path: &Path,
    read_stack: impl Fn(&Path) -> Result<(), String>,
    language: Language,
) -> Option<String> {
    let words = TrayWords::of(language);
    if !path.is_absolute() {
        return Some(words.settings_whole_path());
    }
    read_stack(path).err()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Language = Language::English;

    fn stack() -> StackServices {
        let service = |name: &str, label: &str| (name.to_owned(), label.to_owned());
        StackServices {
            services: vec![
                service("backend", "Backend API"),
                service("ui", "User UI"),
                service("admin", "Admin Dashboard"),
            ],
        }
    }

    fn problems(settings: &Settings) -> Vec<(String, String)> {
        check(settings, &stack(), |_| Ok(()), ENGLISH)
            .into_iter()
            .map(|problem| (problem.field, problem.message))
            .collect()
    }

    fn with_range(range: &str) -> Settings {
        Settings { range: range.to_owned(), ..Settings::default() }
    }

    fn with_ports(ports: &[(&str, i64)]) -> Settings {
        let fixed_ports = ports.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect();
        Settings { fixed_ports, ..Settings::default() }
    }

    #[test]
    fn the_usual_settings_are_right() {
        assert_eq!(problems(&Settings::default()), []);
    }

    #[test]
    fn a_range_must_be_two_ports_in_order_with_room_for_all() {
        assert_eq!(problems(&with_range("8000-9000")), []);
        for wrong in ["8000", "a-b", "9000-8000", "0-10", "65000-70000"] {
            let found = problems(&with_range(wrong));
            assert_eq!(found.len(), 1, "{wrong}");
            assert_eq!(found[0].0, "range");
        }
        let narrow = problems(&with_range("8000-8001"));
        assert_eq!(narrow[0].1, "8000-8001 has room for 2 of the 3 services; widen it.");
    }

    #[test]
    fn a_fixed_port_must_be_a_port() {
        assert_eq!(problems(&with_ports(&[("ui", 9001)])), []);
        for wrong in [0, -1, 65_536, 70_000] {
            let found = problems(&with_ports(&[("ui", wrong)]));
            assert_eq!(
                found,
                [("fixed_ports.ui".to_owned(), "A port is a number from 1 to 65535.".to_owned())]
            );
        }
    }

    #[test]
    fn two_services_cannot_have_one_port() {
        let found = problems(&with_ports(&[("admin", 9001), ("ui", 9001)]));
        assert_eq!(
            found,
            [("fixed_ports.ui".to_owned(), "Admin Dashboard has this port already.".to_owned())]
        );
    }

    #[test]
    fn the_ports_of_another_stacks_services_are_none_of_this_ones() {
        assert_eq!(problems(&with_ports(&[("shop", 9001), ("ui", 9001), ("web", 70_000)])), []);
    }

    #[test]
    fn a_stack_file_is_read_and_its_fault_is_told() {
        let settings = |path: &str| Settings { stack_file: Some(path.into()), ..Settings::default() };
        // A path that the system calls absolute, on Windows too.
        let whole = std::env::temp_dir().join("stack.toml");
        let whole = whole.to_str().unwrap();
        let found = check(&settings(whole), &stack(), |_| Err("no such file".to_owned()), ENGLISH);
        assert_eq!((found[0].field.as_str(), found[0].message.as_str()), ("stack_file", "no such file"));
        assert_eq!(check(&settings("stack.toml"), &stack(), |_| Ok(()), ENGLISH).len(), 1);
        assert_eq!(check(&settings(whole), &stack(), |_| Ok(()), ENGLISH), []);
    }
}
