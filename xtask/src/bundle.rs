//! `cargo xtask bundle`: packages for this system, made by Tauri's bundler.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{build, paths, setup, sh};

/// Carries the bundler as a program of its own, so that nothing has to be compiled.
const TAURI_CLI: &str = "@tauri-apps/cli@2.12.5";
/// The sidecar is named only here: a plain `cargo build` needs no copy of it beside the sources.
const CONFIG: &str = r#"{"bundle":{"externalBin":["binaries/skinai"]}}"#;

/// Builds the release programs and packs them; further arguments go to the bundler.
pub fn run(args: &[String]) -> Result<()> {
    setup::for_bundle()?;
    build::release()?;
    place_sidecar()?;
    let cli = tauri_cli()?;
    let mut bundler = sh::command(&cli.to_string_lossy());
    bundler.arg("build").args(["--config", CONFIG]);
    if args.is_empty() && cfg!(target_os = "linux") {
        // An AppImage needs tools that the bundler would fetch.
        bundler.args(["--bundles", "deb,rpm"]);
    }
    sh::run(bundler.args(args).current_dir(paths::root().join("src-tauri")))?;
    eprintln!("bundle: the packages are in {}", paths::target().join("release/bundle").display());
    Ok(())
}

/// Tauri looks for a sidecar under its name and the target's.
fn place_sidecar() -> Result<()> {
    let host = sh::output(sh::command("rustc").args(["--print", "host-tuple"]))
        .context("rustc does not say its host")?;
    let suffix = std::env::consts::EXE_SUFFIX;
    let folder = paths::root().join("src-tauri/binaries");
    std::fs::create_dir_all(&folder)?;
    let built = paths::target().join(format!("release/skinai{suffix}"));
    std::fs::copy(&built, folder.join(format!("skinai-{host}{suffix}")))
        .with_context(|| format!("{} cannot be copied", built.display()))?;
    Ok(())
}

fn tauri_cli() -> Result<PathBuf> {
    let folder = paths::tools().join("tauri-cli");
    let program = folder.join("node_modules/.bin/tauri");
    if !program.exists() {
        eprintln!("setup: {TAURI_CLI} goes into the build folder");
        std::fs::create_dir_all(&folder)?;
        let mut install = sh::command("npm");
        install.current_dir(&folder).args(["install", "--no-save", "--no-fund", "--no-audit", "--prefix"]);
        sh::run(install.arg(&folder).arg(TAURI_CLI))?;
    }
    Ok(program)
}
