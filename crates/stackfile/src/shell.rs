//! Command lines that are written for a shell.

use crate::literal;

/// What a shell makes something of, besides quotes. Where none of it is in a command, no shell is needed.
const SPECIAL: &[char] =
    &['$', '`', ';', '&', '|', '<', '>', '(', ')', '*', '?', '[', ']', '#', '~', '!', '{', '}', '\\', '\n'];
/// By what several commands are made of one line.
const SEVERAL: &[char] = &[';', '&', '|', '(', ')', '\n'];
/// What only a shell itself can do.
const BUILTINS: &[&str] = &[
    "cd", "export", "source", ".", "eval", "exec", "set", "ulimit", "umask", "if", "while", "for", "case",
    "!",
];

/// Program and arguments for a command line: its own words where they mean the same without a shell, else those of a
/// shell, which hands over to a single command.
pub fn command(line: &str) -> Vec<String> {
    let line = line.trim();
    let parts: Vec<&str> = split_at_port(line).collect();
    let is_assignment = |word: &str| word.split_once('=').is_some_and(|(name, _)| !name.starts_with('-'));
    let first = line.split_whitespace().next().unwrap_or_default();
    let needs_shell = is_assignment(first)
        || BUILTINS.contains(&first)
        || parts.iter().any(|part| part.contains(SPECIAL))
        // Within single quotes it is no variable.
        || (parts.len() > 1 && line.contains('\''));
    if !needs_shell && let Some(words) = shlex::split(&parts.join("{port}")) {
        return words;
    }
    let hands_over = !line.contains(SEVERAL) && !BUILTINS.contains(&first);
    let before = match is_assignment(first) {
        _ if !hands_over => "",
        true => "exec env ",
        false => "exec ",
    };
    ["sh".to_owned(), "-c".to_owned(), literal(&format!("{before}{line}"))].into()
}

/// Whether a command line names the variable `PORT`.
pub fn names_port(line: &str) -> bool {
    split_at_port(line).count() > 1 || line.contains("${PORT")
}

/// What is between `$PORT` and `${PORT}`.
fn split_at_port(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = text.match_indices("$").find_map(|(at, _)| {
            let after = &text[at + 1..];
            if let Some(tail) = after.strip_prefix("{PORT}") {
                return Some((at, tail));
            }
            let tail = after.strip_prefix("PORT")?;
            let ends = !tail.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            ends.then_some((at, tail))
        });
        rest = found.map(|(_, tail)| tail);
        Some(found.map_or(text, |(at, _)| &text[..at]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_left_away_where_it_does_nothing() {
        for (line, words) in [
            ("puma -p $PORT", &["puma", "-p", "{port}"][..]),
            (
                "gunicorn --bind 0.0.0.0:${PORT} 'a b'.wsgi",
                &["sh", "-c", "exec gunicorn --bind 0.0.0.0:${{PORT}} 'a b'.wsgi"],
            ),
            ("run \"a b\" c", &["run", "a b", "c"]),
            ("x --name=web --port=$PORT", &["x", "--name=web", "--port={port}"]),
            ("A=1 x", &["sh", "-c", "exec env A=1 x"]),
            ("x -p ${PORT:-5000}", &["sh", "-c", "exec x -p ${PORT:-5000}"]),
            ("x $PORTS ${HOME}", &["sh", "-c", "exec x $PORTS ${{HOME}}"]),
            ("cd web && npm start", &["sh", "-c", "cd web && npm start"]),
            ("cd web", &["sh", "-c", "cd web"]),
            ("x *.rb > log", &["sh", "-c", "exec x *.rb > log"]),
            ("x 'unclosed", &["sh", "-c", "exec x 'unclosed"]),
        ] {
            assert_eq!(command(line), words, "{line}");
        }
    }

    #[test]
    fn a_port_is_named_by_the_whole_variable() {
        for (line, names) in [
            ("x $PORT", true),
            ("x ${PORT:-1}", true),
            ("x $PORTS", false),
            ("x :$PORT/", true),
            ("x PORT", false),
        ] {
            assert_eq!(names_port(line), names, "{line}");
        }
    }
}
