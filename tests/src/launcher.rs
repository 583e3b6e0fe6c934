//! `skinai run --json`, watched snapshot by snapshot.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use contract::Snapshot;
use nix::sys::signal::Signal;

use crate::guard::Guarded;
use crate::home::Home;
use crate::ports::PortBlock;
use crate::programs::Programs;
use crate::{processes, wait};

/// A launch about to happen.
pub struct Launch {
    command: Command,
}

/// A running `skinai run --json`. Dropping it kills it.
pub struct Launcher {
    process: Guarded,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    snapshots: Vec<Arc<Snapshot>>,
    /// Lines on stdout that are no snapshot: there should be none.
    strange: Vec<String>,
    stderr: String,
    ended: bool,
    /// Nobody reads.
    held: bool,
}

impl Launch {
    /// The built-in stack on the ports of this block.
    pub fn builtin(home: &Home, ports: &PortBlock) -> Self {
        Self::stack(home, &ports.builtin_stack())
    }

    /// A stack of the test's own, written to the user's stack file.
    pub fn stack(home: &Home, text: &str) -> Self {
        Self::by(home, home.command(Programs::skinai()), text)
    }

    /// As [`Launch::stack`], by way of a program that changes something and goes on as the launcher.
    pub fn through(home: &Home, program: &[&str], text: &str) -> Self {
        let mut command = home.command(program[0]);
        command.args(&program[1..]).arg(Programs::skinai());
        Self::by(home, command, text)
    }

    /// As [`Launch::stack`], by a launcher that may not look into every process.
    pub fn without_trace(home: &Home, text: &str) -> Self {
        Self::by(home, home.command_without_trace(Programs::skinai()), text)
    }

    fn by(home: &Home, mut command: Command, text: &str) -> Self {
        home.write_stack(text);
        command.args(["run", "--json"]);
        Self { command }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// One more variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Starts it. It dies with the thread that calls this.
    #[track_caller]
    pub fn start(mut self) -> Launcher {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Guarded::spawn(&mut self.command);
        let seen = Arc::new(Seen::default());
        let stdout = process.child().stdout.take().expect("it is a pipe");
        let stderr = process.child().stderr.take().expect("it is a pipe");
        let (for_stdout, for_stderr) = (Arc::clone(&seen), Arc::clone(&seen));
        std::thread::spawn(move || for_stdout.read_snapshots(stdout));
        std::thread::spawn(move || for_stderr.read_complaints(stderr));
        Launcher { process, seen }
    }
}

impl Seen {
    fn read_snapshots(&self, pipe: impl Read) {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut state = self.lock_to_read();
            match serde_json::from_str(&line) {
                Ok(snapshot) => state.snapshots.push(Arc::new(snapshot)),
                Err(error) => state.strange.push(format!("{line} ({error})")),
            }
            self.changed.notify_all();
        }
        self.state.lock().expect("no reader panics").ended = true;
        self.changed.notify_all();
    }

    fn lock_to_read(&self) -> MutexGuard<'_, State> {
        let state = self.state.lock().expect("no reader panics");
        self.changed.wait_while(state, |state| state.held).expect("no reader panics")
    }

    fn read_complaints(&self, pipe: impl Read) {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut state = self.lock_to_read();
            state.stderr.push_str(&line);
            state.stderr.push('\n');
        }
    }
}

impl Launcher {
    /// The launcher's process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Every living process that the launcher started, by parentage.
    pub fn descendants(&self) -> Vec<u32> {
        processes::descendants(self.pid())
    }

    /// The launcher's own processes: the one that was started, and those in which it goes on itself.
    pub fn own_processes(&self) -> Vec<u32> {
        processes::own(self.pid())
    }

    /// Every snapshot so far, oldest first.
    pub fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        self.seen.state.lock().expect("no reader panics").snapshots.clone()
    }

    /// Reads no more of what it prints, until told to go on.
    pub fn hold(&self, held: bool) {
        self.seen.state.lock().expect("no reader panics").held = held;
        self.seen.changed.notify_all();
    }

    /// The newest snapshot, if there is one.
    pub fn newest(&self) -> Option<Arc<Snapshot>> {
        self.seen.state.lock().expect("no reader panics").snapshots.last().cloned()
    }

    /// What it wrote to stderr so far.
    pub fn stderr(&self) -> String {
        self.seen.state.lock().expect("no reader panics").stderr.clone()
    }

    /// Waits for all services to be healthy.
    #[track_caller]
    pub fn healthy(&self) -> Arc<Snapshot> {
        self.wait(wait::HEALTHY_WITHIN, "every service is healthy", Snapshot::all_healthy)
    }

    /// Waits until the newest snapshot fulfils the condition.
    ///
    /// # Panics
    /// When it does not within `bound`, the launcher ends before, or prints something else.
    #[track_caller]
    pub fn wait(&self, bound: Duration, what: &str, condition: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let end = Instant::now() + bound;
        let mut state = self.seen.state.lock().expect("no reader panics");
        loop {
            assert!(state.strange.is_empty(), "no snapshots on stdout: {:?}", state.strange);
            if let Some(newest) = state.snapshots.last()
                && condition(newest)
            {
                return Arc::clone(newest);
            }
            let left = end.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                let why = if state.ended { "the launcher ended" } else { "it took too long" };
                let newest = state.snapshots.last().map(|newest| format!("{newest:#?}"));
                panic!(
                    "not within {bound:?}: {what}; {why}. stderr:\n{}\nnewest snapshot: {}",
                    state.stderr,
                    newest.as_deref().unwrap_or("none")
                );
            }
            state = self.seen.changed.wait_timeout(state, left).expect("no reader panics").0;
        }
    }

    /// Sends the launcher a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// SIGTERM, and the wait for its end.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.process.wait(wait::HEALTHY_WITHIN)
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(&mut self, bound: Duration) -> ExitStatus {
        self.process.wait(bound)
    }
}
