//! A user's folders and environment, made for one test.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use contract::Snapshot;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::guard::Guarded;
use crate::processes;
use crate::programs::Programs;
use crate::wait::{SOON, eventually, eventually_some};

const COMMAND_WITHIN: Duration = Duration::from_secs(60);

/// A home of its own: every folder that the programs use, and an environment without the developer's.
///
/// Dropping it ends every process that still has its environment, and removes the folders.
pub struct Home {
    folder: TempDir,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Home {
    /// Makes the folders.
    #[expect(clippy::new_without_default, reason = "it makes folders")]
    pub fn new() -> Self {
        // Short, since the path of a Unix socket may have 107 bytes.
        let folder = tempfile::Builder::new().prefix("skinai-").tempdir().expect("a temporary folder");
        let home = Self { folder };
        for name in ["run", "config", "data", "state", "cache", "tmp", "bin"] {
            fs::create_dir(home.path().join(name)).expect("a folder in the temporary folder");
        }
        fs::set_permissions(home.runtime(), fs::Permissions::from_mode(0o700)).expect("own folder");
        home.write_script("xdg-open", &format!("printf '%s\\n' \"$@\" >>'{}'", home.opened_file().display()));
        home
    }

    /// The folder that holds everything; also the mark by which [`Home::processes`] knows its own.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `XDG_RUNTIME_DIR`.
    pub fn runtime(&self) -> PathBuf {
        self.path().join("run")
    }

    /// `XDG_CONFIG_HOME/skinai`.
    pub fn config(&self) -> PathBuf {
        self.path().join("config/skinai")
    }

    /// `XDG_STATE_HOME/skinai`.
    pub fn state(&self) -> PathBuf {
        self.path().join("state/skinai")
    }

    /// `XDG_DATA_HOME/skinai`.
    pub fn data(&self) -> PathBuf {
        self.path().join("data/skinai")
    }

    /// Makes this stack file the user's own, and returns its path.
    pub fn write_stack(&self, text: &str) -> PathBuf {
        self.write_config("stack.toml", text)
    }

    /// Writes a file of the user's configuration, and returns its path.
    pub fn write_config(&self, name: &str, text: &str) -> PathBuf {
        fs::create_dir_all(self.config()).expect("own folder");
        let (path, whole) = (self.config().join(name), self.config().join(format!("{name}.new")));
        // Another launcher of this home may be reading it.
        fs::write(&whole, text).and_then(|()| fs::rename(whole, &path)).expect("own folder");
        path
    }

    /// Puts a shell script first in PATH.
    pub fn write_script(&self, name: &str, body: &str) {
        let path = self.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("own folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("own file");
    }

    /// The addresses that a browser was asked to open, oldest first.
    pub fn opened(&self) -> Vec<String> {
        fs::read_to_string(self.opened_file()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Where a browser was led that was asked to open something for this user: to what it was given, or what a page on
    /// the disk leads to.
    pub fn led_to(opened: &str) -> String {
        let Ok(page) = fs::read_to_string(opened) else { return opened.to_owned() };
        let (_, address) = page.split_once("0;url=").expect("a page that leads somewhere");
        address.split('"').next().expect("an address").replace("&amp;", "&")
    }

    fn opened_file(&self) -> PathBuf {
        self.path().join("opened")
    }

    /// A command in this home's environment and nobody else's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let bin = self.path().join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)));
        command
            .env_clear()
            .env("PATH", path.expect("folders of PATH"))
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.runtime())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("TMPDIR", self.path().join("tmp"))
            .env("BROWSER", "xdg-open")
            .env("LANG", "C.UTF-8")
            .env("RUST_BACKTRACE", "1")
            .current_dir(self.path());
        command
    }

    /// The same for a program that may not look into every process: root without the capabilities for that, as in a
    /// container, or any other user. It may look into what is of the same kind.
    pub fn command_without_trace(&self, program: impl AsRef<OsStr>) -> Command {
        if !nix::unistd::geteuid().is_root() {
            return self.command(program);
        }
        let mut command = self.command("setpriv");
        // Without the first, links in /proc/PID/fd are hidden; without the others, another user's list of them.
        let lacks = "-sys_ptrace,-dac_override,-dac_read_search";
        command.args(["--bounding-set", lacks, "--inh-caps", lacks, "--"]).arg(program);
        command
    }

    /// Runs `skinai` with these arguments to its end.
    #[track_caller]
    pub fn skinai<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Outcome {
        self.run(self.command(Programs::skinai()).args(args))
    }

    /// Starts a program in the background; what it prints can be read with [`Home::log_of`] `name`.
    #[track_caller]
    pub fn spawn(&self, name: &str, command: &mut Command) -> Guarded {
        Guarded::spawn(command.stdin(Stdio::null()).stdout(self.log(name)).stderr(self.log(name)))
    }

    /// What a program started with [`Home::spawn`] printed so far.
    pub fn log_of(&self, name: &str) -> String {
        let bytes = fs::read(self.path().join(format!("{name}.log"))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn log(&self, name: &str) -> File {
        let path = self.path().join(format!("{name}.log"));
        File::options().create(true).append(true).open(path).expect("own folder")
    }

    /// The control socket of an instance.
    pub fn control_socket(&self, instance: &str) -> PathBuf {
        self.runtime().join("skinai").join(format!("{instance}.sock"))
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it takes longer than a minute.
    #[track_caller]
    pub fn run(&self, command: &mut Command) -> Outcome {
        let mut child =
            Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
        let out = read_all(child.child().stdout.take().expect("it is a pipe"));
        let err = read_all(child.child().stderr.take().expect("it is a pipe"));
        let status = child.wait(COMMAND_WITHIN);
        Outcome {
            code: status.code(),
            stdout: out.join().expect("the reader ended"),
            stderr: err.join().expect("the reader ended"),
        }
    }

    /// `skinai status --json` of the instance that runs, as a snapshot.
    ///
    /// # Panics
    /// When nothing runs or the answer is no snapshot.
    #[track_caller]
    pub fn status(&self) -> Snapshot {
        let outcome = self.skinai(["status", "--json"]);
        serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("no snapshot ({error}): {outcome:?}"))
    }

    /// Waits until the status of the instance that runs fulfils the condition.
    #[track_caller]
    pub fn wait_status(
        &self,
        bound: Duration,
        what: &str,
        condition: impl Fn(&Snapshot) -> bool,
    ) -> Snapshot {
        eventually_some(bound, what, || {
            let outcome = self.skinai(["status", "--json"]);
            serde_json::from_str(&outcome.stdout).ok().filter(|snapshot| condition(snapshot))
        })
    }

    /// Every living process that has this home's environment, wherever it went.
    pub fn processes(&self) -> Vec<u32> {
        processes::with_environment(&self.path().display().to_string())
    }

    /// Asserts that nothing of this home lives any more, or soon does not.
    #[track_caller]
    pub fn assert_nothing_left(&self, bound: Duration) {
        eventually(bound, &format!("nothing is left, but there is {}", self.describe_processes()), || {
            self.processes().is_empty()
        });
    }

    fn describe_processes(&self) -> String {
        let lines =
            self.processes().into_iter().map(|pid| format!("{pid}: {}", processes::command_line(pid)));
        lines.collect::<Vec<_>>().join("; ")
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Drop for Home {
    #[expect(clippy::print_stderr, reason = "the test's output is where one looks for the folder")]
    fn drop(&mut self) {
        for _ in 0..3 {
            for pid in self.processes() {
                processes::signal(pid, Signal::SIGKILL);
            }
        }
        if !std::thread::panicking() {
            eventually(SOON, "the last processes of the test end", || self.processes().is_empty());
        } else if let Ok(keep) = std::env::var("SKINAI_KEEP_HOME")
            && !keep.is_empty()
        {
            self.folder.disable_cleanup(true);
            eprintln!("kept: {}", self.path().display());
        }
    }
}
