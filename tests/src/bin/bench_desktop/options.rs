//! What the benchmark was told.

use end_to_end::bench::Part;

/// One line on how to call it.
pub const USAGE: &str = "usage: cargo xtask bench desktop [--rounds N] [--quick] [--only launch|memory|idle]";

/// The parts of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// From exec to the icon in the tray, and to every service healthy.
    Launch,
    /// What the tray alone holds in memory.
    Memory,
    /// Nothing to do, with the panel closed, open, and closed again.
    Idle,
}

impl Part for What {
    const ALL: &'static [Self] = &[Self::Launch, Self::Memory, Self::Idle];

    fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Memory => "memory",
            Self::Idle => "idle",
        }
    }
}

/// What it was told.
pub type Options = end_to_end::bench::Options<What>;

/// How often a launch is measured, unless it is told otherwise.
pub const ROUNDS: usize = 15;
