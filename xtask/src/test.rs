//! `cargo xtask test`: everything that continuous integration runs.
//!
//! A step that others rest on ends the run when it fails; the others are all run, and named at the end.
//! Some things need what a machine may not be able to give: the targets of other systems, the database of
//! advisories, and root's rights to install a package. Where they are left out, a line says so. Everything
//! else that is missing is a failure. The stage under wine takes as long as a third of the rest, and is run by its name.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread::available_parallelism;

use anyhow::{Result, ensure};
use walkdir::{DirEntry, WalkDir};

use crate::steps::Steps;
use crate::{bundle, pages, paths, photo, programs, setup, sh, windows};

/// How long the fault suite runs as a part of the tests.
const CHAOS_MINUTES: &str = "0.5";

/// Runs it all; with names, only the tests whose names contain one of them; with `packages` or
/// `windows`, only those steps.
pub fn run(filters: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::default();
    #[cfg(windows)]
    if filters == ["windows"] {
        steps.must("set-up", setup::for_build)?;
        steps.must("pages: build", pages::build)?;
        windows::test_here(&mut steps);
        return Ok(steps.finish());
    }
    steps.must("set-up", setup::for_test)?;
    let material = Material {
        photo: steps.must("the photo to measure", photo::path)?,
        programs: steps.must("the programs to run as services", programs::path)?,
    };
    steps.must("pages: build", pages::build)?;
    if filters == ["windows"] {
        windows::test(&mut steps);
        return Ok(steps.finish());
    }
    if !filters.is_empty() {
        steps.must("build", || cargo(&["build", "--workspace", "--all-targets"]))?;
        if filters == ["packages"] {
            packages(&mut steps);
        } else {
            steps.try_it("tests", || nextest(&material, filters));
        }
        return Ok(steps.finish());
    }
    pages::check(&mut steps);
    steps.try_it("formatting", || cargo(&["fmt", "--all", "--check"]));
    steps.try_it("lints", || cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    steps.must("build", || cargo(&["build", "--workspace", "--all-targets"]))?;
    let generated = generated();
    steps.try_it("tests", || nextest(&material, &[]));
    steps.try_it("generated TypeScript is up to date", || {
        ensure!(generated == self::generated(), "the tests rewrote ui/src/lib/generated: commit it");
        Ok(())
    });
    steps.try_it("documentation: no broken links", documentation);
    steps.try_it("documentation tests", || cargo(&["test", "--workspace", "--doc", "--quiet"]));
    packages(&mut steps);
    windows::lint(&mut steps);
    #[cfg(unix)]
    crate::macos::test(&mut steps);
    advisories(&mut steps);
    steps.try_it("dependencies: bans, licences, sources", || {
        sh::run(sh::command("cargo-deny").args(["--all-features", "check", "bans", "licenses", "sources"]))
    });
    // The program as it was built above: by itself it would be built again with fewer features.
    steps.try_it("a short run of the fault suite", || {
        sh::run(harness().args(["chaos", "--minutes", CHAOS_MINUTES]))
    });
    Ok(steps.finish())
}

fn cargo(args: &[&str]) -> Result<()> {
    sh::run(&mut sh::cargo(args))
}

/// What the tests find by variables of their environment.
struct Material {
    photo: PathBuf,
    programs: PathBuf,
}

/// One test more at a time than there are processors: most of them wait for something.
fn nextest(material: &Material, filters: &[String]) -> Result<()> {
    let lanes = available_parallelism().map_or(2, NonZero::get) + 1;
    let mut command = sh::command("cargo-nextest");
    command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--test-threads", &lanes.to_string()]);
    command.args(filters);
    command.env("SKINAI_TEST_PHOTO", &material.photo).env(programs::VARIABLE, &material.programs);
    sh::run(&mut command)
}

/// That something public has no documentation at all, the lints say (`missing_docs`).
fn documentation() -> Result<()> {
    let mut doc = sh::cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    // Nobody publishes it: links from what is public to what is private work in the one that is built here.
    sh::run(doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))
}

/// The packages, as people install them.
fn packages(steps: &mut Steps) {
    let Ok(made) = steps.must("packages: made", bundle::for_tests) else { return };
    let tries = [
        ("the .deb is installed, launched, upgraded and removed", "deb", &made.deb),
        ("the .rpm is looked through, unpacked and run", "rpm", &made.rpm),
    ];
    for (what, kind, file) in tries {
        let name = format!("packages: {what}");
        match setup::can_install_our_own() {
            Ok(()) => steps.try_it(&name, || sh::run(harness().args(["packages", kind]).arg(file))),
            Err(reason) => steps.left_out(&name, &reason),
        }
    }
}

/// The program that has the fault suite and the trial of the packages.
fn harness() -> Command {
    sh::command(&paths::target().join("debug/harness").to_string_lossy())
}

/// Their database is fetched from a place that a build machine may not reach; a workflow checks them daily.
fn advisories(steps: &mut Steps) {
    const NAME: &str = "dependencies: advisories";
    if sh::output(sh::command("cargo-deny").args(["fetch", "db"])).is_none() {
        steps.left_out(NAME, "their database cannot be had here (`cargo deny fetch db` says why)");
        return;
    }
    steps.try_it(NAME, || sh::run(sh::command("cargo-deny").args(["--all-features", "check", "advisories"])));
}

/// Every generated file and what stands in it.
fn generated() -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = WalkDir::new(paths::ui().join("src/lib/generated")).into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path);
    files.map(|path| (path.clone(), std::fs::read(&path).unwrap_or_default())).collect()
}
