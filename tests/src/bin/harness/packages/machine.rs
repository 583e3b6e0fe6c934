//! The machine that a package is installed on, and how it becomes again what it was.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use end_to_end::Guarded;
use nix::sys::signal::{SigSet, Signal};

/// The name of the package, and of the program that its desktop file starts.
pub const PACKAGE: &str = "skin-ai-assistant";

/// Where what needs root leaves its files, for [`guarded`] to remove.
const SCRATCH: &str = "SKINAI_PACKAGES_SCRATCH";

/// The option that tells this program that it is the second process.
pub const SECOND: &str = "second";

/// Runs this program anew with these arguments as the second process, alone on the machine, and cleans up
/// after it; whether it passed.
///
/// # Panics
/// When somebody's own package is installed, or the machine is not as it was.
pub fn guarded(arguments: impl Iterator<Item = OsString>) -> bool {
    // They end the other process; this one is over after that.
    endings().thread_block().expect("signals can be held back");
    let lock = std::env::temp_dir().join("skinai-test-packages.lock");
    let lock = File::options().create(true).truncate(false).write(true).open(lock).expect("a lock file");
    lock.lock().expect("a file can be locked");
    let found = version();
    assert!(
        found.as_deref().is_none_or(|version| version.contains("+test.")),
        "{PACKAGE} {found:?} is installed here, and this would remove it"
    );
    if found.is_some() {
        recover();
        purge();
    }
    let scratch = tempfile::Builder::new().prefix("skinai-packages-").tempdir().expect("a temporary folder");
    let own = std::env::current_exe().expect("a program knows where it is");
    let mut command = Command::new(own);
    command.args(arguments).arg(format!("--{SECOND}")).env(SCRATCH, scratch.path());
    let mut itself = Guarded::spawn(&mut command);
    let passed = itself.child().wait().expect("a child can be waited for").success();
    if !passed {
        recover();
    }
    purge();
    run(as_root("rm").arg("-rf").arg("--").arg(scratch.path()));
    passed
}

/// Completes what apt was doing for a process that is no more.
fn recover() {
    // It may go on without it: this waits for its lock, and complains if it was broken off.
    let _ = apt("check").stdin(Stdio::null()).output();
    run(as_root("dpkg").args(["--configure", "--pending"]));
}

/// Undoes in the other process what it has inherited from [`guarded`].
pub fn heed_signals() {
    endings().thread_unblock().expect("signals can be let through");
}

fn endings() -> SigSet {
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect()
}

/// A folder for files of root's; it is removed when all is done.
pub fn scratch() -> PathBuf {
    std::env::var_os(SCRATCH).map(PathBuf::from).expect("the first process sets it")
}

/// The version that is installed.
pub fn version() -> Option<String> {
    let show = ["--show", "--showformat=${db:Status-Status} ${Version}", PACKAGE];
    let output = Command::new("dpkg-query").args(show).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (state, version) = text.split_once(' ')?;
    (state != "not-installed").then(|| version.to_owned())
}

/// Installs the package, with what it depends on, or upgrades to it.
#[track_caller]
pub fn install(deb: &Path) {
    let mut apt = apt("install");
    // Some images leave documentation out.
    apt.args(["-o", "Dpkg::Options::=--path-include=/usr/share/man/*"]);
    apt.args(["-o", "Dpkg::Options::=--path-include=/usr/share/doc/*"]);
    run(apt.arg("--no-install-recommends").arg(deb));
}

/// Removes the package as a person does, who may want it again.
#[track_caller]
pub fn remove() {
    run(apt("remove").arg(PACKAGE));
}

/// Removes the package and all that the system knows of it, if there is anything.
#[track_caller]
pub fn purge() {
    if version().is_some() {
        run(apt("purge").arg(PACKAGE));
    }
}

/// A command as root.
pub fn as_root(program: &str) -> Command {
    if nix::unistd::Uid::effective().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// Runs a command to its end and returns what it printed.
///
/// # Panics
/// When it fails; the message has what it said.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => panic!("{command:?} could not be started: {error}"),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?} failed ({}):\n{stdout}{stderr}", output.status);
    stdout
}

fn apt(action: &str) -> Command {
    let mut command = as_root("env");
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", action, "-q", "-y"]);
    // Somebody else may be installing something.
    command.args(["-o", "DPkg::Lock::Timeout=120"]);
    // What is typed to end the tests would leave it half done.
    command.process_group(0);
    command
}

/// Tells what is done, and that what was told before has passed.
#[expect(clippy::print_stdout, reason = "a program of the tests")]
pub fn step(what: &str) {
    println!("packages: {what}");
}
