//! What is built and run outside the tests.

use anyhow::{Result, bail};

use crate::{pages, setup, sh};

/// Pages and release programs.
pub fn release() -> Result<()> {
    setup::for_build()?;
    pages::build()?;
    sh::run(&mut sh::cargo(&[
        "build",
        "--release",
        "--package",
        "skinai-cli",
        "--package",
        "skin-ai-assistant",
    ]))
}

/// `bench NAME`.
pub fn bench(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else { bail!("which benchmark? ports or launch") };
    match name.as_str() {
        "ports" => sh::run(sh::cargo(&["bench", "--package", "ports", "--bench", "ports", "--"]).args(rest)),
        "launch" => {
            setup::for_build()?;
            pages::build()?;
            sh::run(&mut sh::cargo(&[
                "build",
                "--release",
                "--package",
                "skinai-cli",
                "--package",
                "fixture",
            ]))?;
            sh::run(
                sh::cargo(&["run", "--release", "--package", "end-to-end", "--bin", "bench_launch", "--"])
                    .args(rest),
            )
        }
        other => bail!("no such benchmark: {other} (ports or launch)"),
    }
}

/// `chaos [--seed N] [--minutes M]`.
pub fn chaos(args: &[String]) -> Result<()> {
    setup::for_build()?;
    pages::build()?;
    sh::run(&mut sh::cargo(&["build", "--package", "skinai-cli", "--package", "fixture"]))?;
    sh::run(sh::cargo(&["run", "--package", "end-to-end", "--bin", "chaos", "--"]).args(args))
}
