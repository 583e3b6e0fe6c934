//! `cargo xtask chaos [--seed N] [--minutes M]`: random but reproducible harm to real processes.
//!
//! The run is a row of episodes. Each launches a stack of fixtures, does [`faults`] to it while
//! [`invariants`] are checked all along, lets it recover, and ends it in one of the ways in which a
//! launcher ends. The seed and the number of an episode decide what happens in it, and both are printed.

#[cfg(target_os = "linux")]
mod dice;
#[cfg(target_os = "linux")]
mod episode;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod invariants;

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    // Its invariants are read from /proc.
    std::process::ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;
    use std::time::{Duration, Instant};

    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("chaos: {message}\nusage: chaos [--seed N] [--minutes M] [--episode N]");
            return ExitCode::from(2);
        }
    };
    let seed = options.seed.unwrap_or_else(|| u64::from(getrandom::u32().unwrap_or(1)));
    println!("chaos: seed {seed}, {} minutes", options.minutes);
    let end = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    let episodes = options.episode.map_or(0..u64::MAX, |only| only..only + 1);
    let mut passed = 0;
    for number in episodes {
        if Instant::now() >= end {
            break;
        }
        let outcome = std::panic::catch_unwind(|| episode::run(seed, number));
        match outcome {
            Ok(summary) => println!("chaos: episode {number}: {summary}"),
            Err(_) => {
                println!("chaos: episode {number} broke a promise; again: --seed {seed} --episode {number}");
                println!("{passed} passed, 1 failed");
                return ExitCode::FAILURE;
            }
        }
        passed += 1;
    }
    println!("{passed} passed, 0 failed");
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
struct Options {
    seed: Option<u64>,
    minutes: f64,
    episode: Option<u64>,
}

#[cfg(target_os = "linux")]
fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seed: None, minutes: 10.0, episode: None };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        let bad = |error: &dyn std::fmt::Display| format!("{arg}: {error}");
        match arg.as_str() {
            "--seed" => options.seed = Some(value()?.parse().map_err(|error| bad(&error))?),
            "--minutes" => options.minutes = value()?.parse().map_err(|error| bad(&error))?,
            "--episode" => options.episode = Some(value()?.parse().map_err(|error| bad(&error))?),
            _ => return Err(format!("no such option: {arg}")),
        }
    }
    Ok(options)
}
