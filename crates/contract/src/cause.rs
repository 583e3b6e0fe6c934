//! Why something is as it is, for programs and for pages in other languages.
//!
//! Wherever a sentence says so (`detail`, `reason`, `last_error`, `message`), the cause stands beside it. The
//! sentence is the cause in English, so that the two cannot disagree. Each kind has a message of its own in
//! every language (`messages/*.ftl`, `cause_` and the kind), whose arguments are the fields.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use ts_rs::TS;

use crate::{HandedBy, Holder, Language, ProgramFault, ServiceState, Value, Words};

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
    /// The command that checks a service failed, and printed nothing.
    CheckFailed {
        /// How it ended, or why it could not be started.
        because: Box<Cause>,
    },
    /// The command that checks a service failed.
    CheckSaid {
        /// How it ended.
        because: Box<Cause>,
        /// The last line that it printed.
        line: String,
    },
    /// There is no program of that name.
    NoProgram {
        /// As the stack file has it.
        program: String,
    },
    /// The folder that a service is to run in is not there.
    NoFolder {
        /// Its path.
        folder: String,
    },
    /// A program is there and cannot run.
    CannotRun {
        /// Its path.
        program: String,
        /// Why.
        fault: ProgramFault,
        /// What is not there, or what it was made for; empty where the fault says it all.
        lacks: String,
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
    /// The launcher lacks what a probe takes (descriptors, local ports, memory), which says nothing of the service.
    CannotProbe {
        /// What the system said.
        error: String,
    },
    /// The service did not answer in time.
    NoAnswer {
        /// How long it had, in milliseconds.
        #[ts(type = "number")]
        limit_ms: u64,
    },
    /// The process that should answer was stopped by a signal (SIGSTOP, SIGTSTP).
    Suspended {
        /// Its process id.
        pid: u32,
        /// Its short name.
        name: String,
    },
    /// The process that should answer is stopped by a debugger.
    Traced {
        /// Its process id.
        pid: u32,
        /// Its short name.
        name: String,
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
    /// gunicorn was told to take the socket that it takes by itself.
    TakesSocketItself {
        /// How it ended.
        because: Box<Cause>,
    },
    /// npm was to pass the inherited socket on to what it runs.
    PassesNoSocket {
        /// How it ended.
        because: Box<Cause>,
    },
    /// A program was told to take an inherited socket, and there is none.
    NeedsSocket {
        /// How it ended.
        because: Box<Cause>,
    },
    /// Somebody else has the port.
    PortTaken {
        /// The port.
        port: u16,
        /// Who has it.
        holder: Box<Holder>,
    },
    /// Connections of an earlier run to a port linger (TIME_WAIT), so that a plain bind is refused.
    ConnectionsLinger {
        /// The port.
        port: u16,
    },
    /// A process that is not the service's listens at its port.
    AnsweredByOther {
        /// The port.
        port: u16,
        /// Who that is.
        holder: Box<Holder>,
    },
    /// A process that is not the service's listens at its port on its behalf, as the stack file allows.
    ServedBy {
        /// Who that is.
        holder: Box<Holder>,
    },
    /// Whether the service listens at its port cannot be told, since one of its processes hides its sockets.
    ListenersHidden {
        /// That process.
        holder: Box<Holder>,
    },
    /// Somebody else listens at the service's port, at the other address of `localhost`.
    LoopbackTaken {
        /// Where.
        address: String,
        /// Who that is.
        holder: Box<Holder>,
    },
    /// No process accepts connections at the socket that is handed to the service.
    SocketNotTaken {
        /// The socket's address.
        address: String,
        /// How it is handed over.
        #[serde(default)]
        handed: HandedBy,
    },
    /// No process accepts connections at the socket that is handed to the service; it listens elsewhere.
    ListensElsewhere {
        /// The socket's address.
        address: String,
        /// How it is handed over.
        #[serde(default)]
        handed: HandedBy,
        /// Where it listens, parted by commas.
        listeners: String,
    },
    /// It listens elsewhere than on the port that it was told, and no check says that it is the service there.
    NotOnToldPort {
        /// The port that it was told.
        port: u16,
        /// Where it listens, parted by commas.
        listeners: String,
    },
    /// The service's port was taken again and again at its start.
    PortLost {
        /// How many times in a row.
        count: u32,
    },
    /// An address that the service was started with changed again and again.
    AddressesChanged {
        /// How many times within a minute.
        count: u32,
    },
    /// The port was taken before the process that was to take over could be started.
    PortLostBeforeStart,
    /// A new process is about to take over.
    TakingOver,
    /// It has an address of another service that has changed; a new process is about to take over.
    StaleAddress,
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
    /// The service starts when another one is up, which will not be before somebody sees to it.
    HeldBack {
        /// The label of that service.
        label: String,
        /// What is the case for it.
        state: ServiceState,
        /// Why, where it should run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Box<Cause>>,
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
    /// A port belongs to another service of the stack.
    PortOf {
        /// The port.
        port: u16,
        /// What people call the service.
        label: String,
    },
    /// The port of a service is not in conflict.
    NotInConflict {
        /// What people call the service.
        label: String,
        /// The port that was meant.
        port: u16,
    },
    /// Another process than the one that was to be ended has a port.
    OtherHolder {
        /// The port.
        port: u16,
        /// Who has it.
        holder: Box<Holder>,
    },
    /// The process that has a port is not to be ended, since it is not known to be the user's.
    HolderNotOurs {
        /// The port.
        port: u16,
        /// Who has it.
        holder: Box<Holder>,
    },
    /// A process became another user's, and we may not end it.
    NotOurs {
        /// Its process id.
        pid: u32,
        /// Its short name.
        name: String,
        /// Whose it is.
        user: String,
    },
    /// A process was killed, and the system does not let it end.
    Stuck {
        /// Its process id.
        pid: u32,
        /// Its short name.
        name: String,
    },
    /// This launch leaves it out.
    LeftOut,
    /// Somebody asked for it to be stopped.
    Stopped,
    /// Another service that is needed will not be up before somebody sees to it.
    Needs {
        /// The label of that service.
        label: String,
        /// Its state.
        state: ServiceState,
        /// Why, where it should run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Box<Cause>>,
    },
    /// It ended with exit code 0, which is all that was wanted of it.
    Finished,
    /// It ended with exit code 0 again and again, and is to be started each time.
    KeepsEnding,
    /// It ended with exit code 0 again and again, and is to answer a check: a program that goes into the background does
    /// so.
    InBackground,
    /// It was started again and again, and is not any more.
    GaveUp {
        /// How many times it was started.
        count: u32,
        /// Within how many seconds, from the first start to the end of the last run.
        seconds: u32,
        /// How the last run ended.
        because: Box<Cause>,
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
        text.as_str().into()
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Self::Other { text: crate::without_codes(text) }
    }
}

impl Cause {
    /// The cause in a language.
    pub fn said(&self, language: Language) -> String {
        if let Self::Other { text } = self {
            return text.clone();
        }
        let (id, fields) = self.message();
        let arguments = fields.iter().map(|(name, field)| (name.as_str(), argument(name, field, language)));
        Words::of(language).messages().say(&id, arguments)
    }

    /// The process that it is about, where it is about one.
    pub fn pid(&self) -> Option<u32> {
        match self {
            Self::NotOurs { pid, .. }
            | Self::Stuck { pid, .. }
            | Self::Suspended { pid, .. }
            | Self::Traced { pid, .. } => Some(*pid),
            _ => None,
        }
    }

    /// Whether it is that somebody suspended a process, which is not the service's fault.
    pub fn is_suspension(&self) -> bool {
        matches!(self, Self::Suspended { .. } | Self::Traced { .. })
    }

    /// Whether it keeps a service from being up, and time alone will not mend it.
    pub fn is_hindrance(&self) -> bool {
        self.is_suspension()
            || matches!(
                self,
                Self::SocketNotTaken { .. }
                    | Self::ListensElsewhere { .. }
                    | Self::NotOnToldPort { .. }
                    | Self::ListenersHidden { .. }
                    | Self::AnsweredByOther { .. }
            )
    }

    /// The id of its message, which is its kind, and the arguments, which are its fields.
    pub(crate) fn message(&self) -> (String, Map<String, Json>) {
        let mut fields = match serde_json::to_value(self) {
            Ok(Json::Object(fields)) => fields,
            other => unreachable!("a cause is an object: {other:?}"),
        };
        let kind = fields.remove("kind");
        let mut id = format!("cause_{}", kind.as_ref().and_then(Json::as_str).unwrap_or_default());
        // Where there is a reason only at times, the sentence that has one is another.
        if let Self::NotReady { because: Some(_), .. }
        | Self::Needs { because: Some(_), .. }
        | Self::HeldBack { because: Some(_), .. } = self
        {
            id.push_str("_because");
        }
        if let Some(limit) = fields.remove("limit_ms") {
            fields.insert("limit".to_owned(), limit);
        }
        (id, fields)
    }
}

/// What stands in a message in the place of a field.
fn argument<'a>(name: &str, field: &'a Json, language: Language) -> Value<'a> {
    let said = match name {
        "because" => Cause::deserialize(field).map(|cause| cause.said(language)),
        "holder" => Holder::deserialize(field).map(|holder| holder.said(language)),
        "state" => ServiceState::deserialize(field).map(|state| state.said(language)),
        "limit" => u64::deserialize(field).map(|limit| Words::of(language).time(limit)),
        _ => match field {
            Json::String(text) => return text.as_str().into(),
            number => return number.as_i64().unwrap_or_default().into(),
        },
    };
    said.unwrap_or_else(|error| error.to_string()).into()
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said(Language::English))
    }
}

