//! The Windows side: as a machine without Windows proves it, built and run under wine, and as Windows does.

use std::process::Command;

use anyhow::Result;

use crate::setup::{self, WINDOWS_TARGET};
use crate::steps::Steps;
use crate::wine::Wine;
use crate::{paths, sh, windows_bundle};

/// What is built for it and tested there: all but the tools of the tests. Always together, so that what they share is
/// built once.
const PACKAGES: &[&str] = &[
    "client",
    "contract",
    "engine",
    "fixture",
    "ports",
    "proctree",
    "scaffold",
    "skin-ai-assistant",
    "skinai",
    "stackfile",
    "supervisor",
    "userdirs",
    "xtask",
];
const LINTS: [&[&str]; 2] = [&["clippy", "--all-targets"], &["--", "-D", "warnings"]];
const BUILD: &[&str] = &["build", "--bins", "--tests"];
#[cfg(windows)]
const TEST: &[&str] = &["test", "--tests", "--no-fail-fast", "--quiet"];

/// Lints, and the same tests, on Windows itself.
#[cfg(windows)]
pub fn test_here(steps: &mut Steps) {
    let here = |words: &[&str], more: &[&str]| {
        sh::run(sh::cargo(words).args(PACKAGES.iter().flat_map(|package| ["--package", package])).args(more))
    };
    steps.try_it("lints", || here(LINTS[0], LINTS[1]));
    if steps.must("build", || here(BUILD, &[])).is_ok() {
        steps.try_it("tests", || here(TEST, &[]));
    }
}

/// That it compiles, with its tests.
pub fn lint(steps: &mut Steps) {
    const LINTED: &str = "the Windows side: lints";
    match setup::rust_target(WINDOWS_TARGET) {
        Ok(()) => steps.try_it(LINTED, || sh::run(cargo(LINTS[0]).args(LINTS[1]))),
        Err(reason) => steps.left_out(LINTED, &reason),
    }
}

/// Builds it and runs it.
pub fn test(steps: &mut Steps) {
    const BUILT: &str = "the Windows side is built";
    const TESTS: &str = "the Windows side, under wine: tests";
    if let Err(reason) = setup::rust_target(WINDOWS_TARGET) {
        steps.left_out(BUILT, &reason);
        return;
    }
    if steps.must(BUILT, || sh::run(&mut cargo(BUILD))).is_err() {
        return;
    }
    if let Err(reason) = setup::for_wine() {
        steps.left_out(TESTS, &reason);
        return;
    }
    let Ok(wine) = steps.must("the Windows side, under wine: set-up", Wine::set_up) else { return };
    steps.try_it("the Windows side, under wine: the installer", || installer(&wine));
    steps.try_it("the Windows side, under wine: the tray", || tray(&wine));
    steps.try_it(TESTS, || wine.run("tests", &nextest()));
}

/// How long the commands take there.
pub fn bench() -> Result<()> {
    setup::rust_target(WINDOWS_TARGET).map_err(anyhow::Error::msg)?;
    setup::for_wine().map_err(anyhow::Error::msg)?;
    sh::run(&mut cargo(BUILD))?;
    let mut bench = cargo(&["bench", "--profile", "dev", "--bench", "commands"]);
    sh::run(bench.arg("--no-run"))?;
    Wine::set_up()?.show("bench", &cargo(&["bench", "--profile", "dev", "--quiet", "--bench", "commands"]))
}

/// Installed, launched, upgraded and removed while it runs.
fn installer(wine: &Wine) -> Result<()> {
    setup::for_windows_bundle()?;
    let installers = windows_bundle::for_tests()?;
    let xtask = paths::target().join(WINDOWS_TARGET).join("debug/xtask.exe");
    let mut trial = sh::command("wine");
    wine.run_with_screen("installer", trial.arg(xtask).arg("try-installer").args(installers))
}

/// Its icon, a second launch, its end and that of the session.
fn tray(wine: &Wine) -> Result<()> {
    wine.run_with_screen("tray", sh::command(&std::env::current_exe()?.to_string_lossy()).arg("try-tray"))
}

/// Each test in a process of its own: of several that start programs in one process, wine 8 fails some.
fn nextest() -> Command {
    let mut nextest = sh::command("cargo-nextest");
    nextest.args(["nextest", "run", "--tests", "--no-fail-fast", "--show-progress=none"]);
    for_windows(nextest)
}

fn cargo(words: &[&str]) -> Command {
    for_windows(sh::cargo(words))
}

fn for_windows(mut cargo: Command) -> Command {
    cargo.args(["--target", WINDOWS_TARGET]);
    cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    // Nobody debugs it here, and it is linked in half the time.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
    cargo
}
