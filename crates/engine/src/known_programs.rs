//! Programs that behave as services otherwise than a stack file would have it, and what is done or said about each.

use std::path::Path;

use contract::{Cause, Handoff};

/// Variables of every service, unless the environment or the stack file sets them.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    // Python keeps what it prints into a pipe back, up to some kilobytes, unless this is set.
    ("PYTHONUNBUFFERED", "1"),
    // Where there is a display, Streamlit asks for an e-mail address at its first start, and opens a tab at each.
    ("STREAMLIT_SERVER_HEADLESS", "true"),
];

/// A program that ends at once when it is started as the stack file says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownFailure(fn(Box<Cause>) -> Cause);

impl KnownFailure {
    /// Recognises a command.
    pub(crate) fn of(command: &[String], handoff: Handoff) -> Option<Self> {
        let runs = |program: &str| {
            command.iter().any(|word| Path::new(word).file_name().is_some_and(|name| name == program))
        };
        let names_descriptor = command.iter().any(|word| word.contains("fd://") || word == "--fd");
        let starts = |program: &str| {
            command.first().and_then(|word| Path::new(word).file_stem()).is_some_and(|name| name == program)
        };
        Some(Self(match handoff {
            // It takes descriptor 3 for LISTEN_PID, and once more for the option.
            Handoff::Socket if runs("gunicorn") && names_descriptor => {
                |because| Cause::TakesSocketItself { because }
            }
            // Node.js gives a child no descriptor but the first three.
            Handoff::Socket if starts("npm") || starts("npx") => |because| Cause::PassesNoSocket { because },
            Handoff::Number
                if ["uvicorn", "gunicorn", "hypercorn"].iter().any(|name| runs(name)) && names_descriptor =>
            {
                |because| Cause::NeedsSocket { because }
            }
            _ => return None,
        }))
    }

    /// Why it ended, and the one thing to do.
    pub(crate) fn explain(self, because: Cause) -> Cause {
        (self.0)(Box::new(because))
    }
}
