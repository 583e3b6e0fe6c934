//! Refusals of the engine in words: why it was not launched, and why it does not do what was asked of it.
//!
//! In English they are the engine's own sentences. Where a part of one is only there as a sentence (what
//! the system said, what is wrong in a line of a stack file), that part stays as it is.

use contract::{ApiError, BadInstanceName, ErrorCode, ServiceSnapshot};
use serde::Deserialize;
use stack::{InstanceError, LaunchError};
use stackfile::StackFileError;
use userdirs::Untrusted;

use super::{Catalogue, Text};

/// Why nothing was launched.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchWords {
    bad_port: Text,
    bad_host: Text,
    bad_name: Text,
    runs: Text,
    runs_as: Text,
    folder: Text,
    untrusted_folder: Text,
    untrusted_file: Text,
    not_yours: Text,
    writable_by_all: Text,
    no_program: Text,
    no_skinai: Text,
    strict: Text,
    no_free_port: Text,
    system: Text,
    unreadable: Text,
    wrong: Text,
    wrong_at: Text,
}

/// Why a request was not carried out, where the engine gives no cause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestWords {
    stopping: Text,
    superseded: Text,
    no_free_port: Text,
    port_taken: Text,
    port_is_strict: Text,
}

impl Catalogue {
    /// Why the engine was not launched.
    pub fn launch_refused(&self, error: &LaunchError) -> String {
        let words = &self.launch;
        match error {
            LaunchError::BadPort(message) => words.bad_port.fill(&[("message", message)]),
            LaunchError::BadHost(host) => words.bad_host.fill(&[("host", host)]),
            LaunchError::Instance(error) => self.instance_refused(error),
            LaunchError::Untrusted(error) => {
                words.untrusted_folder.fill(&[("message", &self.untrusted(error))])
            }
            LaunchError::NoProgram { service, program } => {
                words.no_program.fill(&[("service", service), ("program", program)])
            }
            LaunchError::Strict(message) => words.strict.fill(&[("message", message)]),
            LaunchError::NoFreePort { service, reason } => {
                words.no_free_port.fill(&[("service", service), ("reason", reason)])
            }
            LaunchError::System { what, source } => words.system.fill(&[("what", what), ("error", source)]),
        }
    }

    fn instance_refused(&self, error: &InstanceError) -> String {
        let words = &self.launch;
        match error {
            InstanceError::BadName(BadInstanceName(name)) => words.bad_name.fill(&[("name", name)]),
            InstanceError::Runs { name, pid: None } => words.runs.fill(&[("name", name)]),
            InstanceError::Runs { name, pid: Some(pid) } => {
                words.runs_as.fill(&[("name", name), ("pid", pid)])
            }
            InstanceError::Folder { folder, source } => {
                words.folder.fill(&[("folder", &folder.display()), ("error", source)])
            }
        }
    }

    fn untrusted(&self, error: &Untrusted) -> String {
        let words = &self.launch;
        match error {
            Untrusted::NotYours { wanted, path, owner } => words.not_yours.fill(&[
                ("wanted", &wanted.display()),
                ("path", &path.display()),
                ("owner", owner),
            ]),
            Untrusted::WritableByAll { wanted, path } => {
                words.writable_by_all.fill(&[("wanted", &wanted.display()), ("path", &path.display())])
            }
        }
    }

    /// Why a stack file cannot be used.
    pub fn stack_file_refused(&self, error: &StackFileError) -> String {
        let words = &self.launch;
        match error {
            StackFileError::Unreadable { file, source } => {
                words.unreadable.fill(&[("file", &file.display()), ("error", source)])
            }
            StackFileError::Untrusted(error) => {
                words.untrusted_file.fill(&[("message", &self.untrusted(error))])
            }
            StackFileError::Wrong { file, line, column, text, message } => {
                let place: [(&str, &dyn std::fmt::Display); 4] =
                    [("file", file), ("line", line), ("column", column), ("message", message)];
                if text.is_empty() {
                    return words.wrong.fill(&place);
                }
                words.wrong_at.fill(&[&place[..], &[("text", text)]].concat())
            }
        }
    }

    /// Why the `skinai` program cannot be used that should lie there.
    pub fn no_skinai(&self, program: &str) -> String {
        self.launch.no_skinai.fill(&[("program", &program)])
    }

