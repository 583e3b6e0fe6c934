//! Env files, by the rules of Compose: `NAME=value` lines with comments, quotes, escapes and `${…}`.

use std::path::Path;

use contract::Language;

use crate::Fault;

/// What one value may have at most, as the kernel has it (MAX_ARG_STRLEN).
const VALUE_BYTES_MAX: usize = 128 << 10;
/// How deep `${A:-${B:-…}}` goes at most.
const DEPTH_MAX: usize = 16;

/// Says what a variable is outside of the file; `None` where it is not set.
pub(crate) type LookUp<'a> = dyn Fn(&str) -> Result<Option<String>, String> + 'a;

/// The variables of a text, in its order. `${NAME}` is what `look_up` says, else what stands above in the text.
///
/// # Errors
/// The first fault, with its place in `path`. No value stands in it: that may be a secret.
pub(crate) fn parse(text: &str, path: &Path, look_up: &LookUp<'_>) -> Result<Vec<(String, String)>, String> {
    let mut parser = Parser { text, path, look_up, at: 0, found: Vec::new() };
    parser.at = text.len() - text.trim_start_matches('\u{feff}').len();
    while parser.line()? {}
    Ok(parser.found)
}

struct Parser<'a> {
    text: &'a str,
    path: &'a Path,
    look_up: &'a LookUp<'a>,
    /// The byte at which the rest begins.
    at: usize,
    found: Vec<(String, String)>,
}

