//! `skinai assets`: what a package carries besides the program, made from the command line's own words.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::{FAILED, Failure, Outcome};

pub(crate) fn write(folder: &Path) -> Outcome {
    let trouble = |error: std::io::Error| {
        Failure::new(FAILED, format!("cannot write into {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(trouble)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut Arguments::command(), "skinai", folder).map_err(trouble)?;
    }
    clap_mangen::generate_to(Arguments::command(), folder).map_err(trouble)?;
    Ok(ExitCode::SUCCESS)
}
