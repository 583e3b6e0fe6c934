//! The programs that the end-to-end tests run as services: servers in Python and Node.js, in the versions that
//! `tests/programs` pins.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{paths, sh};

/// The variable that tells the tests where they are.
pub const VARIABLE: &str = "SKINAI_TEST_PROGRAMS";

/// What says which programs, and in which versions; it is copied beside what is installed.
const PINNED: [&str; 4] = ["requirements.txt", "package.json", "package-lock.json", ".npmrc"];

/// Where they are; installed the first time, and when the pinned versions change.
pub fn path() -> Result<PathBuf> {
    let source = paths::root().join("tests/programs");
    let folder = paths::tools().join("programs");
    let pinned: Vec<_> = PINNED.iter().map(|name| (source.join(name), folder.join(name))).collect();
    let is_installed = |from: &PathBuf, to: &PathBuf| fs::read(from).ok() == fs::read(to).ok();
    if pinned.iter().all(|(from, to)| is_installed(from, to)) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    // The system's pip installs: Debian's Python makes an environment with a pip of its own only with one more package.
    let environment = folder.join("venv");
    sh::run(sh::command("python3").args(["-m", "venv", "--without-pip"]).arg(&environment))?;
    let mut install = sh::command("python3");
    install.args(["-m", "pip", "--python"]).arg(environment.join("bin/python"));
    sh::run(install.args(["install", "--quiet", "--only-binary=:all:", "-r"]).arg(source.join(PINNED[0])))?;
    for name in &PINNED[1..] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("no {name}"))?;
    }
    sh::run(sh::command("npm").args(["ci", "--ignore-scripts"]).current_dir(&folder))?;
    // Last, as the mark of what is complete.
    fs::copy(source.join(PINNED[0]), folder.join(PINNED[0]))?;
    Ok(folder)
}
