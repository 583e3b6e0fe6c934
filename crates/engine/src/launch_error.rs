//! Why a launch fails, in words and as an exit code.

use contract::{Cause, Language, Words};

use crate::instance::InstanceError;

/// Why nothing was launched, or a launch did not end well.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said(Language::English))]
pub enum LaunchError {
    /// A port that was set is no port.
    BadPort(String),
    /// A bind address that is none.
    BadHost(String),
    /// The instance's name.
    Instance(#[from] InstanceError),
    /// Somebody else can write where things lie.
    Untrusted(#[from] userdirs::Untrusted),
    /// A service's program is not there, or cannot run.
    NoProgram {
        /// Which service.
        service: String,
        /// Why it cannot be started.
        cause: Cause,
    },
    /// A port that has to be kept is taken.
    Strict(String),
    /// No port was found for a service.
    NoFreePort {
        /// Which service.
        service: String,
        /// Range and holders.
        reason: String,
    },
    /// More than one of these, each before anything was started.
    Several(Vec<LaunchError>),
    /// At its end, processes of these ids could not be ended.
    LeftBehind(Vec<u32>),
    /// The system refused something that the engine needs.
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl LaunchError {
    /// It, in a language, in a line for each that there is. What the system and the ports' reasons say is said in English.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        match self {
            Self::BadPort(message) => words.launch_bad_port(message),
            Self::BadHost(host) => words.launch_bad_host(host),
            Self::Instance(error) => error.said(language),
            Self::Untrusted(error) => words.launch_untrusted_folder(error.said(language)),
            Self::NoProgram { service, cause: Cause::NoProgram { program } } => {
                words.launch_no_program(service, program)
            }
            Self::NoProgram { service, cause } => words.launch_cannot_run(service, cause.said(language)),
            Self::Strict(message) => words.launch_strict(message),
            Self::NoFreePort { service, reason } => words.launch_no_free_port(service, reason),
            Self::Several(all) => {
                let lines: Vec<_> = all.iter().map(|error| error.said(language)).collect();
                lines.join("\n")
            }
            Self::LeftBehind(pids) => {
                let pids: Vec<_> = pids.iter().map(u32::to_string).collect();
                words.launch_left_behind(pids.join(", "))
            }
            Self::System { what, source } => words.launch_system(what, source.to_string()),
        }
    }

    /// The exit code of a program that gives up over it: 2 for bad input, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadPort(_) | Self::BadHost(_) | Self::NoProgram { .. } | Self::Untrusted(_) => 2,
            Self::Instance(InstanceError::BadName(_)) => 2,
            Self::Several(all) => all.iter().map(Self::exit_code).max().unwrap_or(1),
            _ => 1,
        }
    }

    /// Each of those that there are.
    pub fn each(&self) -> &[Self] {
        match self {
            Self::Several(all) => all,
            one => std::slice::from_ref(one),
        }
    }

    /// All of them as one, if there are any.
    pub(crate) fn together(errors: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        let mut all = Vec::new();
        for error in errors {
            match error {
                Self::Several(several) => all.extend(several),
                one => all.push(one),
            }
        }
        match all.len() {
            0 | 1 => all.pop().map_or(Ok(()), Err),
            _ => Err(Self::Several(all)),
        }
    }

    pub(crate) fn ended() -> Self {
        let source = std::io::Error::other("a thread of it has ended");
        Self::System { what: "start the engine".to_owned(), source }
    }

    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }
}
