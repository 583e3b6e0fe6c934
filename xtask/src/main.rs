//! The commands of the repository: `cargo xtask help`.
//!
//! They do all set-up themselves: a fresh clone on Debian 12 with git, a C compiler and a Rust
//! toolchain needs nothing else. [`setup`] names everything that is ever installed.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command of the repository talks to its user"
)]

mod build;
mod bundle;
#[cfg(unix)]
mod macos;
mod pages;
mod paths;
mod photo;
mod programs;
mod run;
mod setup;
mod sh;
mod steps;
mod test;
mod windows;
mod windows_bundle;
#[cfg(unix)]
mod windows_tray;
#[cfg(windows)]
mod windows_trial;
mod wine;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  run [ARG]...               build, and launch the tray application (without a display: `skinai run ARG...`)
  test [FILTER]...           everything that continuous integration runs; with FILTER: only the tests whose
                             names contain it, after set-up and build; `test packages` and `test windows`: only
                             those steps
  build                      pages and release programs: target/release/skinai and target/release/skin-ai-assistant
  bundle                     packages for this system: .deb, .rpm, AppImage where its tool is at hand; with
                             --target x86_64-pc-windows-gnu: the installer for Windows, and a ZIP
  bench NAME                 ports, launch, commands, desktop: measured next to a plain alternative in the same run;
                             `commands` with --target x86_64-pc-windows-gnu: under wine
  chaos [--seed N] [--minutes M]   random but reproducible faults against real processes
  soak [--seed N] [--minutes M]    the contract's launchers, restarted, killed and launched again: is the map true?
  pages                      the pages alone: ui/dist
  setup                      install what is missing for all of the above, and nothing else
";

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let command = words.next().unwrap_or_default();
    match dispatch(&command, &words.collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, rest: &[String]) -> Result<ExitCode> {
    match command {
        "run" => return run::run(rest),
        "test" => return test::run(rest),
        "build" => build::release()?,
        "bundle" => bundle::run(rest)?,
        "bench" => build::bench(rest)?,
        "chaos" => build::chaos(rest)?,
        "soak" => build::soak(rest)?,
        "pages" => {
            setup::for_build()?;
            pages::build()?;
        }
        "setup" => {
            setup::for_test()?;
        }
        #[cfg(windows)]
        "try-installer" => windows_trial::run(rest)?,
        #[cfg(unix)]
        "try-tray" => windows_tray::run()?,
        "help" | "-h" | "--help" => print!("{HELP}"),
        "" => bail!("which command?\n\n{HELP}"),
        other => bail!("no such command: {other}\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}
