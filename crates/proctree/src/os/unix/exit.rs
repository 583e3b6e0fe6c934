//! How a process ended.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use contract::Cause;
use nix::sys::signal::Signal;

/// How a process ended, for people.
pub fn exit_cause(status: ExitStatus) -> Cause {
    match (status.code(), status.signal()) {
        (Some(code), _) => Cause::Exited { code },
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => Cause::Signalled { signal: signal.as_str().to_owned() },
            Err(_) => Cause::Signalled { signal: format!("signal {signal}") },
        },
        (None, None) => "ended".into(),
    }
}

/// The name of the signal that ended a process.
pub fn signal_name(status: ExitStatus) -> Option<String> {
    let signal = status.signal()?;
    Some(Signal::try_from(signal).map_or_else(|_| signal.to_string(), |name| name.as_str().to_owned()))
}
