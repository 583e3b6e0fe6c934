//! What is told its ports as numbers on Windows, although the stack file says `socket`.

use std::collections::BTreeMap;

use crate::Template;

/// They run scripts or servers that take a socket by its descriptor, or bind one themselves.
const CANNOT_ASK: &[&str] = &[
    "bun",
    "daphne",
    "deno",
    "flask",
    "granian",
    "gunicorn",
    "hypercorn",
    "node",
    "npm",
    "npx",
    "pnpm",
    "streamlit",
    "uvicorn",
    "waitress-serve",
    "yarn",
];

/// Why a service does not ask for its sockets, as it has to where it inherits no descriptor: a sentence without its end.
/// `None` where nothing speaks against it.
pub(super) fn why(
    name: &str,
    command: &[Template],
    variables: &BTreeMap<String, Template>,
) -> Option<String> {
    let words = || command.iter().filter_map(Template::as_literal);
    if let Some(word) =
        words().find(|word| *word == "--fd" || word.starts_with("--fd=") || word.contains("fd://"))
    {
        return Some(format!("`{word}` names a descriptor, which no process inherits there"));
    }
    let program = |word: &str| {
        let file = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
        let stem = file.split_once('.').map_or(file.as_str(), |(stem, _)| stem);
        CANNOT_ASK.iter().find(|known| **known == stem)
    };
    if let Some(program) = words().find_map(program) {
        return Some(format!("{program} cannot ask for a socket"));
    }
    if command.iter().any(|word| word.tells_port_of(name)) {
        return Some("its command tells it its port".to_owned());
    }
    let (variable, _) = variables.iter().find(|(_, value)| value.tells_port_of(name))?;
    Some(format!("{variable} tells it its port"))
}

#[cfg(test)]
mod tests {
    use contract::Handoff;

    use super::*;
    use crate::{OnRestart, Stack};

    fn why_not(lines: &str) -> Option<String> {
        let text = format!(
            "name = \"s\"\n[service.a]\nport = {{ env = \"A_PORT\" }}\nhandoff = \"socket\"\nready = \"notify\"\n\
             {lines}\n[service.b]\ncommand = [\"x\"]\nport = {{ env = \"B_PORT\" }}\n"
        );
        let stack = Stack::parse(&text, None).unwrap();
        let service = &stack.services["a"];
        let why = why("a", &service.command, &service.env);
        let expected = why.clone().filter(|_| cfg!(windows));
        assert_eq!(service.told_number, expected);
        let expected = if expected.is_some() {
            (Handoff::Number, OnRestart::StopStart)
        } else {
            (Handoff::Socket, OnRestart::Overlap)
        };
        assert_eq!((service.handoff, service.on_restart), expected);
        why
    }

    #[test]
    fn what_cannot_ask_for_its_socket_on_windows_is_told_its_port_and_it_is_said_why() {
        let descriptor = "`--fd` names a descriptor, which no process inherits there";
        for (lines, expected) in [
            ("command = [\"serve.exe\", \"{b.port}\"]", None),
            ("command = [\"python\", \"-m\", \"own\"]", None),
            ("command = [\"python\", \"-m\", \"own\", \"--fd\", \"3\"]", Some(descriptor)),
            ("command = ['C:\\tools\\Node.exe', \"server.js\"]", Some("node cannot ask for a socket")),
            ("command = [\"python\", \"-m\", \"uvicorn\", \"a:a\"]", Some("uvicorn cannot ask for a socket")),
            ("command = [\"serve\", \"--port={port}\"]", Some("its command tells it its port")),
            ("command = [\"serve\"]\nenv = { PORT = \"{port}\" }", Some("PORT tells it its port")),
        ] {
            assert_eq!(why_not(lines).as_deref(), expected, "{lines}");
        }
    }
}
