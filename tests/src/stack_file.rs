//! Stack files made of fixtures.

use crate::ports::PortBlock;
use crate::programs::Programs;

/// A stack file in the making: every service is the fixture with some of its faults.
pub struct StackFile {
    text: String,
}

impl StackFile {
    /// A stack without services, on the ports of this block.
    pub fn new(ports: &PortBlock) -> Self {
        Self { text: format!("name = \"Fixtures\"\nports = \"{}\"\n", ports.range()) }
    }

    /// A line for the stack itself; only before the first service.
    pub fn line(mut self, line: &str) -> Self {
        assert!(!self.text.contains("[service."), "a line for the stack stands before its services");
        self.text.push_str(line);
        self.text.push('\n');
        self
    }

    /// A service of this name with these faults (see `fixture --help`) and these lines of TOML. It answers
    /// at `/health`, is probed often, and finds its port in `NAME_PORT`.
    pub fn service(self, name: &str, faults: &[&str], lines: &str) -> Self {
        let program = Programs::fixture();
        self.command(name, &[&[program.to_str().expect("a path in UTF-8")], faults].concat(), lines)
    }

    /// A service with another command in front of the fixture's options.
    pub fn command(mut self, name: &str, command: &[&str], lines: &str) -> Self {
        let variable = format!("{}_PORT", name.to_uppercase().replace('-', "_"));
        let words = command.iter().copied().chain(["--name", name, "--port-env", &variable]);
        let words: Vec<String> = words.map(|word| format!("{word:?}")).collect();
        self.text.push_str(&format!("\n[service.{name}]\ncommand = [{}]\n", words.join(", ")));
        self.text.push_str(&format!("port = {{ env = \"{variable}\" }}\n"));
        if !lines.contains("health =") {
            self.text
                .push_str("health = { http = \"/health\", interval = \"100ms\", timeout = \"500ms\" }\n");
        }
        self.text.push_str(lines);
        self.text.push('\n');
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}
