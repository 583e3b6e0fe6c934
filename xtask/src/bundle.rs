//! `cargo xtask bundle`: packages for this system, made by Tauri's bundler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{build, paths, setup, sh, windows_bundle};

/// Carries the bundler as a program of its own, so that nothing has to be compiled.
const TAURI_CLI: &str = "@tauri-apps/cli@2.12.5";
/// The sidecar and what goes along with the programs are named only there: a plain `cargo build` needs
/// none of it.
const CONFIG: &str = "tauri.bundle.conf.json";
/// On Linux the bundler names the desktop file after the product. There the name has to be the one that
/// the window system knows the windows by, which is the program's: so a desktop finds a window's icon.
const LINUX: &str = r#"{"productName":"skin-ai-assistant"}"#;
/// The version of a package that the tests install says so. Whatever else is installed is somebody's own.
const TESTED: &str = concat!(env!("CARGO_PKG_VERSION"), "+test.1");

/// Builds the release programs and packs them; further arguments go to the bundler. With `--debug` the
/// programs that `cargo build` made are packed.
pub fn run(args: &[String]) -> Result<()> {
    if let [option, target] = args
        && option == "--target"
        && target == setup::WINDOWS_TARGET
    {
        return windows_bundle::run();
    }
    setup::for_bundle()?;
    let debug = args.iter().any(|argument| argument == "--debug");
    if !debug {
        build::release()?;
    }
    pack(&paths::target(), if debug { "debug" } else { "release" }, args)
}

/// The packages that the tests try.
pub struct Tested {
    /// For Debian and Ubuntu.
    pub deb: PathBuf,
    /// For Fedora and openSUSE.
    pub rpm: PathBuf,
}

/// Packs copies of the debug programs without their debug information: there is less to pack, and the
/// bundler, which writes into the program that it packs, leaves the built one alone.
pub fn for_tests() -> Result<Tested> {
    let target = paths::target().join("packages");
    let (built, packed) = (paths::target().join("debug"), target.join("debug"));
    if packed.exists() {
        std::fs::remove_dir_all(&packed)?;
    }
    std::fs::create_dir_all(&packed)?;
    for program in ["skinai", "skin-ai-assistant"] {
        sh::run(sh::command("strip").arg("-o").arg(packed.join(program)).arg(built.join(program)))?;
    }
    let version = format!(r#"{{"version":"{TESTED}"}}"#);
    pack(&target, "debug", &["--debug", "--bundles", "deb,rpm", "--config", &version].map(str::to_owned))?;
    let bundle = packed.join("bundle");
    Ok(Tested { deb: only_file(&bundle.join("deb"), "deb")?, rpm: only_file(&bundle.join("rpm"), "rpm")? })
}

/// Packs the programs of a profile that are built already.
fn pack(target: &Path, profile: &str, args: &[String]) -> Result<()> {
    let built = target.join(profile);
    place_sidecar(&built)?;
    write_assets(&built)?;
    let mut bundler = sh::command(&tauri_cli()?.to_string_lossy());
    bundler.arg("bundle").args(["--config", CONFIG]);
    if cfg!(target_os = "linux") {
        bundler.args(["--config", LINUX]);
        if !args.iter().any(|argument| argument == "--bundles") {
            bundler.args(["--bundles", if has_appimage_tool() { "deb,rpm,appimage" } else { "deb,rpm" }]);
        }
    }
    bundler.args(args).env("CARGO_TARGET_DIR", target).current_dir(paths::root().join("src-tauri"));
    sh::run(&mut bundler)?;
    eprintln!("bundle: the packages are in {}", built.join("bundle").display());
    Ok(())
}

/// Whether the tool for AppImages is where the bundler keeps it, which fetches it otherwise.
fn has_appimage_tool() -> bool {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let files = cache.and_then(|cache| std::fs::read_dir(cache.join("tauri")).ok());
    let is_tool = |name: &str| name.starts_with("linuxdeploy-") && name.ends_with(".AppImage");
    files.into_iter().flatten().flatten().any(|file| is_tool(&file.file_name().to_string_lossy()))
}

fn only_file(folder: &Path, extension: &str) -> Result<PathBuf> {
    let files = std::fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    let mut files = files.flatten().map(|entry| entry.path());
    files
        .find(|path| path.is_file() && path.extension().is_some_and(|its| its == extension))
        .with_context(|| format!("the bundler made no .{extension} in {}", folder.display()))
}

/// Tauri looks for a sidecar under its name and the target's.
fn place_sidecar(built: &Path) -> Result<()> {
    let host = sh::output(sh::command("rustc").args(["--print", "host-tuple"]))
        .context("rustc does not say its host")?;
    let suffix = std::env::consts::EXE_SUFFIX;
    let folder = paths::root().join("src-tauri/binaries");
    std::fs::create_dir_all(&folder)?;
    let built = built.join(format!("skinai{suffix}"));
    std::fs::copy(&built, folder.join(format!("skinai-{host}{suffix}")))
        .with_context(|| format!("{} cannot be copied", built.display()))?;
    Ok(())
}

/// Man pages and completions, which the program writes itself.
fn write_assets(built: &Path) -> Result<()> {
    let folder = paths::root().join("src-tauri/gen/package");
    let (man, completions) = (folder.join("man1"), folder.join("completions"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&man)?;
    let skinai = built.join(format!("skinai{}", std::env::consts::EXE_SUFFIX));
    sh::run(Command::new(skinai).arg("assets").arg(&completions))?;
    for entry in std::fs::read_dir(&completions)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "1")
            && let Some(name) = path.file_name()
        {
            std::fs::rename(&path, man.join(name))?;
        }
    }
    // bash finds a completion by the program's bare name.
    std::fs::rename(completions.join("skinai.bash"), completions.join("skinai"))?;
    Ok(())
}

fn tauri_cli() -> Result<PathBuf> {
    let folder = paths::tools().join("tauri-cli");
    let program = folder.join("node_modules/.bin").join(format!("tauri{}", sh::SCRIPT_SUFFIX));
    if !program.exists() {
        eprintln!("setup: {TAURI_CLI} goes into the build folder");
        std::fs::create_dir_all(&folder)?;
        let mut install = sh::command("npm");
        install.current_dir(&folder).args(["install", "--no-save", "--no-fund", "--no-audit", "--prefix"]);
        sh::run(install.arg(&folder).arg(TAURI_CLI))?;
    }
    Ok(program)
}
