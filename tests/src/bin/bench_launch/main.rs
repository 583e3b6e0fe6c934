//! `cargo xtask bench launch [--rounds N] [--quick] [--only WHAT]`: what launching, restarting, crashing and
//! idling cost, next to a bare start of the same programs in the same run.
//!
//! Every service is the fixture. A *bare start* is what a parent does that only binds the sockets, hands
//! them over and starts the programs ([`bare`]). Rounds of the two take turns, so that a busy machine is as
//! bad for one as for the other; figures are medians unless they say otherwise.

#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod fall;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod restart;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod stream;

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    // Its figures are read from /proc.
    std::process::ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    use end_to_end::bench::{self, Part as _};
    use options::{Options, ROUNDS, USAGE, What};

    if std::env::args().nth(1).as_deref() == Some(bare::PARENT) {
        bare::be_parent(std::env::args().skip(2));
        return ExitCode::SUCCESS;
    }
    let options = match Options::from_args(ROUNDS, std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("bench launch: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("{}", bench::machine());
    let mut rows = Vec::new();
    for what in options.parts() {
        eprintln!("bench launch: {}", what.name());
        rows.extend(match what {
            What::Start => start::three(&options),
            What::Many => start::hundred(&options),
            What::Restart => restart::by_hand(&options),
            What::Crash => fall::of_a_service(&options),
            What::Kill => fall::of_the_launcher(&options),
            What::Idle => idle::three(&options),
        });
    }
    println!("{}\n{}", bench::table(&rows), bench::machine());
    if rows.iter().any(bench::Row::is_over) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
