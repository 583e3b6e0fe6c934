//! How the steps of `cargo xtask test` are run, told and summed up.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// What was done, step by step.
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Outcome, Duration)>,
}

enum Outcome {
    Passed,
    Failed(String),
    LeftOut(String),
}

impl Steps {
    /// A step that the rest needs.
    pub fn must<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = begin(name);
        let result = step();
        let outcome =
            result.as_ref().map_or_else(|error| Outcome::Failed(format!("{error:#}")), |_| Outcome::Passed);
        self.end(name, outcome, begun);
        result
    }

    /// A step that can fail alone.
    pub fn try_it(&mut self, name: &str, step: impl FnOnce() -> Result<()>) {
        // The error is told at once and again at the end.
        let _ = self.must(name, step);
    }

    /// A step that this machine cannot do.
    pub fn left_out(&mut self, name: &str, reason: &str) {
        let begun = begin(name);
        self.end(name, Outcome::LeftOut(reason.to_owned()), begun);
    }

    fn end(&mut self, name: &str, outcome: Outcome, begun: Instant) {
        let took = begun.elapsed();
        eprintln!("== {}: {} ({:.1} s)", name, told(&outcome), took.as_secs_f64());
        self.done.push((name.to_owned(), outcome, took));
    }

    /// A table of what was done.
    pub fn finish(self) -> ExitCode {
        let total: Duration = self.done.iter().map(|(_, _, took)| *took).sum();
        println!("\n== cargo xtask test, {:.0} s", total.as_secs_f64());
        for (name, outcome, took) in &self.done {
            println!("{:>7.1} s  {name}: {}", took.as_secs_f64(), told(outcome));
        }
        let failed = self.done.iter().any(|(_, outcome, _)| matches!(outcome, Outcome::Failed(_)));
        if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn begin(name: &str) -> Instant {
    eprintln!("\n== {name}");
    Instant::now()
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Failed(why) => format!("FAILED: {why}"),
        Outcome::LeftOut(why) => format!("left out: {why}"),
    }
}
