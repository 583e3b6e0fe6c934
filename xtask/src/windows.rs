//! The Windows side: as a machine without Windows proves it, built and run under wine, and as Windows does.

use anyhow::Result;

use crate::setup::{self, WINDOWS_TARGET};
use crate::test::Steps;
use crate::wine::Wine;
use crate::{paths, sh, windows_bundle};

/// What is built for it: all but the tools of the tests.
const PROGRAMS: &[&str] = &["skinai", "skin-ai-assistant", "fixture", "xtask"];

/// The packages whose tests are run there, every one.
const TESTED: &[&str] = &[
    "client",
    "contract",
    "engine",
    "ports",
    "proctree",
    "scaffold",
    "skinai",
    "stackfile",
    "supervisor",
    "userdirs",
];

/// Lints, and the same tests, on Windows itself.
#[cfg(windows)]
pub fn test_here(steps: &mut Steps) {
    let here = |words: &[&str], packages: &[&str], more: &[&str]| {
        let mut cargo = sh::cargo(words);
        cargo.args(packages.iter().flat_map(|package| ["--package", package])).args(more);
        sh::run(&mut cargo)
    };
    steps.try_it("lints", || here(&["clippy"], PROGRAMS, &["--", "-D", "warnings"]));
    if steps.must("build", || here(&["build"], PROGRAMS, &[])).is_ok() {
        steps.try_it("tests", || here(&["test", "--no-fail-fast"], TESTED, &[]));
    }
}

/// That it compiles, with the tests that are run under wine.
pub fn check(steps: &mut Steps) {
    const CHECKED: &str = "the Windows side compiles";
    if let Err(reason) = setup::rust_target(WINDOWS_TARGET) {
        steps.left_out(CHECKED, &reason);
        return;
    }
    steps.try_it(CHECKED, || on_all(&["check"], &["check", "--tests"]));
}

/// Builds it and runs it.
pub fn test(steps: &mut Steps) {
    const BUILT: &str = "the Windows side is built";
    const TESTS: &str = "the Windows side, under wine: tests";
    if let Err(reason) = setup::rust_target(WINDOWS_TARGET) {
        steps.left_out(BUILT, &reason);
        return;
    }
    if steps.must(BUILT, || on_all(&["build"], &["test", "--no-run"])).is_err() {
        return;
    }
    if let Err(reason) = setup::for_wine() {
        steps.left_out(TESTS, &reason);
        return;
    }
    let Ok(wine) = steps.must("the Windows side, under wine: set-up", Wine::set_up) else { return };
    steps.try_it("the Windows side, under wine: the installer", || installer(&wine));
    steps.try_it(TESTS, || wine.run("tests", cargo(&["test"], TESTED).args(["--no-fail-fast", "--quiet"])));
}

/// Installed, launched, upgraded and removed while it runs.
fn installer(wine: &Wine) -> Result<()> {
    setup::for_windows_bundle()?;
    let installers = windows_bundle::for_tests()?;
    let xtask = paths::target().join(WINDOWS_TARGET).join("debug/xtask.exe");
    let mut trial = sh::command("wine");
    wine.run_with_screen("installer", trial.arg(xtask).arg("try-installer").args(installers))
}

/// One command for the programs, and one for the tests.
fn on_all(programs: &[&str], tests: &[&str]) -> Result<()> {
    sh::run(&mut cargo(programs, PROGRAMS))?;
    sh::run(&mut cargo(tests, TESTED))
}

fn cargo(words: &[&str], packages: &[&str]) -> std::process::Command {
    let mut cargo = sh::cargo(words);
    cargo.args(["--target", WINDOWS_TARGET]);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine");
    // Nobody debugs it here, and it is linked in half the time.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
    cargo
}
