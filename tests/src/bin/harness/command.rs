//! What the program can be told, and who carries it out.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench::{self, desktop, launch};
use crate::{chaos, launchers, packages};

/// Benchmarks, the fault suite, and the trial of the packages.
#[derive(Debug, Parser)]
#[command(name = "harness")]
enum Command {
    /// Measures beside a plain alternative in the same run; exit code 1 if a promise is broken
    #[command(subcommand)]
    Bench(Bench),
    /// Does random but reproducible harm to real processes
    Chaos(chaos::Options),
    /// Restarts, kills and relaunches the contract's own launchers, and checks that the map is true at every look
    Launchers(launchers::Options),
    /// Tries a package as a person installs it
    Packages(packages::Options),
    /// The bare start as a program of its own
    #[command(hide = true)]
    Baseline(launch::Baseline),
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Launching, restarting, crashing and idling
    Launch(bench::Options<launch::Part>),
    /// The tray application beside the smallest one that Tauri makes
    Desktop(bench::Options<desktop::Part>),
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let passed = match Command::parse() {
        Command::Bench(Bench::Launch(options)) => launch::run(&options),
        Command::Bench(Bench::Desktop(options)) => desktop::run(&options),
        Command::Chaos(options) => chaos::run(&options),
        Command::Launchers(options) => launchers::run(&options),
        Command::Packages(options) => packages::run(&options),
        Command::Baseline(baseline) => {
            baseline.run();
            true
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
