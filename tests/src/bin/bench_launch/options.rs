//! What the benchmark was told.

use std::time::Duration;

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

impl What {
    /// All, in the order in which they are measured.
    pub const ALL: [Self; 6] = [Self::Start, Self::Many, Self::Restart, Self::Crash, Self::Kill, Self::Idle];

    /// What `--only` calls it.
    pub fn name(self) -> &'static str {
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

/// See [`USAGE`].
#[derive(Debug)]
pub struct Options {
    /// How often a launch is measured.
    pub rounds: usize,
    /// How long the launcher idles.
    pub idle: Duration,
    /// The only part to measure.
    pub only: Option<What>,
}

impl Options {
    /// Reads the arguments (without the program's name).
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { rounds: 25, idle: Duration::from_secs(60), only: None };
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
