//! The pages: installed and built only when something they are made of has changed.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::steps::Steps;
use crate::{paths, sh};

const PAGES: [&str; 3] = ["panel", "user", "admin"];

/// Builds `ui/dist` if it is older than what it is made of.
pub fn build() -> Result<()> {
    install()?;
    let dist = paths::ui().join("dist");
    let built = PAGES.iter().map(|page| modified(&dist.join(page).join("index.html"))).min().flatten();
    let inputs = ["src", "package-lock.json", "vite.config.ts", "svelte.config.js", "tsconfig.json"];
    let messages = paths::ui().join("../crates/contract/messages");
    let inputs = inputs.iter().map(|input| paths::ui().join(input)).chain([messages]);
    let newest = inputs.filter_map(|input| newest_below(&input)).max();
    if built.is_some() && built > newest {
        eprintln!("pages: ui/dist is up to date");
        return Ok(());
    }
    npm(&["run", "build"])
}

/// Types, rules and tests of the pages, then every state of them in a browser: axe finds nothing, nothing
/// moves under the pointer, and nothing stutters.
pub fn check(steps: &mut Steps) {
    for (what, script) in [("types", "check"), ("rules", "lint"), ("tests", "test")] {
        steps.try_it(&format!("pages: {what}"), || npm(&["run", script]));
    }
    if steps.must("pages: their states", || npm(&["run", "build:states"])).is_err() {
        return;
    }
    for (what, script) in [("axe", "axe.js"), ("layout", "layout.js"), ("a hundred services", "fluent.js")] {
        let mut node = sh::command("node");
        node.arg(Path::new("scripts").join(script)).current_dir(paths::ui());
        steps.try_it(&format!("pages: {what}"), || sh::run(&mut node));
    }
}

/// `npm ci`, unless what is installed came from this very lock file.
pub fn install() -> Result<()> {
    let lock = paths::ui().join("package-lock.json");
    let mark = paths::ui().join("node_modules/.installed-from");
    let wanted = std::fs::read(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(&["ci"])?;
    std::fs::write(&mark, wanted)?;
    Ok(())
}

fn npm(args: &[&str]) -> Result<()> {
    sh::run(sh::command("npm").args(args).current_dir(paths::ui()))
}

fn newest_below(path: &Path) -> Option<SystemTime> {
    WalkDir::new(path).into_iter().flatten().filter_map(|entry| modified(entry.path())).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
