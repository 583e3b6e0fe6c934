//! `harness COMMAND`: benchmarks, the fault suite, the soak of the contract's launchers, and the trial of the packages. One binary, so that it is
//! linked once; `cargo xtask` builds what each command needs and runs it.

#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
mod chaos;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod launchers;
#[cfg(target_os = "linux")]
mod packages;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    command::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    // What all of them measure and check is read from /proc.
    ExitCode::FAILURE
}
