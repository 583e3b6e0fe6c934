//! The stack file: which services are launched together, and how.
//!
//! [`Stack::find`] gives the one to use, [`Stack::parse`] reads a text. Everything that can be wrong
//! with a file is found here, with file, line and column, before anything is started.

mod check;
mod error;
mod raw;
pub(crate) mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::Handoff;
use indexmap::IndexMap;
use ports::PortRange;
use serde::Deserialize;

pub use error::StackFileError;
pub use template::{Template, url};

use userdirs::Dirs;
use userdirs::trust;

/// The built-in stack file, which is also the example in the documentation.
pub const BUILTIN: &str = include_str!("builtin.toml");

/// A checked stack file.
#[derive(Debug, Clone)]
pub struct Stack {
    /// What people call the stack.
    pub name: String,
    /// Where to look for ports.
    pub ports: PortRange,
    /// What to do about a conflict; `None` leaves it to the face (the desktop asks, the terminal moves).
    pub on_conflict: Option<OnConflict>,
    /// The services, in the order of the file.
    pub services: IndexMap<String, Service>,
    /// Where it was read from; `None` for the built-in one.
    pub path: Option<PathBuf>,
}

/// A checked service of a stack.
#[derive(Debug, Clone)]
pub struct Service {
    /// What people call it.
    pub label: String,
    /// Program and arguments.
    pub command: Vec<Template>,
    /// The folder it runs in; relative to the stack file's.
    pub cwd: Option<PathBuf>,
    /// Variables of its own.
    pub env: BTreeMap<String, Template>,
    /// Its port; `None` for a service that needs none.
    pub port: Option<PortWish>,
    /// How it gets its port.
    pub handoff: Handoff,
    /// The address it binds; `None` leaves it to `SKINAI_HOST`, else 127.0.0.1.
    pub host: Option<IpAddr>,
    /// How it proves that it is well.
    pub health: HealthPolicy,
    /// How it is known to be ready after a start.
    pub ready: Ready,
    /// The services that are started before it, and whose address it is given.
    pub needs: Vec<String>,
    /// The path that the tray offers to open.
    pub open: Option<String>,
    /// When it is started again.
    pub restart: RestartPolicy,
    /// How a restart by hand replaces it.
    pub on_restart: OnRestart,
    /// How long it may take to end after being asked to.
    pub stop_grace: Duration,
    /// How long it may take to become healthy after its start.
    pub start_timeout: Duration,
    /// Exit codes after which a new start is of no use.
    pub fatal_exit_codes: Vec<i32>,
    /// What to do about a conflict over its port; `None` leaves it to the stack.
    pub on_conflict: Option<OnConflict>,
}

/// What a service wants for a port.
#[derive(Debug, Clone)]
pub struct PortWish {
    /// The variable that tells it (and everybody else) its port, and by which a person may set it.
    pub env: Option<String>,
    /// Where to look if the stack's range is full.
    pub fallback: Option<PortRange>,
    /// A port that is set is kept, or the launch fails.
    pub strict: bool,
}

/// How a service proves that it is well.
#[derive(Debug, Clone)]
pub struct HealthPolicy {
    /// What is asked.
    pub probe: ProbeKind,
    /// From the end of one probe to the start of the next.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How many probes in a row must fail.
    pub threshold: u32,
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeKind {
    /// `GET` of this path must give a status from 200 to 399.
    Http(String),
    /// A connection must be accepted.
    Tcp,
    /// Nothing: it is well as long as it runs.
    None,
}

/// How a service is known to be ready after a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ready {
    /// It says so itself (`READY=1` to `NOTIFY_SOCKET`, the sd_notify protocol).
    Notify,
    /// It answers its probe.
    Probe,
}

/// When a service is started again after it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// However it ended.
    Always,
    /// Unless it ended with exit code 0.
    OnFailure,
    /// Not at all.
    Never,
}

/// How a restart by hand replaces a running service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnRestart {
    /// The new process starts beside the old one, on the same socket; the old one goes when the new one
    /// is ready.
    Overlap,
    /// The old process ends before the new one starts.
    StopStart,
}

/// What to do when somebody else has a published port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// Say so and wait to be told.
    Ask,
    /// Take another port at once, and say so.
    Move,
}

impl Stack {
    /// The built-in stack.
    pub fn builtin() -> Self {
        match Self::parse(BUILTIN, None) {
            Ok(stack) => stack,
            Err(error) => unreachable!("the built-in stack file is checked by a test: {error}"),
        }
    }

    /// Reads and checks the text of a stack file; `path` is for messages and for relative folders.
    pub fn parse(text: &str, path: Option<&Path>) -> Result<Self, StackFileError> {
        check::parse(text, path)
    }

    /// Reads and checks a stack file.
    pub fn read(path: &Path) -> Result<Self, StackFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| StackFileError::Unreadable { file: path.to_owned(), source })?;
        Self::parse(&text, Some(path))
    }

    /// The stack to use: `flag` (`--stack`), else `SKINAI_STACK`, else `stack.toml` in the user's
    /// configuration folder, else the built-in one. What is in the file is run, so one that was named may not
    /// be everybody's to write, and one that is found has to be the user's own.
    pub fn find(flag: Option<&Path>, dirs: &Dirs) -> Result<Self, StackFileError> {
        let variable = std::env::var_os("SKINAI_STACK").filter(|value| !value.is_empty());
        if let Some(path) = flag.or(variable.as_deref().map(Path::new)) {
            trust::named(path)?;
            return Self::read(path);
        }
        let own = dirs.config.join("stack.toml");
        if own.exists() {
            trust::found(&own)?;
            return Self::read(&own);
        }
        Ok(Self::builtin())
    }

    /// The services in an order in which each comes after those it needs.
    pub fn start_order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.services.len());
        let mut placed = vec![false; self.services.len()];
        while order.len() < self.services.len() {
            let before = order.len();
            for (index, service) in self.services.values().enumerate() {
                let ready = service
                    .needs
                    .iter()
                    .filter_map(|need| self.services.get_index_of(need))
                    .all(|need| placed[need]);
                if !placed[index] && ready {
                    placed[index] = true;
                    order.push(index);
                }
            }
            assert!(order.len() > before, "a checked stack has no cycle");
        }
        order
    }
}
