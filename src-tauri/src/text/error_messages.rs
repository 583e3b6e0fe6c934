//! Error messages of requests. Where a part of one is only there as a sentence of the engine, that part stays as
//! it is.

use contract::{ApiError, ErrorCode, Language, ServiceSnapshot};

use super::TrayWords;

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

    use contract::BadInstanceName;
    use contract::Cause;
    use engine::{InstanceError, LaunchError};
    use stackfile::{Fault, StackFileError};
    use userdirs::Untrusted;

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
            LaunchError::NoProgram {
                service: name(),
                cause: Cause::NoProgram { program: "/bin/x".to_owned() },
            },
            LaunchError::NoProgram { service: name(), cause: Cause::NoFolder { folder: "/x".to_owned() } },
            LaunchError::Strict(text()),
            LaunchError::NoFreePort { service: name(), reason: text() },
            LaunchError::LeftBehind(vec![7, 8]),
            LaunchError::System { what: "start".to_owned(), source: Error::other("no") },
        ]
    }

    fn stack_file_errors() -> Vec<StackFileError> {
        let wrong = |text: &str| StackFileError::Wrong {
            file: "/home/anna/stack.toml".to_owned(),
            text: String::new(),
            faults: vec![Fault {
                span: 0..0,
                line: 4,
                column: 1,
                text: text.to_owned(),
                message: "unknown key".to_owned(),
                help: None,
            }],
        };
        let unreadable =
            StackFileError::Unreadable { file: "/home/anna/stack.toml".into(), source: Error::other("no") };
        let writable = Untrusted::WritableByAll { wanted: "/a/b".into(), path: "/a".into() };
        vec![unreadable, not_yours().into(), writable.into(), wrong(""), wrong("comand")]
    }

    /// Word for word as they stand in a terminal.
    const IN_ENGLISH: [&str; 18] = [
        "8000 is taken",
        "SKINAI_HOST is `here`, which is no IP address; write one like 127.0.0.1 or ::1",
        "`../x` is not a name for an instance: use letters, digits, `-`, `_` and `.`, at most 40",
        "instance web runs already; stop it with `skinai stop --instance web` or choose another name",
        "instance web runs already (process 7); stop it with `skinai stop --instance web` or choose another name",
        "cannot use the runtime folder /run/x: no",
        "the folder /tmp/a/b is not used, since /tmp/a belongs to eve; make it yours with chown, or set HOME, or the XDG variable that names it, to a folder of yours",
        "service web: there is no program `/bin/x`; check the command in the stack file",
        "service web: its folder /x is not there; make it, or correct `cwd` in the stack file",
        "8000 is taken; the stack file says strict = true, so no other port is used",
        "no free port for service web: 8000 is taken; end one of the holders, or give another range",
        "processes are left that could not be ended: 7, 8",
        "cannot start: no",
        "cannot read the stack file /home/anna/stack.toml: no; mend it, or name another one by --stack or SKINAI_STACK",
        "the stack file /tmp/a/b is not used, since /tmp/a belongs to eve; make it yours with chown, or set HOME, or the XDG variable that names it, to a folder of yours, or name another one by --stack or SKINAI_STACK",
        "the stack file /a/b is not used, since everybody may write to /a; forbid it by `chmod o-w /a`, or name another one by --stack or SKINAI_STACK",
        "/home/anna/stack.toml:4:1: unknown key",
        "/home/anna/stack.toml:4:1: unknown key (found `comand`)",
    ];

    #[test]
    fn in_english_a_refused_launch_is_told_as_in_a_terminal_and_in_german_in_other_words() {
        let launches = launch_errors();
        let launches = launches.iter().map(|error| (error.to_string(), error.said(Language::German)));
        let files = stack_file_errors();
        let files = files.iter().map(|error| (error.to_string(), error.said(Language::German)));
        let told: Vec<_> = launches.chain(files).collect();
        for (told, in_german) in &told {
            assert_ne!(in_german, told);
            assert!(!in_german.contains('{'), "{in_german}");
        }
        assert_eq!(told.iter().map(|(in_english, _)| in_english.as_str()).collect::<Vec<_>>(), IN_ENGLISH);
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
