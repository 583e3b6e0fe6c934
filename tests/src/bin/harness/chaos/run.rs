//! Episode after episode, until the time is over or a promise is broken.

use std::time::{Duration, Instant};

use super::episode;

/// What the fault suite can be told.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Decides what happens; by itself one that is drawn and printed
    #[arg(long)]
    seed: Option<u64>,
    /// How long to go on
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// The only episode to run
    #[arg(long)]
    episode: Option<u64>,
}

/// Runs them; whether every promise was kept.
#[expect(clippy::print_stdout, reason = "a program of the tests")]
pub fn run(options: &Options) -> bool {
    let seed = options.seed.unwrap_or_else(|| fastrand::u32(..).into());
    println!("chaos: seed {seed}, {} minutes", options.minutes);
    let end = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    let episodes = options.episode.map_or(0..u64::MAX, |only| only..only + 1);
    let mut passed = 0;
    for number in episodes {
        if Instant::now() >= end {
            break;
        }
        let outcome = std::panic::catch_unwind(|| episode::run(seed, number));
        let Ok(summary) = outcome else {
            println!("chaos: episode {number} broke a promise; again: --seed {seed} --episode {number}");
            println!("{passed} passed, 1 failed");
            return false;
        };
        println!("chaos: episode {number}: {summary}");
        passed += 1;
    }
    println!("{passed} passed, 0 failed");
    true
}
