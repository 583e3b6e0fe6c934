//! What is built and run outside the tests.

use anyhow::{Result, bail};

use crate::{pages, paths, programs, setup, sh, windows};

/// Pages and release programs.
pub fn release() -> Result<()> {
    setup::for_build()?;
    pages::build()?;
    sh::run(&mut sh::cargo(&["build", "--release", "--package", "skinai", "--package", "skin-ai-assistant"]))
}

const BENCHMARKS: &str = "ports, launch, commands or desktop";

/// `bench NAME`.
pub fn bench(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else { bail!("which benchmark? {BENCHMARKS}") };
    match name.as_str() {
        "ports" => sh::run(sh::cargo(&["bench", "--package", "ports", "--bench", "ports", "--"]).args(rest)),
        "launch" => {
            setup::for_test()?;
            pages::build()?;
            sh::run(&mut sh::cargo(&["build", "--release", "--package", "skinai", "--package", "fixture"]))?;
            let mut harness = sh::cargo(&["run", "--release", "--package", "end-to-end", "--bin", "harness"]);
            harness.args(["--", "bench", "launch"]).args(rest);
            sh::run(harness.env(programs::VARIABLE, programs::path()?))
        }
        "desktop" => {
            setup::for_test()?;
            pages::build()?;
            // All at once, so that they are built with the same features of what they share.
            let packages = ["skinai", "skin-ai-assistant", "empty-tray", "end-to-end"];
            let mut build = sh::cargo(&["build", "--release"]);
            sh::run(build.args(packages.iter().flat_map(|package| ["--package", package])))?;
            let program = paths::target().join("release/harness");
            sh::run(sh::command(&program.to_string_lossy()).args(["bench", "desktop"]).args(rest))
        }
        // Of the build that the tests run, on every system.
        "commands" => match rest {
            [] => {
                sh::run(&mut sh::cargo(&["build", "--package", "skinai", "--package", "fixture"]))?;
                sh::run(&mut sh::cargo(&[
                    "bench",
                    "--profile",
                    "dev",
                    "--package",
                    "skinai",
                    "--bench",
                    "commands",
                ]))
            }
            [flag, target] if flag == "--target" && target == setup::WINDOWS_TARGET => windows::bench(),
            _ => bail!("bench commands [--target {}]", setup::WINDOWS_TARGET),
        },
        other => bail!("no such benchmark: {other} ({BENCHMARKS})"),
    }
}

/// `chaos [--seed N] [--minutes M]`.
pub fn chaos(args: &[String]) -> Result<()> {
    setup::for_build()?;
    pages::build()?;
    sh::run(&mut sh::cargo(&["build", "--package", "skinai", "--package", "fixture"]))?;
    sh::run(sh::cargo(&["run", "--package", "end-to-end", "--bin", "harness", "--", "chaos"]).args(args))
}

/// `soak [--seed N] [--minutes M]`.
pub fn soak(args: &[String]) -> Result<()> {
    setup::for_test()?;
    pages::build()?;
    sh::run(&mut sh::cargo(&["build", "--package", "skinai", "--package", "end-to-end"]))?;
    let program = paths::target().join("debug/harness");
    let mut harness = sh::command(&program.to_string_lossy());
    sh::run(harness.arg("launchers").args(args).env(programs::VARIABLE, programs::path()?))
}
