//! `cargo xtask bundle --target x86_64-pc-windows-gnu`: the installer for Windows and the same as a ZIP, made on Linux,
//! with the manifests by which winget and scoop install them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::setup::{self, WINDOWS_TARGET};
use crate::{pages, paths, sh};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The variable with the address below which the releases are: `https://github.com/OWNER/NAME/releases`.
const RELEASES: &str = "SKINAI_RELEASES";
/// What is packed, beside the licences. The last is Microsoft's: it finds the runtime that draws the panel.
pub const PROGRAMS: [&str; 3] = ["skin-ai-assistant.exe", "skinai.exe", "WebView2Loader.dll"];
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// What is made.
struct Made {
    /// Installs for one user.
    installer: PathBuf,
    /// A folder with the same.
    portable: PathBuf,
    /// Where that is packed, to be unpacked anywhere.
    zip: PathBuf,
}

/// Builds the release programs and packs them.
pub fn run() -> Result<()> {
    setup::for_build()?;
    setup::rust_target(WINDOWS_TARGET).map_err(anyhow::Error::msg)?;
    setup::for_windows_bundle()?;
    pages::build()?;
    let mut build = sh::cargo(&["build", "--release", "--target", WINDOWS_TARGET]);
    sh::run(build.args(["--package", "skinai", "--package", "skin-ai-assistant"]))?;
    let release = paths::target().join(WINDOWS_TARGET).join("release");
    let bundle = release.join("bundle");
    let made = pack(&release, &bundle, VERSION, "SetCompressor /SOLID lzma")?;
    let portable = made.portable.file_name().unwrap_or_default();
    sh::run(sh::command("zip").current_dir(&bundle).args(["-q", "-r", "-X"]).arg(&made.zip).arg(portable))?;
    fs::remove_dir_all(&made.portable)?;
    eprintln!("bundle: the packages are in {}", bundle.display());
    match std::env::var(RELEASES) {
        Ok(releases) => manifests(&made, &bundle, releases.trim_end_matches('/'))?,
        Err(_) => eprintln!(
            "bundle: no manifests for winget and scoop: {RELEASES} does not say where it is published"
        ),
    }
    Ok(())
}

/// Installers of two versions of the debug programs, for the tests, without what takes long.
pub fn for_tests() -> Result<[PathBuf; 2]> {
    let target = paths::target().join(WINDOWS_TARGET);
    let stripped = target.join("packages");
    fs::create_dir_all(&stripped)?;
    for program in PROGRAMS {
        let from = target.join("debug").join(program);
        sh::run(sh::command("x86_64-w64-mingw32-strip").arg("-o").arg(stripped.join(program)).arg(from))?;
    }
    let version = |number: u8| -> Result<PathBuf> {
        let version = format!("{VERSION}+test.{number}");
        Ok(pack(&stripped, &stripped.join(format!("bundle-{number}")), &version, "SetCompress off")?
            .installer)
    };
    Ok([version(1)?, version(2)?])
}

/// Makes the installer of programs that are built already.
fn pack(programs: &Path, bundle: &Path, version: &str, compression: &str) -> Result<Made> {
    if bundle.exists() {
        fs::remove_dir_all(bundle)?;
    }
    let name = format!("skin-ai-assistant-{version}-x64");
    let portable = bundle.join(&name);
    fs::create_dir_all(&portable)?;
    let mut bytes = 0;
    let from = PROGRAMS.map(|file| programs.join(file)).into_iter();
    for file in from.chain(LICENSES.map(|file| paths::root().join(file))) {
        let to = portable.join(file.file_name().unwrap_or_default());
        bytes += fs::copy(&file, to).with_context(|| format!("{} cannot be copied", file.display()))?;
    }
    let [installer, zip] = ["-setup.exe", ".zip"].map(|end| bundle.join(format!("{name}{end}")));
    let numbers = version.split('+').next().unwrap_or(version);
    let mut makensis = sh::command("makensis");
    makensis.args(["-V2", "-WX", "-INPUTCHARSET", "UTF8"]);
    for (variable, value) in [
        ("VERSION", version.into()),
        ("VERSION_NUMBERS", format!("{numbers}.0").into()),
        ("PACKED", portable.clone().into_os_string()),
        ("COMPRESSION", compression.into()),
        ("ICON", paths::root().join("icons/app/icon.ico").into_os_string()),
        ("OUTPUT", installer.clone().into_os_string()),
        ("SIZE_KIB", (bytes / 1024).to_string().into()),
    ] {
        let mut define = std::ffi::OsString::from(format!("-D{variable}="));
        define.push(value);
        makensis.arg(define);
    }
    sh::run(makensis.arg(paths::root().join("packaging/windows/installer.nsi")))?;
    Ok(Made { installer, portable, zip })
}

/// Fills in version, check sums, and where the packages are published.
fn manifests(made: &Made, bundle: &Path, releases: &str) -> Result<()> {
    let templates = paths::root().join("packaging/windows/manifests");
    let folder = bundle.join("manifests");
    fs::create_dir_all(&folder)?;
    let values = [
        ("{VERSION}", VERSION.to_owned()),
        ("{RELEASES}", releases.to_owned()),
        ("{INSTALLER_URL}", url(releases, &made.installer)),
        ("{INSTALLER_SHA256}", sha256(&made.installer)?),
        ("{ZIP_URL}", url(releases, &made.zip)),
        ("{ZIP_SHA256}", sha256(&made.zip)?),
    ];
    for entry in fs::read_dir(&templates).with_context(|| format!("no {}", templates.display()))? {
        let entry = entry?;
        let text = fs::read_to_string(entry.path())?;
        let text = values.iter().fold(text, |text, (name, value)| text.replace(name, value));
        fs::write(folder.join(entry.file_name()), text)?;
    }
    Ok(())
}

fn url(releases: &str, file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!("{releases}/download/v{VERSION}/{name}")
}

fn sha256(file: &Path) -> Result<String> {
    let line = sh::output(sh::command("sha256sum").arg("-b").arg(file)).context("sha256sum fails")?;
    let sum = line.split_whitespace().next().unwrap_or_default();
    ensure!(sum.len() == 64, "sha256sum says {line:?}");
    Ok(sum.to_owned())
}
