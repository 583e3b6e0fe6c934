//! What belongs to the Rust toolchain.

use anyhow::{Result, bail};

use crate::{paths, sh};

/// The target by which the Windows side is built and run.
pub const WINDOWS_TARGET: &str = "x86_64-pc-windows-gnu";
/// The target that keeps the macOS side compiling.
#[cfg(unix)]
pub const MACOS_TARGET: &str = "aarch64-apple-darwin";

/// Formatter and linter; rustup leaves them out of its minimal profile.
pub fn components() -> Result<()> {
    let missing: Vec<&str> = [("rustfmt", "fmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(_, subcommand)| sh::output(&mut sh::cargo(&[subcommand, "--version"])).is_none())
        .map(|(component, _)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !sh::on_path("rustup") {
        bail!("the Rust toolchain lacks {}, and there is no rustup to add them", missing.join(" and "));
    }
    eprintln!("setup: adding {} to the Rust toolchain", missing.join(" and "));
    sh::run(sh::command("rustup").args(["component", "add"]).args(missing))
}

/// The test runner and the dependency checker.
pub fn tools() -> Result<()> {
    tool("cargo-nextest", "nextest", "0.9.128")?;
    tool("cargo-deny", "deny", "0.20.2")
}

/// Whether a target is there, after trying to add it; the reason if not.
pub fn rust_target(target: &str) -> Result<(), String> {
    let installed = || {
        let root = sh::output(sh::command("rustc").args(["--print", "sysroot"])).unwrap_or_default();
        std::path::Path::new(&root).join("lib/rustlib").join(target).join("lib").is_dir()
    };
    if installed() {
        return Ok(());
    }
    if !sh::on_path("rustup") {
        return Err(format!("the Rust toolchain has no {target}, and there is no rustup to add it"));
    }
    eprintln!("setup: adding the target {target} to the Rust toolchain");
    match sh::run(sh::command("rustup").args(["target", "add", target])) {
        Ok(()) if installed() => Ok(()),
        Ok(()) => Err(format!("rustup added {target} to another toolchain than the one in use")),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// Installs a Cargo subcommand into the build folder, unless there is one. Without optimisation: it is
/// built in half the time, and runs for seconds.
fn tool(program: &str, subcommand: &str, version: &str) -> Result<()> {
    if sh::output(sh::command(program).args([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    eprintln!("setup: building {program} {version} into the build folder (some minutes, once)");
    let root = paths::tools();
    let mut install = sh::cargo(&["install", "--locked", "--debug", "--version", version, "--root"]);
    install.arg(&root).arg(program).env("CARGO_PROFILE_DEV_DEBUG", "false");
    // Its own folder, kept: a second set-up goes on where a broken one stopped.
    install.env("CARGO_TARGET_DIR", root.join("build"));
    sh::run(&mut install)
}