    /// A refusal of the engine to do something, in this language; `row` is the service that was meant. What
    /// has a cause is worded where it is shown.
    pub fn request_refused(&self, error: ApiError, row: Option<&ServiceSnapshot>) -> ApiError {
        if error.cause.is_some() {
            return error;
        }
        let (words, message) = (&self.request, &error.message);
        let said = match (error.code, row) {
            (ErrorCode::Stopping, _) => words.stopping.plain(),
            (ErrorCode::Superseded, _) => words.superseded.plain(),
            (ErrorCode::NoFreePort, _) => words.no_free_port.fill(&[("message", message)]),
            (ErrorCode::PortTaken, _) => words.port_taken.fill(&[("message", message)]),
            (ErrorCode::PortIsStrict, Some(ServiceSnapshot { label, port: Some(port), .. })) => {
                words.port_is_strict.fill(&[("label", label), ("port", port)])
            }
            _ => return error,
        };
        ApiError::new(error.code, said)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use contract::Cause;

    use super::super::Language;
    use super::*;

    fn not_yours() -> Untrusted {
        Untrusted::NotYours { wanted: "/tmp/a/b".into(), path: "/tmp/a".into(), owner: "eve".to_owned() }
    }

    fn launch_errors() -> Vec<LaunchError> {
        let (name, text) = (|| "web".to_owned(), || "8000 is taken".to_owned());
        vec![
            LaunchError::BadPort(text()),
            LaunchError::BadHost("here".to_owned()),
            LaunchError::Instance(InstanceError::BadName(BadInstanceName("../x".to_owned()))),
            LaunchError::Instance(InstanceError::Runs { name: name(), pid: None }),
            LaunchError::Instance(InstanceError::Runs { name: name(), pid: Some(7) }),
            LaunchError::Instance(InstanceError::Folder {
                folder: "/run/x".into(),
                source: Error::other("no"),
            }),
            LaunchError::Untrusted(not_yours()),
            LaunchError::NoProgram { service: name(), program: "/bin/x".to_owned() },
            LaunchError::Strict(text()),
            LaunchError::NoFreePort { service: name(), reason: text() },
            LaunchError::System { what: "start".to_owned(), source: Error::other("no") },
        ]
    }

    fn stack_file_errors() -> Vec<StackFileError> {
        let wrong = |text: &str| StackFileError::Wrong {
            file: "/home/anna/stack.toml".to_owned(),
            line: 4,
            column: 1,
            text: text.to_owned(),
            message: "unknown key".to_owned(),
        };
        let unreadable =
            StackFileError::Unreadable { file: "/home/anna/stack.toml".into(), source: Error::other("no") };
        let writable = Untrusted::WritableByAll { wanted: "/a/b".into(), path: "/a".into() };
        vec![unreadable, not_yours().into(), writable.into(), wrong(""), wrong("comand")]
    }

    #[test]
    fn in_english_a_refused_launch_is_told_as_in_a_terminal_and_in_german_in_other_words() {
        let (english, german) = (Language::English.catalogue(), Language::German.catalogue());
        let launches = launch_errors();
        let launches = launches
            .iter()
            .map(|error| (error.to_string(), english.launch_refused(error), german.launch_refused(error)));
        let files = stack_file_errors();
        let files = files.iter().map(|error| {
            (error.to_string(), english.stack_file_refused(error), german.stack_file_refused(error))
        });
        for (told, in_english, in_german) in launches.chain(files) {
            assert_eq!(in_english, told);
            assert_ne!(in_german, told);
            assert!(!in_german.contains('{'), "{in_german}");
        }
    }

    #[test]
    fn a_refused_request_is_told_by_its_code_and_what_has_a_cause_by_that() {
        let german = Language::German.catalogue();
        let mut stack = crate::view::sample::stack([contract::ServiceState::Healthy; 3]);
        let row = stack.services.remove(0);
        let said = |code| german.request_refused(ApiError::new(code, "as it is"), Some(&row)).message;
        assert_eq!(said(ErrorCode::Stopping), "Die Dienste werden gerade beendet.");
        assert_eq!(
            said(ErrorCode::PortIsStrict),
            "Backend API behält Port 8000: So steht es in der Stack-Datei (strict = true)."
        );
        assert!(said(ErrorCode::NoFreePort).ends_with("as it is"));
        assert_eq!(said(ErrorCode::Internal), "as it is");
        let caused = ApiError::because(ErrorCode::Stopping, Cause::Stopped);
        assert_eq!(german.request_refused(caused.clone(), None), caused);
    }
}
