//! A port that stands in a command as a number: who listens there listens elsewhere than the launcher tells it.

use std::sync::LazyLock;

use regex::Regex;
use stackfile::Draft;

/// A part of a command line that fixes a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixedPort {
    /// As it is written: `--port 3001`.
    pub(crate) text: String,
    /// What stands before the number.
    before: String,
}

static FIXED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let option = r"--?(?:p|l|b|port|listen|bind|http-port)(?:=|\s+)(?:[\w.-]*:)?";
    Regex::new(&format!(r"(?:^|\s)((PORT=|{option})\d{{2,5}})(?:$|[\s;&|])")).ok()
});

impl FixedPort {
    /// The first one of a command line.
    pub(crate) fn find(line: &str) -> Option<Self> {
        let found = FIXED.as_ref()?.captures(line)?;
        Some(Self { text: found[1].to_owned(), before: found[2].to_owned() })
    }

    /// What is to be done about it, where the port that is told is written like this.
    pub(crate) fn remedy(&self, told: &str) -> String {
        match self.before.as_str() {
            // The variable is set already: this only hides it.
            "PORT=" => format!("`{}` has to go", self.text),
            before => format!("`{}` has to become `{before}{told}`", self.text),
        }
    }
}

/// Says of the services, whose commands stand in the stack file, which ports are fixed in these.
pub(crate) fn note(draft: &mut Draft) {
    for service in &mut draft.services {
        let line = service.command().join(" ");
        let Some(fixed) = FixedPort::find(&line).filter(|_| !line.contains("{port}")) else { continue };
        if service.get("port").is_some() {
            let remedy = fixed.remedy("{port}");
            service.comments.push(format!("Its port is fixed: {remedy}."));
            draft.steps.push(format!("in the command of {}, {remedy}", service.name));
        } else if service.get("type").is_none() {
            service.comments.push(without_address(&fixed));
            draft
                .left_out
                .push(format!("{}: an address, for its port is fixed by `{}`", service.name, fixed.text));
        }
    }
}

fn without_address(fixed: &FixedPort) -> String {
    let remedy = fixed.remedy("{port}");
    format!("It shows no address. If it listens at a port: {remedy}, with `port = {{ env = \"PORT\" }}`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_a_port_is_found() {
        for (line, text, remedy) in [
            ("json-server --port 3001 db.json", "--port 3001", "`--port 3001` has to become `--port $PORT`"),
            ("PORT=3000 react-scripts start", "PORT=3000", "`PORT=3000` has to go"),
            ("cross-env PORT=3000 x && y", "PORT=3000", "`PORT=3000` has to go"),
            ("x -p 80", "-p 80", "`-p 80` has to become `-p $PORT`"),
            (
                "x --bind=0.0.0.0:8000",
                "--bind=0.0.0.0:8000",
                "`--bind=0.0.0.0:8000` has to become `--bind=0.0.0.0:$PORT`",
            ),
        ] {
            let found = FixedPort::find(line).unwrap();
            assert_eq!((found.text.as_str(), found.remedy("$PORT").as_str()), (text, remedy), "{line}");
        }
        for line in [
            "tsc -p tsconfig.json",
            "x --port $PORT",
            "x --port {port}",
            "sleep 3000",
            "DB_PORT=5432 x",
            "x --portal 10",
        ] {
            assert_eq!(FixedPort::find(line), None, "{line}");
        }
    }
}
