//! What a benchmark was told: `[--rounds N] [--quick] [--only PART]`.

use std::time::Duration;

/// A part of a benchmark, which can be measured alone.
pub trait Part: Copy + PartialEq + 'static {
    /// All, in the order in which they are measured.
    const ALL: &'static [Self];

    /// What `--only` calls it.
    fn name(self) -> &'static str;
}

/// What was told, or is usual.
#[derive(Debug)]
pub struct Options<P> {
    /// How often a launch is measured.
    pub rounds: usize,
    /// How long whatever is measured idles.
    pub idle: Duration,
    /// The only part to measure.
    pub only: Option<P>,
}

impl<P: Part> Options<P> {
    /// Reads the arguments of this program; `rounds` is what is usual.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_args(rounds: usize, mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { rounds, idle: Duration::from_secs(60), only: None };
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

    /// The parts to measure.
    pub fn parts(&self) -> impl Iterator<Item = P> {
        let only = self.only;
        P::ALL.iter().copied().filter(move |part| only.is_none_or(|only| only == *part))
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

fn part<P: Part>(text: Option<String>) -> Result<P, String> {
    let text = text.unwrap_or_default();
    let found = P::ALL.iter().copied().find(|part| part.name() == text);
    found.ok_or_else(|| format!("--only does not know {text:?}"))
}
