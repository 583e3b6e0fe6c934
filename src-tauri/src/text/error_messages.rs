//! Error messages of the engine: why it was not launched, and why it does not carry out a request.
//!
//! In English they are the engine's own sentences. Where a part of one is only there as a sentence (what
//! the system said, what is wrong in a line of a stack file), that part stays as it is.

use contract::{ApiError, BadInstanceName, ErrorCode, Language, ServiceSnapshot, Words};
use stack::{InstanceError, LaunchError};
use stackfile::StackFileError;
use userdirs::Untrusted;

use super::TrayWords;

/// Why the engine was not launched.
pub fn launch_refused(error: &LaunchError, language: Language) -> String {
    let words = Words::of(language);
    match error {
        LaunchError::BadPort(message) => words.launch_bad_port(message),
        LaunchError::BadHost(host) => words.launch_bad_host(host),
        LaunchError::Instance(error) => instance_refused(error, words),
        LaunchError::Untrusted(error) => words.launch_untrusted_folder(untrusted(error, words)),
        LaunchError::NoProgram { service, program } => words.launch_no_program(service, program),
        LaunchError::Strict(message) => words.launch_strict(message),
        LaunchError::NoFreePort { service, reason } => words.launch_no_free_port(service, reason),
        LaunchError::System { what, source } => words.launch_system(what, source.to_string()),
    }
}

fn instance_refused(error: &InstanceError, words: &Words) -> String {
    match error {
        InstanceError::BadName(BadInstanceName(name)) => words.launch_bad_name(name),
        InstanceError::Runs { name, pid: None } => words.launch_runs(name),
        InstanceError::Runs { name, pid: Some(pid) } => words.launch_runs_as(name, *pid),
        InstanceError::Folder { folder, source } => {
            words.launch_folder(folder.to_string_lossy(), source.to_string())
        }
    }
}

/// Why a file or folder is not used; a fragment that begins with its name.
pub(crate) fn untrusted(error: &Untrusted, words: &Words) -> String {
    match error {
        Untrusted::NotYours { wanted, path, owner } => {
            words.launch_not_yours(wanted.to_string_lossy(), path.to_string_lossy(), owner)
        }
        Untrusted::WritableByAll { wanted, path } => {
            words.launch_writable_by_all(wanted.to_string_lossy(), path.to_string_lossy())
        }
    }
}

/// Why a stack file cannot be used.
pub fn stack_file_refused(error: &StackFileError, language: Language) -> String {
    let words = Words::of(language);
    match error {
        StackFileError::Unreadable { file, source } => {
            words.launch_unreadable(file.to_string_lossy(), source.to_string())
        }
        StackFileError::Untrusted(error) => words.launch_untrusted_file(untrusted(error, words)),
        StackFileError::Wrong { file, line, column, text, message } if text.is_empty() => {
            words.launch_wrong(file, *line, *column, message)
        }
        StackFileError::Wrong { file, line, column, text, message } => {
            words.launch_wrong_at(file, *line, *column, message, text)
        }
    }
}

/// A refusal of the engine to do something, in this language; `row` is the service that was meant. What
/// has a cause is worded where it is shown.
pub fn request_refused(error: ApiError, row: Option<&ServiceSnapshot>, language: Language) -> ApiError {
    if error.cause.is_some() {
        return error;
    }
    let (words, message) = (TrayWords::of(language), &error.message);
    let said = match (error.code, row) {
        (ErrorCode::Stopping, _) => words.request_stopping(),
        (ErrorCode::Superseded, _) => words.request_superseded(),
        (ErrorCode::NoFreePort, _) => words.request_no_free_port(message),
        (ErrorCode::PortTaken, _) => words.request_port_taken(message),
        (ErrorCode::PortIsStrict, Some(ServiceSnapshot { label, port: Some(port), .. })) => {
            words.request_port_is_strict(label, *port)
        }
        _ => return error,
    };
    ApiError::new(error.code, said)
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use contract::Cause;

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
        let (english, german) = (Language::English, Language::German);
        let launches = launch_errors();
        let launches = launches
            .iter()
            .map(|error| (error.to_string(), launch_refused(error, english), launch_refused(error, german)));
        let files = stack_file_errors();
        let files = files.iter().map(|error| {
            (error.to_string(), stack_file_refused(error, english), stack_file_refused(error, german))
        });
        for (told, in_english, in_german) in launches.chain(files) {
            assert_eq!(in_english, told);
            assert_ne!(in_german, told);
            assert!(!in_german.contains('{'), "{in_german}");
        }
    }

    #[test]
    fn a_refused_request_is_told_by_its_code_and_what_has_a_cause_by_that() {
        let german = Language::German;
        let mut stack = crate::view::sample::stack([contract::ServiceState::Healthy; 3]);
        let row = stack.services.remove(0);
        let said = |code| request_refused(ApiError::new(code, "as it is"), Some(&row), german).message;
        assert_eq!(said(ErrorCode::Stopping), "Die Dienste werden gerade beendet.");
        assert_eq!(
            said(ErrorCode::PortIsStrict),
            "Backend API behält Port 8000: So steht es in der Stack-Datei (strict = true)."
        );
        assert!(said(ErrorCode::NoFreePort).ends_with("as it is"));
        assert_eq!(said(ErrorCode::Internal), "as it is");
        let caused = ApiError::because(ErrorCode::Stopping, Cause::Stopped);
        assert_eq!(request_refused(caused.clone(), None, german), caused);
    }
}
