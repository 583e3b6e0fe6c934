//! `xtask try-tray`, with a screen and wine's programs around it: the tray application as the desktop sees it. Its panel is
//! not seen, for want of WebView2.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::setup::WINDOWS_TARGET;
use crate::wine::on_windows;
use crate::{paths, sh};

const SOON: Duration = Duration::from_secs(60);
/// Each comes at another moment, also while the tray is being changed.
const LOG_OFFS: usize = 5;
/// Less than the application waits at most for its services.
const LOG_OFF_WITHIN: Duration = Duration::from_secs(6);
/// The last events of a stack whose second service needs the first.
const STOPPED_IN_ORDER: [&str; 3] = ["page was stopped", "api was stopped", "The stack was stopped"];

/// Tries it all.
pub fn run() -> Result<()> {
    let trial = Trial::new()?;
    let _panel = Running::start(&mut sh::command("trayer"))?;
    step("launching it");
    let first = trial.launch()?;
    ensure!(trial.skinai(&["status"])?.contains("all healthy"), "not all healthy");
    step("launching it a second time");
    ensure!(trial.application(&["--hidden"])?.wait()?.success(), "the first one did not answer");
    ensure!(trial.icons() == 1, "a second icon");
    step("quitting it");
    ensure!(trial.application(&["--quit"])?.wait()?.success(), "it did not quit");
    trial.has_ended(first)?;
    step("logging off");
    for _ in 0..LOG_OFFS {
        let application = trial.launch()?;
        let mut log_off = Running::start(trial.wine("wineboot").arg("--end-session"))?;
        let begun = Instant::now();
        ensure!(log_off.wait()?.success(), "wineboot failed");
        trial.has_ended(application)?;
        ensure!(begun.elapsed() < LOG_OFF_WITHIN, "the end took {:?}", begun.elapsed());
    }
    Ok(())
}

struct Trial {
    folder: PathBuf,
    programs: PathBuf,
}

impl Trial {
    fn new() -> Result<Self> {
        let folder = paths::target().join("wine/tray");
        fs::create_dir_all(&folder)?;
        let programs = paths::target().join(WINDOWS_TARGET).join("debug");
        // What runs it is told from every other one by its place.
        fs::copy(programs.join("fixture.exe"), folder.join("fixture.exe"))?;
        let service = |name: &str, more: &str| {
            let program = on_windows(&folder.join("fixture.exe"));
            format!(
                "[service.{name}]\ncommand = ['{program}']\nport = {{ env = 'PORT' }}\n\
                 health = {{ http = '/health' }}\n{more}\n"
            )
        };
        let services = service("api", "") + &service("page", "needs = ['api']");
        fs::write(folder.join("skinai.toml"), format!("name = 'Tray'\n{services}"))?;
        Ok(Self { folder, programs })
    }

    /// Starts the application, and waits for its services and its icon.
    fn launch(&self) -> Result<Running> {
        let stack = on_windows(&self.folder.join("skinai.toml"));
        let application = self.application(&["--hidden", "--stack", &stack])?;
        self.skinai(&["wait", "--timeout", "60s"])?;
        eventually("its icon in the desktop's panel", || Ok(self.icons() == 1))?;
        Ok(application)
    }

    /// Waits for its end, after which nothing is left, and its services were stopped in order.
    fn has_ended(&self, mut application: Running) -> Result<()> {
        application.wait()?;
        eventually("the end of its icon", || Ok(self.icons() == 0))?;
        eventually("the end of its services", || Ok(!self.fixture_runs()?))?;
        let events = self.skinai(&["events"])?;
        let mut last = events.lines().filter(|line| !line.starts_with("skinai: ")).rev();
        let is_last = |what: &&str| last.next().is_some_and(|line| line.ends_with(what));
        ensure!(STOPPED_IN_ORDER.iter().rev().all(is_last), "it did not stop in order:\n{events}");
        Ok(())
    }

    /// How many icons the desktop's panel has. The windows of all of them are of wine's desktop.
    fn icons(&self) -> usize {
        let tree = sh::output(sh::command("xwininfo").args(["-name", "panel", "-tree"])).unwrap_or_default();
        tree.matches("\"explorer.exe\" \"explorer.exe\"").count()
    }

    fn fixture_runs(&self) -> Result<bool> {
        let own = on_windows(&self.folder.join("fixture.exe"));
        for process in fs::read_dir("/proc")? {
            // One that ends meanwhile is none.
            let words = fs::read(process?.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&words).contains(&own) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn application(&self, words: &[&str]) -> Result<Running> {
        Running::start(self.wine(self.programs.join("skin-ai-assistant.exe")).args(words))
    }

    /// What it prints. It writes to a file, since wine's own processes keep what they inherit open.
    fn skinai(&self, words: &[&str]) -> Result<String> {
        let said = self.folder.join("said.txt");
        let file = File::create(&said)?;
        let mut skinai = self.wine(self.programs.join("skinai.exe"));
        skinai.args(words).stdout(file.try_clone()?).stderr(file);
        let status = Running::start(&mut skinai)?.wait()?;
        let said = String::from_utf8_lossy(&fs::read(said)?).into_owned();
        ensure!(status.success(), "skinai {words:?}: {status}\n{said}");
        Ok(said)
    }

    fn wine(&self, program: impl AsRef<OsStr>) -> Command {
        let mut wine = Command::new("wine");
        wine.arg(program).current_dir(&self.folder).stdin(Stdio::null());
        wine
    }
}

/// A program that ends with this.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let child =
            command.spawn().with_context(|| format!("could not start {:?}", command.get_program()))?;
        Ok(Self(child))
    }

    fn wait(&mut self) -> Result<ExitStatus> {
        let mut end = None;
        eventually("the end of a program", || {
            end = self.0.try_wait()?;
            Ok(end.is_some())
        })?;
        end.context("it has ended")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + SOON;
    while !holds()? {
        ensure!(Instant::now() < end, "not within {SOON:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn step(what: &str) {
    eprintln!("tray: {what}");
}
