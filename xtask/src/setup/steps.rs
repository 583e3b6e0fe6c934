//! What each command of the repository needs.

use anyhow::Result;

use super::{packages, rust};
use crate::{paths, sh};

/// Node.js as the pages need it, for systems whose own is older.
const NODE: &str = "node@24.21.0";
const NPM: &str = "npm@11.21.2";

/// What `build` and `run` need.
pub fn for_build() -> Result<()> {
    packages::install(packages::BUILD)?;
    node()
}

/// What `bundle` needs besides.
pub fn for_bundle() -> Result<()> {
    for_build()?;
    packages::install(packages::BUNDLE)
}

/// What `test` needs besides.
pub fn for_test() -> Result<()> {
    packages::install(&[packages::BUILD, packages::BUNDLE, packages::TEST].concat())?;
    node()?;
    rust::components()?;
    rust::tools()
}

/// What the installer for Windows needs besides.
pub fn for_windows_bundle() -> Result<()> {
    packages::install(packages::WINDOWS_BUNDLE)
}

/// What the tests under wine need; the reason where it cannot be had.
pub fn for_wine() -> Result<(), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("wine runs these programs on Linux and x86_64 alone".to_owned());
    }
    packages::install(packages::WINE).map_err(|error| format!("{error:#}"))
}

/// A Node.js that is new enough: the system's, else one of the build folder's own.
fn node() -> Result<()> {
    let version = || sh::output(sh::command("node").arg("--version"));
    let npm = || sh::output(sh::command("npm").arg("--version")).is_some();
    if version().is_some_and(|version| is_new_enough(&version)) && npm() {
        return Ok(());
    }
    let found = version().unwrap_or_else(|| "none".to_owned());
    eprintln!(
        "setup: Node.js 20.19, 22.12 or newer is needed ({found} was found): {NODE} goes into the build folder"
    );
    if !npm() {
        packages::install(packages::NODE)?;
    }
    let folder = paths::tools().join("node");
    std::fs::create_dir_all(&folder)?;
    let mut install = sh::command("npm");
    // Outside the repository, so that the pages' package.json is not taken for the one to change.
    install.current_dir(&folder).args(["install", "--no-save", "--no-fund", "--no-audit", "--prefix"]);
    sh::run(install.arg(&folder).args([NODE, NPM]))?;
    let version = version().unwrap_or_default();
    anyhow::ensure!(is_new_enough(&version), "{NODE} was installed, but `node --version` says {version:?}");
    Ok(())
}

/// What `engines` in ui/package.json says: `^20.19.0 || >=22.12.0`.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match major {
        20 => minor >= 19,
        22 => minor >= 12,
        _ => major > 22,
    }
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn node_18_and_21_are_too_old() {
        assert!(!is_new_enough("v18.20.4") && !is_new_enough("v21.7.3") && !is_new_enough(""));
    }

    #[test]
    fn node_is_new_enough_from_the_versions_that_vite_names() {
        assert!(is_new_enough("v20.19.0") && is_new_enough("v22.12.0") && is_new_enough("v24.0.0"));
        assert!(!is_new_enough("v20.18.9") && !is_new_enough("v22.11.0"));
    }
}