/// One of every kind, and of some more.
#[cfg(test)]
pub(crate) fn samples() -> Vec<Cause> {
    let holder = Holder { pid: Some(7), name: Some("node".to_owned()), ..Holder::UNKNOWN };
    let (label, program) = ("User UI".to_owned(), "/bin/x".to_owned());
    let because = Box::new(Cause::Refused);
    let cannot_run =
        |fault, lacks: &str| Cause::CannotRun { program: program.clone(), fault, lacks: lacks.to_owned() };
    let not_taken = |handed| Cause::SocketNotTaken { address: "127.0.0.1:8001".to_owned(), handed };
    let elsewhere = |handed| Cause::ListensElsewhere {
        address: "127.0.0.1:8001".to_owned(),
        handed,
        listeners: "[::1]:5173".to_owned(),
    };
    vec![
        Cause::Exited { code: 3 },
        Cause::Signalled { signal: "SIGKILL".to_owned() },
        Cause::NotReady { limit_ms: 2500, because: None },
        Cause::NotReady { limit_ms: 30_000, because: Some(because.clone()) },
        Cause::CheckFailed { because: because.clone() },
        Cause::CheckSaid { because: because.clone(), line: "no response".to_owned() },
        Cause::NoProgram { program: program.clone() },
        Cause::NoFolder { folder: "/x".to_owned() },
        cannot_run(ProgramFault::Folder, ""),
        cannot_run(ProgramFault::NotExecutable, ""),
        cannot_run(ProgramFault::NothingRunsThere, ""),
        cannot_run(ProgramFault::NoInterpreterLine, ""),
        cannot_run(ProgramFault::WindowsLineEnds, ""),
        cannot_run(ProgramFault::NoInterpreter, "node"),
        cannot_run(ProgramFault::OtherMachine, "ARM"),
        cannot_run(ProgramFault::NoProgram, ""),
        Cause::CannotStart { program, error: "no".to_owned() },
        Cause::Refused,
        Cause::CannotProbe { error: "no".to_owned() },
        Cause::NoAnswer { limit_ms: 300 },
        Cause::Suspended { pid: 7, name: "node".to_owned() },
        Cause::Traced { pid: 7, name: "node".to_owned() },
        Cause::Answered { status: 500, path: "/health".to_owned() },
        Cause::Unresponsive { count: 3, because: because.clone() },
        Cause::TakesSocketItself { because: because.clone() },
        Cause::PassesNoSocket { because: because.clone() },
        Cause::NeedsSocket { because: because.clone() },
        Cause::PortTaken { port: 8001, holder: Box::new(holder.clone()) },
        Cause::ConnectionsLinger { port: 8001 },
        Cause::AnsweredByOther { port: 8001, holder: Box::new(holder.clone()) },
        Cause::ServedBy { holder: Box::new(holder.clone()) },
        Cause::ListenersHidden { holder: Box::new(holder.clone()) },
        Cause::LoopbackTaken { address: "[::1]:8001".to_owned(), holder: Box::new(holder.clone()) },
        not_taken(HandedBy::Descriptor),
        not_taken(HandedBy::Server),
        elsewhere(HandedBy::Descriptor),
        elsewhere(HandedBy::Server),
        Cause::NotOnToldPort { port: 8001, listeners: "[::1]:5173".to_owned() },
        Cause::PortLost { count: 10 },
        Cause::AddressesChanged { count: 10 },
        Cause::PortLostBeforeStart,
        Cause::TakingOver,
        Cause::StaleAddress,
        Cause::Draining,
        Cause::StartingAgain,
        Cause::NextStart { count: 1 },
        Cause::WaitingFor { label: label.clone() },
        Cause::HeldBack { label: label.clone(), state: ServiceState::Stopped, because: None },
        Cause::HeldBack { label: label.clone(), state: ServiceState::Failed, because: Some(because.clone()) },
        Cause::Ending { count: 1 },
        Cause::Ending { count: 2 },
        Cause::EndingThenStarting { count: 1 },
        Cause::EndingThenStarting { count: 2 },
        Cause::PortOf { port: 8001, label: label.clone() },
        Cause::NotInConflict { label: label.clone(), port: 8001 },
        Cause::OtherHolder { port: 8001, holder: Box::new(holder.clone()) },
        Cause::HolderNotOurs { port: 8001, holder: Box::new(holder) },
        Cause::NotOurs { pid: 7, name: "sleep".to_owned(), user: "root".to_owned() },
        Cause::Stuck { pid: 7, name: "sleep".to_owned() },
        Cause::LeftOut,
        Cause::Stopped,
        Cause::Needs { label: label.clone(), state: ServiceState::Stopped, because: None },
        Cause::Needs {
            label: label.clone(),
            state: ServiceState::Failed,
            because: Some(Box::new(Cause::Exited { code: 1 })),
        },
        Cause::Finished,
        Cause::KeepsEnding,
        Cause::InBackground,
        Cause::GaveUp { count: 5, seconds: 40, because: Box::new(Cause::Exited { code: 3 }) },
        Cause::NotReplaced { because: Box::new(Cause::Exited { code: 1 }) },
        Cause::NotHealthy { label, because: because.clone() },
        Cause::RolledBack { because: Box::new(Cause::Other { text: "no free port".to_owned() }) },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_cause_is_a_kind_and_its_facts() {
        let cause = Cause::NotReady { limit_ms: 500, because: Some(Box::new(Cause::Refused)) };
        let json = r#"{"kind":"not_ready","limit_ms":500,"because":{"kind":"refused"}}"#;
        assert_eq!(serde_json::to_string(&cause).unwrap(), json);
        assert_eq!(serde_json::from_str::<Cause>(json).unwrap(), cause);
        assert_eq!(cause.to_string(), "was not ready within 500 ms (the connection was refused)");
    }

    /// Word for word: programs have read them for as long as there were no kinds.
    #[test]
    fn in_english_a_cause_is_said_as_ever() {
        let said: Vec<String> = samples().iter().map(Cause::to_string).collect();
        let ever = [
            "exited with code 3",
            "was ended by SIGKILL",
            "was not ready within 2.5 s",
            "was not ready within 30 s (the connection was refused)",
            "its check failed (the connection was refused)",
            "its check failed (the connection was refused): no response",
            "there is no program `/bin/x`",
            "its folder /x is not there; make it, or correct `cwd` in the stack file",
            "/bin/x is a folder; name the program in it",
            "/bin/x may not be executed; run `chmod +x /bin/x`, or name its interpreter before it",
            "/bin/x lies where nothing may be executed (a file system mounted with noexec); move it, or name its interpreter before it",
            "/bin/x does not say what interprets it; begin it with a line like #!/bin/sh, or name its interpreter before it",
            "the lines of /bin/x end as on Windows, so that its interpreter is not found; run `sed -i 's/\\r//' /bin/x`",
            "/bin/x needs node, which is not there; install it, or correct what /bin/x asks for",
            "/bin/x was made for another kind of processor (ARM); get the one for this machine",
            "/bin/x is no program for this system; get the one for it, or name what runs it before it",
            "cannot start /bin/x: no",
            "the connection was refused",
            "the launcher cannot send a probe: no",
            "no answer within 300 ms",
            "node (7) is suspended and cannot answer; `kill -CONT 7` lets it go on",
            "node (7) is stopped in a debugger and cannot answer; let it go on there",
            "answered 500 to GET /health",
            "did not answer 3 times in a row (the connection was refused)",
            "the connection was refused: gunicorn takes the inherited socket by itself; leave the option with `fd://` out of its command",
            "the connection was refused: npm does not pass the inherited socket on; set handoff = \"number\", or run the program without npm",
            "the connection was refused: its command names a descriptor, and it inherits none; set handoff = \"socket\"",
            "port 8001 is used by node (7)",
            "connections of the last run to port 8001 are still closing",
            "port 8001 is answered by node (7), which is not a process of this service; if it listens on its behalf \
             (docker -p, ssh -L, a proxy), set listener = \"any\" in the stack file",
            "node (7) listens on its behalf",
            "where it listens cannot be told, since node (7) hides its sockets (it is another user's, has file \
             capabilities or is not dumpable); see `sudo ss -ltnp`",
            "node (7) listens at [::1]:8001, where a browser may look for localhost; end it, or move the service",
            "no process accepts connections at 127.0.0.1:8001, the socket that it inherits as descriptor 3; let it \
             listen there (behind a shell, start it by `exec`), or set handoff = \"number\"",
            "no process accepts connections at 127.0.0.1:8001, the socket that it can ask SYSTEMFD_SOCKET_SERVER for; \
             let it do so, or set handoff = \"number\"",
            "it listens on [::1]:5173, and no process accepts connections at 127.0.0.1:8001, the socket that it \
             inherits as descriptor 3; let it listen there (behind a shell, start it by `exec`), or set handoff = \
             \"number\"",
            "it listens on [::1]:5173, and no process accepts connections at 127.0.0.1:8001, the socket that it can \
             ask SYSTEMFD_SOCKET_SERVER for; let it do so, or set handoff = \"number\"",
            "it listens on [::1]:5173, not on the port 8001 that it was told: is a port fixed in its command, its script or its settings?",
            "lost its port 10 times in a row",
            "the address of a service that it is given changed more than 10 times within a minute, and it was started \
             again each time; let that service listen on the port that it is told",
            "its port was lost before the new process was started",
            "a new process is about to take over",
            "an address that it was given has changed; a new process is about to take over",
            "the old process finishes its requests",
            "ending, then starting again",
            "next start in 1 s",
            "waiting for User UI",
            "waiting for User UI, which is stopped",
            "waiting for User UI, which has failed (the connection was refused)",
            "ending, 1 process left",
            "ending, 2 processes left",
            "ending, 1 process left, then starting again",
            "ending, 2 processes left, then starting again",
            "port 8001 is the one of User UI",
            "User UI is not in conflict over port 8001",
            "port 8001 is used by node (7), and not by the process that was to be ended",
            "port 8001 is used by node (7), which is not known to be yours; end it yourself",
            "sleep (7) became root's and could not be ended; run `sudo kill -KILL 7`",
            "sleep (7) was killed and does not end: it is frozen or waits for a device; thaw it, or see `ps -o stat,wchan:20,cgroup 7`",
            "left out of this launch",
            "it was stopped",
            "it needs User UI, which is stopped",
            "it needs User UI, which has failed (exited with code 1)",
            "has done its work",
            "ends with exit code 0 each time; where that is its purpose, set restart = \"on-failure\" in the stack file",
            "exited with code 0 (if it goes into the background, have it stay in the foreground: often --foreground, -D or --nodaemon)",
            "exited with code 3, given up after 5 starts in 40 s",
            "the new process exited with code 1; the old one goes on",
            "User UI is not healthy: the connection was refused",
            "no free port; everything is back at its earlier port",
        ];
        assert_eq!(said, ever);
    }

    #[test]
    fn there_is_a_sample_of_every_kind() {
        let inline = Cause::inline(&ts_rs::Config::default());
        let kinds: BTreeSet<&str> =
            inline.split("\"kind\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut sampled = BTreeSet::from(["other".to_owned()]);
        sampled.extend(
            samples()
                .iter()
                .map(|cause| serde_json::to_value(cause).unwrap())
                .map(|cause| cause["kind"].as_str().unwrap().to_owned()),
        );
        assert_eq!(sampled, kinds.into_iter().map(str::to_owned).collect());
    }
}