/// A text in which variables are filled in.
#[derive(Clone, Copy)]
struct Raw<'a> {
    text: &'a str,
    at: usize,
    in_quotes: bool,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Reads to the end of the next variable; `false` at the end of the text.
    fn line(&mut self) -> Result<bool, String> {
        self.skip(char::is_whitespace);
        if self.rest().is_empty() {
            return Ok(false);
        }
        if self.rest().starts_with('#') {
            self.skip(|c| c != '\n');
            return Ok(true);
        }
        if self.rest().strip_prefix("export").is_some_and(|rest| rest.starts_with(is_blank)) {
            self.at += "export".len();
            self.skip(is_blank);
        }
        let begin = self.at;
        self.skip(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
        let name = &self.text[begin..self.at];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return self.wrong(begin, "a line is NAME=value, a comment behind `#`, or empty");
        }
        self.skip(is_blank);
        match self.rest().chars().next() {
            Some('=' | ':') => {
                self.at += 1;
                self.skip(is_blank);
                let value = self.value()?;
                if value.contains('\0') {
                    return self.wrong(begin, "no program can be given a NUL");
                }
                self.found.push((name.to_owned(), value));
            }
            None | Some('\n' | '#') => {
                let outside = (self.look_up)(name)?;
                self.found.extend(outside.map(|value| (name.to_owned(), value)));
            }
            Some(_) => return self.wrong(self.at, "a `=` is missing behind the name"),
        }
        Ok(true)
    }

    fn value(&mut self) -> Result<String, String> {
        let Some(quote @ ('\'' | '"')) = self.rest().chars().next() else {
            let line = self.rest().lines().next().unwrap_or_default();
            let comment =
                line.char_indices().find(|&(at, c)| c == '#' && (at == 0 || line[..at].ends_with(is_blank)));
            let text = line[..comment.map_or(line.len(), |(at, _)| at)].trim_end();
            let raw = Raw { text, at: self.at, in_quotes: false, depth: 0 };
            self.at += line.len();
            return self.filled_in(raw);
        };
        let begin = self.at;
        let inner = &self.text[begin + 1..];
        let mut is_escaped = false;
        let end = inner.find(|c| {
            let ends = c == quote && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let Some(end) = end else {
            return self.wrong(begin, format!("the closing {quote} is missing"));
        };
        self.at = begin + end + 2;
        self.skip(is_blank);
        if !self.rest().is_empty() && !self.rest().starts_with(['\n', '#']) {
            return self.wrong(self.at, format!("behind the closing {quote}, only a comment can stand"));
        }
        let text = &inner[..end];
        if quote == '\'' {
            return Ok(text.replace("\\'", "'"));
        }
        self.filled_in(Raw { text, at: begin + 1, in_quotes: true, depth: 0 })
    }

    /// The text with escapes and variables replaced.
    fn filled_in(&self, raw: Raw<'_>) -> Result<String, String> {
        let mut value = String::new();
        let mut rest = raw.text;
        while let Some(at) = rest.find(['$', '\\']) {
            value.push_str(&rest[..at]);
            let here = raw.at + (raw.text.len() - rest.len()) + at;
            let (sign, after) = rest[at..].split_at(1);
            let next = after.chars().next();
            rest = match next {
                Some('$') => {
                    value.push('$');
                    &after[1..]
                }
                Some(c) if sign == "\\" && raw.in_quotes => {
                    value.push(match c {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        other => other,
                    });
                    &after[c.len_utf8()..]
                }
                Some('{') if sign == "$" => {
                    let Some(end) = closing_brace(after) else {
                        return self.wrong(here, "the closing } of ${ is missing");
                    };
                    let inner = Raw { text: &after[1..end], at: here + 2, ..raw };
                    value.push_str(&self.braced(inner)?);
                    &after[end + 1..]
                }
                Some(c) if sign == "$" && is_name(c) && !c.is_ascii_digit() => {
                    let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                    value.push_str(&self.variable(&after[..end])?.unwrap_or_default());
                    &after[end..]
                }
                _ => {
                    value.push_str(sign);
                    after
                }
            };
            if value.len() > VALUE_BYTES_MAX {
                return self.wrong(here, "with this filled in, the value has more than 128 KiB");
            }
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What stands for `${…}`.
    fn braced(&self, raw: Raw<'_>) -> Result<String, String> {
        let end = raw.text.find(|c| !is_name(c)).unwrap_or(raw.text.len());
        let (name, operator) = raw.text.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return self.wrong(raw.at, "in ${…}, the name of a variable comes first");
        }
        if raw.depth == DEPTH_MAX {
            return self.wrong(raw.at, "so deep, ${…} cannot stand in another one");
        }
        let not_empty = operator.starts_with(':');
        let set = self.variable(name)?.filter(|value| !(not_empty && value.is_empty()));
        let operator = operator.strip_prefix(':').unwrap_or(operator);
        let begin = raw.at + (raw.text.len() - operator.len()) + 1;
        let word = |text| self.filled_in(Raw { text, at: begin, depth: raw.depth + 1, ..raw });
        match (operator.split_at_checked(1), set) {
            (None, set) if !not_empty => Ok(set.unwrap_or_default()),
            (Some(("-", _)), Some(value)) => Ok(value),
            (Some(("-", text)), None) => word(text),
            (Some(("+", text)), Some(_)) => word(text),
            (Some(("+", _)), None) => Ok(String::new()),
            (Some(("?", _)), Some(value)) => Ok(value),
            (Some(("?", text)), None) => {
                let message = word(text)?;
                let message = if message.is_empty() { "set it".to_owned() } else { message };
                self.wrong(raw.at, format!("{name} is not set: {message}"))
            }
            _ => self.wrong(raw.at, format!("behind ${{{name}, one of :- - :+ + :? ? can stand")),
        }
    }

    fn variable(&self, name: &str) -> Result<Option<String>, String> {
        let above =
            || self.found.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        Ok((self.look_up)(name)?.or_else(above))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, matches: impl Fn(char) -> bool) {
        self.at = self.text.len() - self.rest().trim_start_matches(matches).len();
    }

    fn wrong<T>(&self, at: usize, message: impl Into<String>) -> Result<T, String> {
        let file = self.path.to_string_lossy();
        Err(Fault::at(self.text, at..at, message).said(&file, Language::English))
    }
}

fn is_blank(c: char) -> bool {
    c != '\n' && c.is_whitespace()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Where the brace at the beginning is closed, after those within.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if at == 0 || before == '$' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(name: &str) -> Result<Option<String>, String> {
        Ok(match name {
            "HOME" => Some("/home/anna".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    fn value(text: &str) -> String {
        let found =
            parse(text, Path::new("x.env"), &outside).unwrap_or_else(|error| panic!("{text}: {error}"));
        found.into_iter().rev().find(|(name, _)| name == "A").map_or("(unset)".to_owned(), |(_, value)| value)
    }

    fn error(text: &str) -> String {
        parse(text, Path::new("x.env"), &outside).expect_err(text)
    }

    #[test]
    fn lines_are_read_as_compose_reads_them() {
        for (text, expected) in [
            ("A=b", "b"),
            ("\u{feff}# x\n\n  export A = b c  \r\n", "b c"),
            ("A=", ""),
            ("A=\nB=c", ""),
            ("A: b", "b"),
            ("A=b#c # d", "b#c"),
            ("A=# d", ""),
            ("A=\"b # c\" # d", "b # c"),
            ("A='b # \"c\"' # d", "b # \"c\""),
            (r#"A="{\"b\": \"c\"}""#, r#"{"b": "c"}"#),
            (r#"A="b\nc\td\\n""#, "b\nc\td\\n"),
            (r"A='b\nc$HOME ${X}'", r"b\nc$HOME ${X}"),
            (r"A='it\'s'", "it's"),
            (r"A=C:\new\$HOME", r"C:\new$HOME"),
            ("A=\"b\nc\"\nB=d", "b\nc"),
            ("A='b\nc'", "b\nc"),
            ("A=b\nA=c", "c"),
            ("A=b\"c\"", "b\"c\""),
            ("HOME\nA=b", "b"),
            ("A\nexport B", "(unset)"),
            ("exported=c\nA=$exported", "c"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn variables_are_filled_in_as_compose_does() {
        for (text, expected) in [
            ("A=$HOME/x", "/home/anna/x"),
            ("A=\"${HOME}x\"", "/home/annax"),
            ("B=c\nA=${B}$B", "cc"),
            ("HOME=other\nA=$HOME", "/home/anna"),
            ("A=${NONE}", ""),
            ("A=${NONE:-b c}", "b c"),
            ("A=${EMPTY:-b}", "b"),
            ("A=${EMPTY-b}", ""),
            ("A=${NONE-b}", "b"),
            ("A=${HOME:+b}${NONE:+c}${EMPTY+d}", "bd"),
            ("A=${NONE:-${EMPTY:-$HOME}/x}", "/home/anna/x"),
            ("A=${HOME:?set it}", "/home/anna"),
            ("A=$$HOME $ 5 $5", "$HOME $ 5 $5"),
            (r#"A="\$HOME""#, "$HOME"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_names_file_and_line_and_shows_no_value() {
        for (text, expected) in [
            ("A=1\nB=\"secret\nC=3", "x.env:2:3: the closing \" is missing"),
            ("A=1\n=secret", "x.env:2:1: a line is NAME=value"),
            ("1A=secret", "x.env:1:1: a line is NAME=value"),
            ("A secret", "x.env:1:3: a `=` is missing"),
            ("A=\"x\" secret", "x.env:1:7: behind the closing \", only a comment"),
            (
                "A=${NONE:?no address of the database}",
                "x.env:1:5: NONE is not set: no address of the database",
            ),
            ("A=${NONE?}", "x.env:1:5: NONE is not set: set it"),
            ("A=${HOME", "x.env:1:3: the closing } of ${ is missing"),
            ("A=${HOME/secret}", "x.env:1:5: behind ${HOME, one of"),
            ("A=${HOME:}", "x.env:1:5: behind ${HOME, one of"),
            ("A=${}", "x.env:1:5: in ${…}, the name"),
            ("A=secret\0", "x.env:1:1: no program can be given a NUL"),
        ] {
            let error = error(text);
            assert!(error.starts_with(expected) && !error.contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_filled_in_has_a_bound() {
        let doubled: String = (0..40).map(|n| format!("V{}=$V{n}$V{n}\n", n + 1)).collect();
        assert!(error(&format!("V0=x\n{doubled}")).contains("128 KiB"));
        let deep = format!("A={}{}", "${NONE:-".repeat(10_000), "}".repeat(10_000));
        assert!(error(&deep).contains("so deep"));
    }
}
