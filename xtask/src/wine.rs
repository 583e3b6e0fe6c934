//! Programs for Windows, run by wine: with a network and processes of their own where the system allows it, so that
//! the ports of the tests are nobody else's, and nothing outlives them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::setup::WINDOWS_TARGET;
use crate::{paths, sh};

/// The sockets of all programs are the wine server's: it has to be started in there. One that ended whenever no program
/// is left would turn a program away that starts in that instant. The services of wine come with the first program and
/// stay; they keep what that one writes to open.
const SCRIPT: &str = r#"
trap 'wineserver --kill' EXIT
trap 'exit 1' INT TERM HUP
PATH=$BIN:$PATH
if [ "$1" = apart ]; then ip link set lo up; fi
shift
wineserver --persistent
wine cmd /c exit >/dev/null 2>&1
if [ -n "$SCREEN" ]; then
    Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$SCREEN" >/dev/null 2>&1 &
    trap "wineserver --kill; kill $!" EXIT
    until [ -s "$SCREEN" ]; do sleep 0.1; done
    DISPLAY=:$(cat "$SCREEN"); export DISPLAY
fi
timeout --kill-after=10 600 "$@"
"#;

const RUNNER_NAME: &str = "run-under-wine";
/// Runs a test. One that fails ends with 101; wine ends with 1 where it could not reach its server and then found it when
/// it was to start another.
const RUNNER: &str = r#"#!/bin/sh
wine "$@"
code=$?
if [ $code -eq 1 ]; then
    wine "$@"
    code=$?
fi
exit $code
"#;

/// A network, and process ids, of which nothing is left when the first process ends.
const APART: &[&str] = &["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// The source of random bytes that the programs ask for, and that wine 8 lacks.
const RANDOM_SOURCE: &str = "bcryptprimitives.dll";
const RANDOM_BYTES: &str = r"
typedef unsigned char BOOLEAN;
__declspec(dllimport) BOOLEAN __stdcall SystemFunction036(void *bytes, unsigned long length);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long length) {
    return SystemFunction036(bytes, (unsigned long) length);
}
";

/// A Windows of the tests' own, made anew each time.
pub struct Wine {
    folder: PathBuf,
    apart: bool,
}

impl Wine {
    /// Makes it.
    pub fn set_up() -> Result<Self> {
        let folder = paths::target().join("wine");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
        }
        // Its server is started there before there is anything.
        fs::create_dir_all(folder.join("prefix"))?;
        let apart = sh::output(sh::command("unshare").args(APART).arg("true")).is_some();
        if !apart {
            eprintln!(
                "wine: no network of its own (`unshare` is refused here): it runs in that of this machine"
            );
        }
        let wine = Self { folder, apart };
        let runner = wine.folder.join("bin").join(RUNNER_NAME);
        fs::create_dir_all(wine.folder.join("bin"))?;
        fs::write(&runner, RUNNER)?;
        sh::run(sh::command("chmod").arg("+x").arg(&runner))?;
        wine.run("wineboot", sh::command("wineboot").arg("--init"))?;
        let system = wine.folder.join("prefix/drive_c/windows/system32");
        if !system.join(RANDOM_SOURCE).exists() {
            let source = wine.folder.join("random.c");
            fs::write(&source, RANDOM_BYTES)?;
            let mut compiler = sh::command("x86_64-w64-mingw32-gcc");
            compiler.args(["-shared", "-O2", "-o"]).arg(system.join(RANDOM_SOURCE)).arg(source);
            sh::run(compiler.arg("-ladvapi32"))?;
        }
        Ok(wine)
    }

    /// Runs a command that runs such programs, by `wine` in front of them, and shows what it wrote where it fails.
    pub fn run(&self, name: &str, command: &Command) -> Result<()> {
        self.go(name, command, false)
    }

    /// The same, and shows what it wrote in any case.
    pub fn show(&self, name: &str, command: &Command) -> Result<()> {
        self.run(name, command)?;
        eprint!("{}", fs::read_to_string(self.log(name))?);
        Ok(())
    }

    /// The same, with a screen to show windows on.
    pub fn run_with_screen(&self, name: &str, command: &Command) -> Result<()> {
        self.go(name, command, true)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("log")
    }

    fn go(&self, name: &str, command: &Command, has_screen: bool) -> Result<()> {
        let mut whole = if self.apart { sh::command("unshare") } else { sh::command("sh") };
        if self.apart {
            whole.args(APART).arg("sh");
        }
        whole.args(["-c", SCRIPT, "sh", if self.apart { "apart" } else { "here" }]);
        whole.arg(command.get_program()).args(command.get_args());
        whole.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // By its name: in a path that stands there, blanks would part it.
        whole.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", RUNNER_NAME);
        whole.env("BIN", self.folder.join("bin"));
        whole.env("WINEPREFIX", self.folder.join("prefix")).env("WINEDEBUG", "-all");
        whole.env("WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe=d");
        // Tests find there what lies beside the programs, as they do where cargo runs on Windows.
        whole.env("WINEPATH", on_windows(&paths::target().join(WINDOWS_TARGET).join("debug")));
        // Of this machine's own session nothing is to be seen there.
        whole.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("SCREEN");
        if has_screen {
            whole.env("SCREEN", self.folder.join(name).with_extension("screen"));
        }
        // Not a pipe: wine's own processes keep what they inherit open.
        let log = self.log(name);
        let output = File::create(&log)?;
        whole.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let shown: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
        let shown = shown.join(OsStr::new(" ")).to_string_lossy().into_owned();
        eprintln!("   $ {shown} # under wine");
        if !whole.status().context("could not start `unshare` or `sh`")?.success() {
            eprintln!("{}", String::from_utf8_lossy(&fs::read(&log)?));
            bail!("`{shown}` failed under wine");
        }
        Ok(())
    }
}

/// The name that wine gives to a file.
pub fn on_windows(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}
