//! The parts of the benchmark, one after the other.

use crate::bench::{self, Rounds};

use super::{Options, crash, idle, python, restart, start};

/// The parts of the benchmark.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Part {
    /// Three services from exec to healthy
    Start,
    /// A hundred of them
    Many,
    /// A restart by hand under load
    Restart,
    /// SIGKILL of a service under load
    Crash,
    /// SIGKILL of the launcher
    Kill,
    /// Nothing to do
    Idle,
    /// The example in Python, in the background
    Python,
}

impl bench::Part for Part {
    const ROUNDS: Rounds = 25;
}

/// Measures; whether every promise is kept.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]
pub fn run(options: &Options) -> bool {
    println!("{}", bench::machine());
    let mut rows = Vec::new();
    for (part, name) in options.parts() {
        eprintln!("bench launch: {name}");
        rows.extend(match part {
            Part::Start => start::three(options),
            Part::Many => start::hundred(options),
            Part::Restart => restart::by_hand(options),
            Part::Crash => crash::of_a_service(options),
            Part::Kill => crash::of_the_launcher(options),
            Part::Idle => idle::three(options),
            Part::Python => python::example(options),
        });
    }
    bench::finish(&rows)
}
