//! A folder with a stack in it, folders of the user's own beside it, and ports that no other test takes.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::net::TcpStream;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::{ServiceSnapshot, Snapshot};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
use tempfile::TempDir;

use crate::ports::Ports;

/// The bound for whatever is waited for, on a busy machine; under wine one process does for all what the system does.
pub const SOON: Duration = Duration::from_secs(if cfg!(windows) { 150 } else { 60 });

/// Where `skinai` is run. Dropping it ends what it has launched.
pub struct Place {
    folder: TempDir,
    pub ports: Ports,
}

/// A program that is killed when this is dropped.
pub struct Launched(Child);

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("skinai-").tempdir().expect("a temporary folder");
        for name in ["stack", "config", "data", "state", "run"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("the folder is new");
            #[cfg(unix)]
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
                .expect("it is ours");
        }
        Self { folder, ports: Ports::take() }
    }

    /// A place with these services in its stack file, in which `FIXTURE` is a fixture of this place alone.
    pub fn with(services: &str) -> Self {
        let place = Self::new();
        place.write(services);
        place
    }

    /// Writes the stack file.
    pub fn write(&self, services: &str) {
        let services = services.replace("FIXTURE", &format!("'{}'", self.fixture().display()));
        let text = format!("name = \"Systems\"\nports = \"{}\"\n{services}", self.ports.range());
        fs::write(self.stack().join("skinai.toml"), text).expect("the folder is writable");
    }

    /// The folder of the stack file.
    pub fn stack(&self) -> PathBuf {
        self.folder.path().join("stack")
    }

    /// The fixture, copied: what runs it was started from here.
    pub fn fixture(&self) -> PathBuf {
        let name = format!("fixture{}", std::env::consts::EXE_SUFFIX);
        let copy = self.folder.path().join(&name);
        if !copy.exists() {
            let built = Path::new(env!("CARGO_BIN_EXE_skinai")).with_file_name(name);
            fs::copy(&built, &copy)
                .unwrap_or_else(|error| panic!("cargo build -p fixture: {built:?}: {error}"));
        }
        copy
    }

    /// Whether a process runs the fixture of this place.
    pub fn fixture_runs(&self) -> bool {
        // Its folder is like no other, however the system writes the way there.
        let folder = self.folder.path().file_name().expect("it has a name");
        let own = Path::new(folder).join(self.fixture().file_name().expect("it has a name"));
        let mut system = System::new();
        let what = ProcessRefreshKind::nothing().with_exe(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        system.processes().values().any(|process| process.exe().is_some_and(|exe| exe.ends_with(&own)))
    }

    /// `skinai` with these words, in the folder of the stack file. The fixture is found along `PATH` by its name alone.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skinai"));
        command.args(words).current_dir(self.stack()).stdin(Stdio::null());
        for name in ["HOME", "USERPROFILE", "LOCALAPPDATA"] {
            command.env(name, self.folder.path());
        }
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            command.env(name, self.folder.path().join(folder));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = std::iter::once(self.folder.path().to_owned());
        command.env("PATH", std::env::join_paths(own.chain(std::env::split_paths(&path))).expect("folders"));
        for name in ["PORT", "SKINAI_STACK", "SKINAI_PROFILES", "SKINAI_HOST", "SKINAI_TOKEN"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs `skinai` to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        output(&mut self.command(words))
    }

    /// The same; it prints this where it ends with exit code 0.
    #[track_caller]
    pub fn prints(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "skinai {words:?}: {}\n{said}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Launches the stack. What it prints is in `NAME.log`.
    pub fn launch(&self, instance: &str) -> Launched {
        let log = File::create(self.folder.path().join(instance).with_extension("log")).expect("a file");
        let mut command = self.command(&["run", "--quiet", "--instance", instance]);
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        Launched(start(&mut command))
    }

    /// Launches the stack and waits for all of it to be healthy.
    #[track_caller]
    pub fn healthy(&self) -> (Launched, Snapshot) {
        let launched = self.launch("stack");
        (launched, self.until("every service is healthy", Snapshot::all_healthy))
    }

    /// The snapshot of an instance that runs.
    pub fn status(&self, instance: &str) -> Option<Snapshot> {
        let output = self.run(&["status", "--json", "--instance", instance]);
        serde_json::from_slice(&output.stdout).ok()
    }

    /// Waits until the stack fulfils the condition.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let end = Instant::now() + SOON;
        loop {
            let now = self.status("stack");
            match &now {
                Some(now) if holds(now) => return now.clone(),
                _ if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
                _ => {
                    let log = fs::read_to_string(self.folder.path().join("stack.log")).unwrap_or_default();
                    panic!("not within {SOON:?}: {what}. {now:#?}\n{log}");
                }
            }
        }
    }

    /// Waits until nothing of the stack is left.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        eventually("no process is left", || !self.fixture_runs());
        assert_eq!(self.run(&["status"]).status.code(), Some(3));
        eventually("every port is free", || self.ports.are_free());
    }
}

impl Launched {
    /// Ends it as nobody can prevent.
    pub fn kill(mut self) {
        self.0.kill().expect("it runs");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ends(mut self) -> ExitStatus {
        let mut end = None;
        eventually("the program ends", || {
            end = self.0.try_wait().expect("a child can be waited for");
            end.is_some()
        });
        end.expect("it has ended")
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program. Wine fails some at one moment that it starts at the next, with this error.
#[track_caller]
fn start(command: &mut Command) -> Child {
    const INTERNAL_ERROR: i32 = 1359;
    let mut attempts = (0..4).map(|_| command.spawn());
    let passes = |error: &std::io::Error| cfg!(windows) && error.raw_os_error() == Some(INTERNAL_ERROR);
    let started = attempts.find(|started| started.as_ref().err().is_none_or(|error| !passes(error)));
    started.expect("no program can be started").expect("the program can be started")
}

/// Runs a program to its end. It writes to files: who keeps a pipe open (wine's own processes do) would be waited for.
#[track_caller]
pub fn output(command: &mut Command) -> Output {
    let [mut stdout, mut stderr] = [(); 2].map(|()| tempfile::tempfile().expect("a temporary file"));
    command.stdout(stdout.try_clone().expect("a second handle"));
    command.stderr(stderr.try_clone().expect("a second handle"));
    let status = Launched(start(command)).ends();
    let read = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("it was just written");
        bytes
    };
    Output { status, stdout: read(&mut stdout), stderr: read(&mut stderr) }
}

/// Waits until the condition holds.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < end, "not within {SOON:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Does something while every processor is busy with something else.
pub fn under_load(work: impl FnOnce()) {
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        // Also where it fails.
        let _over = Over(&over);
        work();
    });
}

/// The service of that name.
#[track_caller]
pub fn service<'a>(snapshot: &'a Snapshot, name: &str) -> &'a ServiceSnapshot {
    snapshot.services.iter().find(|service| service.name == name).expect("it has that service")
}

/// What answers at a port.
pub fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(SOON)).ok()?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
        .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.trim_end().to_owned())
}
