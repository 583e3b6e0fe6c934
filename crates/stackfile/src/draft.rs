//! A stack file that is to be written, with its comments.

use toml::{Table, Value};

/// What a stack file is to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// What people call the stack.
    pub name: String,
    /// Comments at the head, each a line.
    pub comments: Vec<String>,
    /// What has to be done before the first launch: comments at the head, each a line.
    pub steps: Vec<String>,
    /// What the file says of the whole stack, besides its name.
    pub keys: Vec<(&'static str, Value)>,
    /// In the order of the file.
    pub services: Vec<DraftService>,
    /// What could not be said in the file: comments at its end, each a line.
    pub left_out: Vec<String>,
}

/// What a stack file is to say of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftService {
    /// Its name.
    pub name: String,
    /// Comments before it, each a line.
    pub comments: Vec<String>,
    /// In the order of the file.
    pub keys: Vec<(&'static str, Value)>,
}

impl DraftService {
    /// A service with this command, in which words like `{port}` are filled in.
    pub fn new(name: impl Into<String>, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let command: Vec<Value> = command.into_iter().map(|word| Value::String(word.into())).collect();
        Self {
            name: service_name(&name.into()),
            comments: Vec::new(),
            keys: vec![("command", command.into())],
        }
    }

    /// With another line.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.keys.push((key, value.into()));
        self
    }

    /// With a port of its own, which this variable tells.
    #[must_use]
    pub fn with_port(self, variable: &str) -> Self {
        self.with("port", Table::from_iter([("env".to_owned(), variable.into())]))
    }

    /// With a comment before it.
    #[must_use]
    pub fn with_comment(mut self, comment: impl Into<String>) -> Self {
        self.comments.push(comment.into());
        self
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.keys.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Gives it and what it refers to new names, by the old ones.
    pub fn rename(&mut self, names: &[(String, String)]) {
        for (old, new) in names {
            let in_braces = |field: &str| (format!("{{{old}.{field}}}"), format!("{{{new}.{field}}}"));
            let references = ["port", "host", "url"].map(in_braces);
            for (key, value) in &mut self.keys {
                if *key == "needs" {
                    replace(value, &[(old.clone(), new.clone())], |text, from| text == from);
                } else {
                    replace(value, &references, |text, from| text.contains(from));
                }
            }
        }
        if let Some((_, new)) = names.iter().find(|(old, _)| *old == self.name) {
            self.name = new.clone();
        }
    }

    /// The words of its command.
    pub fn command(&self) -> Vec<&str> {
        let words = self.get("command").and_then(Value::as_array);
        words.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// It is started when this other service is ready. That may be for several reasons, and is said once.
    pub fn add_need(&mut self, other: &str) {
        if let Some((_, Value::Array(needs))) = self.keys.iter_mut().find(|(key, _)| *key == "needs") {
            if !needs.iter().any(|need| need.as_str() == Some(other)) {
                needs.push(other.into());
            }
        } else {
            self.keys.push(("needs", vec![other].into()));
        }
    }
}

impl Draft {
    /// The text of the file.
    pub fn to_toml(&self) -> String {
        let mut text = comments(&self.comments);
        let steps = self.steps.iter().map(|step| format!("Before the first launch: {step}."));
        text.push_str(&comments(&steps.collect::<Vec<_>>()));
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&keys(&[("name", self.name.as_str().into())]));
        text.push_str(&keys(&self.keys));
        for service in &self.services {
            let header = format!("[service.{}]\n", service.name);
            text.push_str(&format!("\n{}{header}{}", comments(&service.comments), keys(&service.keys)));
        }
        if !self.left_out.is_empty() {
            text.push_str(&format!("\n# Left out:\n{}", comments(&self.left_out)));
        }
        text
    }
}

/// Replaces in all texts of a value that match.
fn replace(value: &mut Value, changes: &[(String, String)], matches: fn(&str, &str) -> bool) {
    match value {
        Value::String(text) => {
            for (from, to) in changes.iter().filter(|(from, _)| matches(text, from)).collect::<Vec<_>>() {
                *text = text.replace(from, to);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, changes, matches)),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| replace(value, changes, matches)),
        _ => {}
    }
}

fn comments(lines: &[String]) -> String {
    let lines = lines.iter().flat_map(|lines| lines.lines());
    lines.map(|line| format!("# {}", contract::plain(line)).trim_end().to_owned() + "\n").collect()
}

fn keys(keys: &[(&str, Value)]) -> String {
    keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
}

/// The name of a service that is called after something else, without what it may not contain.
pub fn service_name(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = text.chars().map(allowed).collect();
    let name: String = name.trim_matches('-').chars().take(63).collect();
    if name.is_empty() { "service".to_owned() } else { name }
}

/// A text in which nothing is filled in.
pub fn literal(text: &str) -> String {
    let mut literal = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, after) = (&rest[..open], &rest[open + 1..]);
        literal.push_str(before);
        match after.find('}').filter(|close| crate::template::is_reference(&after[..*close])) {
            Some(close) => {
                literal.push_str(&format!("{{{{{}}}}}", &after[..close]));
                rest = &after[close + 1..];
            }
            None => {
                literal.push('{');
                rest = after;
            }
        }
    }
    literal + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stack;

    #[test]
    fn what_is_drafted_is_a_stack_file() {
        let service = DraftService::new("my web", ["sh", "-c", "say \"{{x}}\" \\ \u{1b} in\nlines {port}"])
            .with_comment("two\nlines \u{1b}[31m")
            .with_port("PORT")
            .with("env", Table::from_iter([("A-B".to_owned(), Value::from("c"))]))
            .with("needs", Vec::<Value>::new());
        let mut draft = Draft { name: "a \"shop\"".to_owned(), services: vec![service], ..Draft::default() };
        draft.services.push(DraftService::new("", ["true"]));
        draft.services[0].add_need("service");
        draft.left_out.push("a volume".to_owned());
        let text = draft.to_toml();
        assert!(text.contains("# two\n# lines\n[service.my-web]\n"), "{text}");
        assert!(text.contains("port = { env = \"PORT\" }\n"), "{text}");
        assert!(text.ends_with("\n# Left out:\n# a volume\n"), "{text}");
        let stack = Stack::parse(&text, None).unwrap();
        assert_eq!(stack.name, "a \"shop\"");
        assert_eq!(stack.services["my-web"].needs, ["service"]);
    }

    #[test]
    fn nothing_is_filled_into_a_literal() {
        for text in ["${HOME}", "{port}", "{\"a\": {b}}", "{", "{}", "{{x}}", "a{b c}d{e"] {
            let template = crate::Template::parse(&literal(text), None, &crate::KnownPorts::new());
            struct NoAddress;
            impl crate::Addresses for NoAddress {
                fn address(&self, _: &str, _: Option<&str>) -> Option<std::net::SocketAddr> {
                    None
                }
            }
            assert_eq!(template.unwrap().fill("x", &NoAddress), text);
        }
    }
}
