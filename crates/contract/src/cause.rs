//! Why something is as it is, for programs and for pages in other languages.
//!
//! Wherever a sentence says so (`detail`, `reason`, `last_error`, `message`), the cause stands beside it. The
//! sentence is the cause in English, so that the two cannot disagree.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Holder, ServiceState};

/// Why something is as it is. Kinds are added over time: who does not know one has the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum Cause {
    /// A process ended by itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A process was ended by a signal.
    Signalled {
        /// The signal's name (`SIGKILL`).
        signal: String,
    },
    /// A process took too long to become ready.
    NotReady {
        /// How long it had, in milliseconds.
        #[ts(type = "number")]
        limit_ms: u64,
        /// What its newest probe came to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Box<Cause>>,
    },
    /// There is no program of that name.
    NoProgram {
        /// As the stack file has it.
        program: String,
    },
    /// The system refused to start a program.
    CannotStart {
        /// Its path.
        program: String,
        /// What the system said.
        error: String,
    },
    /// Nobody listens at the service's address.
    Refused,
    /// The service did not answer in time.
    NoAnswer {
        /// How long it had, in milliseconds.
        #[ts(type = "number")]
        limit_ms: u64,
    },
    /// The service answered that it is not well.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The path that was asked for.
        path: String,
    },
    /// The service did not answer several times in a row.
    Unresponsive {
        /// How many times.
        count: u32,
        /// What its newest probe came to.
        because: Box<Cause>,
    },
    /// Somebody else has the port.
    PortTaken {
        /// The port.
        port: u16,
        /// Who has it.
        holder: Box<Holder>,
    },
    /// The service's port was taken again and again at its start.
    PortLost {
        /// How many times in a row.
        count: u32,
    },
    /// The port was taken before the process that was to take over could be started.
    PortLostBeforeStart,
    /// A new process is about to take over.
    TakingOver,
    /// The old process finishes what it was asked.
    Draining,
    /// The service ends, and is then started again.
    StartingAgain,
    /// The service is started again later.
    NextStart {
        /// In so many seconds.
        count: u32,
    },
    /// The service starts when another one is up.
    WaitingFor {
        /// The label of that service.
        label: String,
    },
    /// The service was told to end.
    Ending {
        /// How many of its processes are left.
        count: u32,
    },
    /// The service was told to end, and is then started again.
    EndingThenStarting {
        /// How many of its processes are left.
        count: u32,
    },
    /// Somebody asked for it to be stopped.
    Stopped,
    /// Another service that is needed will not be up before somebody sees to it.
    Needs {
        /// The label of that service.
        label: String,
        /// What is the case for it.
        state: ServiceState,
    },
    /// The process that was to take over did not get there; the old one goes on.
    NotReplaced {
        /// What became of the new one.
        because: Box<Cause>,
    },
    /// A service did not become healthy.
    NotHealthy {
        /// The label of that service.
        label: String,
        /// Why.
        because: Box<Cause>,
    },
    /// A move failed, and everything is where it was.
    RolledBack {
        /// Why.
        because: Box<Cause>,
    },
    /// Something that there is only a sentence for.
    Other {
        /// The sentence, or a fragment of one.
        text: String,
    },
}

impl Cause {
    /// The cause, where it says more than a sentence.
    pub fn known(&self) -> Option<&Self> {
        (!matches!(self, Self::Other { .. })).then_some(self)
    }
}

impl From<String> for Cause {
    fn from(text: String) -> Self {
        Self::Other { text }
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Self::Other { text: text.to_owned() }
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with code {code}"),
            Self::Signalled { signal } => write!(f, "was ended by {signal}"),
            Self::NotReady { limit_ms, because } => {
                write!(f, "was not ready within {}", time(*limit_ms))?;
                because.as_ref().map_or(Ok(()), |because| write!(f, " ({because})"))
            }
            Self::NoProgram { program } => write!(f, "there is no program `{program}`"),
            Self::CannotStart { program, error } => write!(f, "cannot start {program}: {error}"),
            Self::Refused => f.write_str("the connection was refused"),
            Self::NoAnswer { limit_ms } => write!(f, "no answer within {}", time(*limit_ms)),
            Self::Answered { status, path } => write!(f, "answered {status} to GET {path}"),
            Self::Unresponsive { count, because } => {
                write!(f, "did not answer {count} times in a row ({because})")
            }
            Self::PortTaken { port, holder } => write!(f, "port {port} is used by {holder}"),
            Self::PortLost { count } => write!(f, "lost its port {count} times in a row"),
            Self::PortLostBeforeStart => f.write_str("its port was lost before the new process was started"),
            Self::TakingOver => f.write_str("a new process is about to take over"),
            Self::Draining => f.write_str("the old process finishes its requests"),
            Self::StartingAgain => f.write_str("ending, then starting again"),
            Self::NextStart { count } => write!(f, "next start in {count} s"),
            Self::WaitingFor { label } => write!(f, "waiting for {label}"),
            Self::Ending { count } => write!(f, "ending, {count} {} left", processes(*count)),
            Self::EndingThenStarting { count } => {
                write!(f, "ending, {count} {} left, then starting again", processes(*count))
            }
            Self::Stopped => f.write_str("it was stopped"),
            Self::Needs { label, state } => write!(f, "it needs {label}, whose state is {state}"),
            Self::NotReplaced { because } => write!(f, "the new process {because}; the old one goes on"),
            Self::NotHealthy { label, because } => write!(f, "{label} is not healthy: {because}"),
            Self::RolledBack { because } => write!(f, "{because}; everything is back at its earlier port"),
            Self::Other { text } => f.write_str(text),
        }
    }
}

fn time(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    format!("{} s", std::time::Duration::from_millis(milliseconds).as_secs_f64())
}

fn processes(count: u32) -> &'static str {
    if count == 1 { "process" } else { "processes" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_a_kind_and_its_facts() {
        let cause = Cause::NotReady { limit_ms: 500, because: Some(Box::new(Cause::Refused)) };
        let json = r#"{"kind":"not_ready","limit_ms":500,"because":{"kind":"refused"}}"#;
        assert_eq!(serde_json::to_string(&cause).unwrap(), json);
        assert_eq!(serde_json::from_str::<Cause>(json).unwrap(), cause);
        assert_eq!(cause.to_string(), "was not ready within 500 ms (the connection was refused)");
    }
}
