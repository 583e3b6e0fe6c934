//! The system's packages: every one that is ever installed stands in this file.

use std::process::Command;

use anyhow::{Result, bail};

use crate::sh;

/// A package, and how to tell that the system has it by other means.
#[derive(Clone, Copy)]
pub struct Package {
    debian: &'static str,
    otherwise: Otherwise,
}

#[derive(Clone, Copy)]
enum Otherwise {
    /// A program of that name on PATH does as well.
    Program(&'static str),
    /// A library that pkg-config knows does as well.
    Library(&'static str),
    /// Only the package itself tells; systems without dpkg are trusted to have it.
    Nothing,
}

/// To build the programs and to open an address from them.
pub const BUILD: &[Package] = &[
    program("pkg-config", "pkg-config"),
    library("libwebkit2gtk-4.1-dev", "webkit2gtk-4.1"),
    library("libayatana-appindicator3-dev", "ayatana-appindicator3-0.1"),
    library("librsvg2-dev", "librsvg-2.0"),
    program("xdg-utils", "xdg-open"),
];

/// To fetch a newer Node.js with, where there is no npm at all.
pub const NODE: &[Package] = &[program("nodejs", "node"), program("npm", "npm")];

/// To test in a desktop session and in a browser.
pub const TEST: &[Package] = &[
    program("gcc-mingw-w64-x86-64", "x86_64-w64-mingw32-gcc"),
    program("xvfb", "Xvfb"),
    program("weston", "weston"),
    program("xfwm4", "xfwm4"),
    program("xfce4-panel", "xfce4-panel"),
    program("xfconf", "xfconf-query"),
    program("dbus", "dbus-daemon"),
    program("dbus-x11", "dbus-launch"),
    package("at-spi2-core"),
    program("webkit2gtk-driver", "WebKitWebDriver"),
    program("chromium", "chromium"),
    program("chromium-headless-shell", "chromium-headless-shell"),
    program("chromium-driver", "chromedriver"),
    program("xdotool", "xdotool"),
    program("x11-utils", "xprop"),
    program("wmctrl", "wmctrl"),
    program("imagemagick", "import"),
    program("libglib2.0-bin", "gdbus"),
    package("adwaita-icon-theme"),
    package("fonts-dejavu-core"),
    program("desktop-file-utils", "desktop-file-validate"),
    program("appstream", "appstreamcli"),
    program("libgtk-3-bin", "gtk-launch"),
    program("python3", "python3"),
    package_unless_pip(),
    // As a service of a test.
    package("postgresql"),
];

/// To run Windows programs in a network of their own.
pub const WINE: &[Package] =
    &[program("wine", "wine"), package("wine64"), program("iproute2", "ip"), program("trayer", "trayer")];

/// To make packages and to look into them.
pub const BUNDLE: &[Package] = &[program("rpm", "rpmbuild"), program("file", "file")];

/// To make the installer for Windows.
pub const WINDOWS_BUNDLE: &[Package] = &[
    program("gcc-mingw-w64-x86-64", "x86_64-w64-mingw32-gcc"),
    program("nsis", "makensis"),
    program("zip", "zip"),
];

/// What `cargo xtask bundle` makes.
const OUR_OWN: &str = "skin-ai-assistant";

const fn program(debian: &'static str, name: &'static str) -> Package {
    Package { debian, otherwise: Otherwise::Program(name) }
}

const fn library(debian: &'static str, name: &'static str) -> Package {
    Package { debian, otherwise: Otherwise::Library(name) }
}

const fn package(debian: &'static str) -> Package {
    Package { debian, otherwise: Otherwise::Nothing }
}

/// pip is a module; where Python came from elsewhere it brought pip along.
const fn package_unless_pip() -> Package {
    program("python3-pip", "pip3")
}

/// Installs those that are missing, or says which are. They are Linux's: Windows and macOS bring what the
/// programs are built with, but for Node.js.
pub fn install(packages: &[Package]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !sh::on_path("apt-get") {
        bail!(
            "this system lacks what Debian calls: {names}. Only apt is spoken here: install what your system calls \
             them, and run this again"
        );
    }
    let Some(become_root) = root_prefix() else {
        bail!("missing packages, and no way to become root: run `apt-get install {names}` as root");
    };
    eprintln!("setup: installing {names}");
    apt(&become_root, &["update", "-q"])?;
    let mut args = vec!["install", "-q", "-y", "--no-install-recommends"];
    args.extend(missing);
    apt(&become_root, &args)
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    let dpkg = sh::on_path("dpkg-query");
    let is_there = |package: &Package| {
        let by_other_means = match package.otherwise {
            Otherwise::Program(name) => sh::on_path(name),
            Otherwise::Library(name) => {
                sh::output(Command::new("pkg-config").args(["--exists", name])).is_some()
            }
            Otherwise::Nothing => !dpkg,
        };
        by_other_means || (dpkg && is_installed(package.debian))
    };
    packages.iter().filter(|package| !is_there(package)).map(|package| package.debian).collect()
}

fn is_installed(debian: &str) -> bool {
    sh::output(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", debian]))
        .is_some_and(|status| status == "installed")
}

/// What to put before a command that needs root; `None` if there is no way.
fn root_prefix() -> Option<Vec<&'static str>> {
    if sh::output(Command::new("id").arg("-u")).is_some_and(|id| id == "0") {
        return Some(Vec::new());
    }
    if sh::output(Command::new("sudo").args(["-n", "true"])).is_some() {
        return Some(vec!["sudo", "-n"]);
    }
    // sudo may ask for a password, where there is somebody to ask.
    use std::io::IsTerminal;
    (sh::on_path("sudo") && std::io::stdin().is_terminal()).then(|| vec!["sudo"])
}

/// Whether the tests can install our own package here, unasked; the reason if not.
pub fn can_install_our_own() -> Result<(), String> {
    if !sh::on_path("apt-get") {
        return Err("this system has no apt".to_owned());
    }
    if root_prefix().is_none_or(|words| words == ["sudo"]) {
        return Err("that takes root, or a sudo that asks for no password".to_owned());
    }
    let show = ["--show", "--showformat=${db:Status-Status} ${Version}", OUR_OWN];
    match sh::output(Command::new("dpkg-query").args(show)) {
        // One that was left by tests that were killed is ours to replace.
        Some(found) if found.starts_with("installed") && !found.contains("+test.") => {
            Err(format!("{OUR_OWN} is installed already ({found}), and the tests would remove it"))
        }
        _ => Ok(()),
    }
}

fn apt(become_root: &[&str], args: &[&str]) -> Result<()> {
    let mut words: Vec<&str> = become_root.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(args);
    sh::run(Command::new(words[0]).args(&words[1..]))
}
