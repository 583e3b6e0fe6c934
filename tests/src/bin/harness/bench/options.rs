//! What a benchmark can be told.

use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};

/// How often something is measured.
pub type Rounds = u16;

/// A part of a benchmark, which can be measured alone.
pub trait Part: ValueEnum + Send + Sync + 'static {
    /// How often a launch is measured, unless it is told otherwise.
    const ROUNDS: Rounds;
}

/// What a benchmark is told, or does by itself.
#[derive(Debug, Args)]
pub struct Options<P: Part> {
    /// How often a launch is measured; what takes seconds is measured a third as often
    #[arg(long, default_value_t = P::ROUNDS, value_parser = value_parser!(Rounds).range(1..))]
    pub rounds: Rounds,
    /// Idles for 10 s where 60 s are usual
    #[arg(long)]
    quick: bool,
    /// The only part to measure
    #[arg(long)]
    only: Option<P>,
}

impl<P: Part> Options<P> {
    /// The parts to measure, each with its name.
    pub fn parts(&self) -> impl Iterator<Item = (&P, String)> {
        let parts = self.only.as_ref().map_or(P::value_variants(), std::slice::from_ref);
        parts.iter().map(|part| {
            let name = part.to_possible_value().map(|value| value.get_name().to_owned());
            (part, name.unwrap_or_default())
        })
    }

    /// How often something is measured that takes seconds.
    pub fn slow_rounds(&self) -> Rounds {
        self.rounds.div_ceil(3)
    }

    /// How long whatever is measured idles.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(if self.quick { 10 } else { 60 })
    }
}
