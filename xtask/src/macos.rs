//! macOS as a machine without one proves it: what `skinai` is made of compiles. The tray application is left out, whose
//! libraries have build scripts that ask a Mac.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::steps::Steps;
use crate::{paths, setup, sh};

/// Nothing is linked, so that nothing has to be in what build scripts compile: an empty file wherever one is asked for.
const COMPILER: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then : >"$2"; fi
    shift
done
"#;
const ARCHIVER: &str = r#"#!/bin/sh
for word; do
    case $word in *.a) : >"$word" ;; esac
done
"#;

/// Checks it.
pub fn test(steps: &mut Steps) {
    const NAME: &str = "the macOS side compiles, but for the tray";
    match setup::rust_target(setup::MACOS_TARGET) {
        Ok(()) => steps.try_it(NAME, lint),
        Err(reason) => steps.left_out(NAME, &reason),
    }
}

fn lint() -> Result<()> {
    let folder = paths::target().join("macos");
    fs::create_dir_all(&folder)?;
    let (compiler, archiver) = (script(&folder, "cc", COMPILER)?, script(&folder, "ar", ARCHIVER)?);
    let mut cargo = sh::cargo(&["clippy", "--target", setup::MACOS_TARGET, "--package", "skinai"]);
    cargo.args(["--package", "fixture", "--", "-D", "warnings"]);
    cargo.env("CC_aarch64_apple_darwin", compiler).env("AR_aarch64_apple_darwin", archiver);
    // Else xcrun is asked for it.
    sh::run(cargo.env("SDKROOT", &folder))
}

fn script(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}
