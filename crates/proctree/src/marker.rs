//! By what the processes of a launch are known.

use std::sync::atomic::{AtomicU32, Ordering};

/// The variable by which the processes of a run are found again, wherever they went: its value is
/// [`LaunchMarker::as_str`].
pub const MARKER_VARIABLE: &str = "SKINAI_RUN";

/// Names the processes of one origin (a process that launches), of one launch, or of one run of a service.
///
/// A process carries it in the variable [`MARKER_VARIABLE`], and on Linux in two resource limits, in case it threw
/// that away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchMarker {
    text: String,
    pub(crate) origin: u64,
    /// A number of the origin's for one run.
    pub(crate) run: Option<u32>,
}

/// So many digits of a launch's name say of which origin it is.
const ORIGIN_DIGITS: usize = 16;

impl LaunchMarker {
    /// Everything that a process launches.
    #[cfg(unix)]
    pub(crate) fn origin(origin: u64) -> Self {
        Self { text: format!("{origin:016x}"), origin, run: None }
    }

    /// Every process of a launch, by the launch's random name.
    pub fn launch(launch: &str) -> Self {
        let origin = launch.get(..ORIGIN_DIGITS).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        Self { text: format!("{launch}/"), origin: origin.unwrap_or_default(), run: None }
    }

    /// Every process of one run, which is the `number`th of its service.
    pub fn run(&self, service: &str, number: u64) -> Self {
        // No other run of this process has it.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let run = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { text: format!("{}{service}/{number};", self.text), origin: self.origin, run: Some(run) }
    }

    /// The variable's value, or how it begins.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
