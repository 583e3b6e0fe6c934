//! What the benchmark was told.

use end_to_end::bench::Part;

/// One line on how to call it.
pub const USAGE: &str =
    "usage: cargo xtask bench launch [--rounds N] [--quick] [--only start|many|restart|crash|kill|idle]";

/// The parts of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Three services from exec to healthy.
    Start,
    /// A hundred of them.
    Many,
    /// A restart by hand under load.
    Restart,
    /// SIGKILL of a service under load.
    Crash,
    /// SIGKILL of the launcher.
    Kill,
    /// Nothing to do.
    Idle,
}

impl Part for What {
    const ALL: &'static [Self] =
        &[Self::Start, Self::Many, Self::Restart, Self::Crash, Self::Kill, Self::Idle];

    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Many => "many",
            Self::Restart => "restart",
            Self::Crash => "crash",
            Self::Kill => "kill",
            Self::Idle => "idle",
        }
    }
}

/// What it was told.
pub type Options = end_to_end::bench::Options<What>;

/// How often a launch is measured, unless it is told otherwise.
pub const ROUNDS: usize = 25;
