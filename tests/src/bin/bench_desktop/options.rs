//! What the benchmark was told.

use std::time::Duration;

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

impl What {
    /// All, in the order in which they are measured.
    pub const ALL: [Self; 3] = [Self::Launch, Self::Memory, Self::Idle];

    /// What `--only` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Memory => "memory",
            Self::Idle => "idle",
        }
    }
}

/// See [`USAGE`].
#[derive(Debug)]
pub struct Options {
    /// How often a launch is measured.
    pub rounds: usize,
    /// How long the application idles.
    pub idle: Duration,
    /// The only part to measure.
    pub only: Option<What>,
}

impl Options {
    /// Reads the arguments (without the program's name).
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { rounds: 15, idle: Duration::from_secs(60), only: None };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--rounds" => options.rounds = number(args.next())?,
                "--quick" => options.idle = Duration::from_secs(10),
                "--only" => options.only = Some(part(args.next())?),
                _ => return Err(format!("no such option: {arg}")),
            }
        }
        Ok(options)
    }

    /// How often something is measured that takes seconds.
    pub fn slow_rounds(&self) -> usize {
        self.rounds.div_ceil(3)
    }
}

fn number(text: Option<String>) -> Result<usize, String> {
    let number = text.and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| "--rounds needs a number above 0".to_owned())
}

fn part(text: Option<String>) -> Result<What, String> {
    let text = text.unwrap_or_default();
    let found = What::ALL.into_iter().find(|what| what.name() == text);
    found.ok_or_else(|| format!("--only does not know {text:?}"))
}
