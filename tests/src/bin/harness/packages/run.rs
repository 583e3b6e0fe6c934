//! A package is tried by a second process, and the machine cleaned up after it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{deb, machine, rpm};

/// Which package is tried.
#[derive(Debug, Args)]
pub struct Options {
    kind: Kind,
    file: PathBuf,
    /// This is the second process
    #[arg(long = machine::SECOND, hide = true)]
    second: bool,
}

/// Who installs it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// dpkg
    Deb,
    /// rpm
    Rpm,
}

/// Tries it; whether it passed.
pub fn run(options: &Options) -> bool {
    if !options.second {
        return machine::guarded(std::env::args_os().skip(1));
    }
    machine::heed_signals();
    // What failed has been told by its panic.
    std::panic::catch_unwind(|| match options.kind {
        Kind::Deb => deb::try_it(&options.file),
        Kind::Rpm => rpm::try_it(&options.file),
    })
    .is_ok()
}
