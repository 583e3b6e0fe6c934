//! `xtask try-installer OLDER NEWER`, on Windows or under wine: two versions of the installer as a person runs them, for
//! a user who has none installed. What it checks is what is left at the end: nothing but data.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

const SOON: Duration = Duration::from_secs(90);
const ENVIRONMENT: &str = r"HKCU\Environment";
const UNINSTALL: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\app.skinai.Assistant";
const AUTOSTART: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
/// An entry of the user's own, which names a variable.
const OTHER_ENTRY: &str = r"%APPDATA%\somewhere else";

/// Tries it all.
pub fn run(args: &[String]) -> Result<()> {
    let [older, newer] = args else { bail!("try-installer OLDER NEWER") };
    let trial = Trial::new()?;
    ensure!(!trial.folder.exists(), "{} exists already: remove what is installed", trial.folder.display());
    let before = value(ENVIRONMENT, "Path")?;
    if before.is_none() {
        reg(&["add", ENVIRONMENT, "/v", "Path", "/t", "REG_EXPAND_SZ", "/d", OTHER_ENTRY, "/f"])?;
    }
    let path = value(ENVIRONMENT, "Path")?;

    step("installing");
    trial.install(older)?;
    trial.is_installed("+test.1")?;
    step("launching it");
    trial.launch()?;
    let launched = trial.status()?;
    step("upgrading while it runs");
    trial.install(newer)?;
    trial.is_installed("+test.2")?;
    trial.skinai(&["wait", "--timeout", "60s"]).context("it was launched again")?;
    ensure!(trial.status()? != launched, "what runs is another process");
    step("removing while it runs");
    for (name, data) in [
        ("skin-ai-assistant", format!("\"{}\" --hidden", trial.file("skin-ai-assistant.exe").display())),
        ("skin-ai-assistant-other", r"C:\elsewhere\skin-ai-assistant.exe".to_owned()),
    ] {
        reg(&["add", AUTOSTART, "/v", name, "/d", &data, "/f"])?;
    }
    trial.remove()?;
    ensure!(value(ENVIRONMENT, "Path")? == path, "Path is not what it was");
    ensure!(value(AUTOSTART, "skin-ai-assistant")?.is_none(), "it would be started at login");
    ensure!(value(AUTOSTART, "skin-ai-assistant-other")?.is_some(), "another one's entry is gone");
    ensure!(value(UNINSTALL, "DisplayName")?.is_none(), "Windows still lists it");
    ensure!(!trial.shortcut().exists(), "it is still in the start menu");
    ensure!(trial.local.join("skinai").is_dir(), "the data is gone");
    reg(&["delete", AUTOSTART, "/v", "skin-ai-assistant-other", "/f"])?;
    if before.is_none() {
        reg(&["delete", ENVIRONMENT, "/v", "Path", "/f"])?;
    }
    Ok(())
}

struct Trial {
    local: PathBuf,
    folder: PathBuf,
}

impl Trial {
    fn new() -> Result<Self> {
        let local = PathBuf::from(std::env::var_os("LOCALAPPDATA").context("LOCALAPPDATA is not set")?);
        let folder = local.join(r"Programs\Skin AI Assistant");
        Ok(Self { local, folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn shortcut(&self) -> PathBuf {
        let roaming = std::env::var_os("APPDATA").map(PathBuf::from).unwrap_or_default();
        roaming.join(r"Microsoft\Windows\Start Menu\Programs\Skin AI Assistant.lnk")
    }

    fn install(&self, installer: &str) -> Result<()> {
        let (status, said) = output(Command::new(installer).arg("/S"))?;
        ensure!(status.success(), "{installer} /S: {status}\n{said}");
        Ok(())
    }

    fn is_installed(&self, version: &str) -> Result<()> {
        for name in crate::windows_bundle::PROGRAMS.into_iter().chain(["LICENSE-MIT", "uninstall.exe"]) {
            ensure!(self.file(name).is_file(), "there is no {}", self.file(name).display());
        }
        ensure!(self.shortcut().exists(), "it is not in the start menu");
        let listed = value(UNINSTALL, "DisplayVersion")?.unwrap_or_default();
        ensure!(listed.ends_with(version), "Windows lists {listed:?}");
        let path = value(ENVIRONMENT, "Path")?.unwrap_or_default();
        let own = self.folder.display().to_string();
        ensure!(path.matches(&own).count() == 1, "Path is {path:?}");
        let said = self.skinai(&["--version"])?;
        ensure!(said.starts_with("skinai "), "skinai --version: {said}");
        Ok(())
    }

    fn launch(&self) -> Result<()> {
        let mut application = Command::new(self.file("skin-ai-assistant.exe"));
        application.arg("--hidden").current_dir(&self.local);
        application.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        self.skinai(&["wait", "--timeout", "60s"]).map(drop)
    }

    /// Which process launched the stack.
    fn status(&self) -> Result<String> {
        let status = self.skinai(&["status"])?;
        Ok(status.lines().next().unwrap_or_default().to_owned())
    }

    fn skinai(&self, words: &[&str]) -> Result<String> {
        let (status, said) =
            output(Command::new(self.file("skinai.exe")).args(words).current_dir(&self.local))?;
        ensure!(status.success(), "skinai {words:?}: {status}\n{said}");
        Ok(said)
    }

    /// The program that removes it goes on as a copy of itself, since it removes itself too.
    fn remove(&self) -> Result<()> {
        let (status, said) = output(Command::new(self.file("uninstall.exe")).arg("/S"))?;
        ensure!(status.success(), "uninstall.exe /S: {status}\n{said}");
        let end = Instant::now() + SOON;
        while self.folder.exists() {
            let left = || {
                fs::read_dir(&self.folder).map(|files| files.flatten().map(|file| file.file_name()).collect())
            };
            ensure!(Instant::now() < end, "not removed within {SOON:?}: {:?}", left().unwrap_or(Vec::new()));
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// A value of the registry, without its type; `None` where there is none.
fn value(key: &str, name: &str) -> Result<Option<String>> {
    let (status, said) = output(Command::new("reg").args(["query", key, "/v", name]))?;
    let line = said.lines().map(str::trim).find(|line| line.starts_with(name));
    let data = line.and_then(|line| line.split_once("_SZ")).map(|(_, data)| data.trim().to_owned());
    Ok(data.filter(|_| status.success()))
}

fn reg(words: &[&str]) -> Result<()> {
    let (status, said) = output(Command::new("reg").args(words))?;
    ensure!(status.success(), "reg {words:?}: {status}\n{said}");
    Ok(())
}

/// Runs a program to its end. Not by pipes: what it starts and leaves would keep them open.
fn output(command: &mut Command) -> Result<(ExitStatus, String)> {
    let path = std::env::temp_dir().join(format!("try-installer-{}.txt", std::process::id()));
    let file = File::create(&path)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let status = command.status().with_context(|| format!("{command:?}"))?;
    Ok((status, read(&path)?))
}

fn read(path: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

fn step(what: &str) {
    eprintln!("installer: {what}");
}
