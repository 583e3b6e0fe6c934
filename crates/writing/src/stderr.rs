//! Standard error: a reader that stands still, or a terminal that was held (Ctrl-S), delays nobody.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contract::PlainWriter;
use tracing::Level;

use crate::Backlog;

const WAITING_BYTES_MAX: usize = 256 * 1024;
/// How long the last words may take.
const LAST_WITHIN: Duration = Duration::from_secs(1);

/// `None` where the system has no room for its thread.
static STDERR: OnceLock<Option<Backlog<Vec<u8>>>> = OnceLock::new();
/// What is logged where nothing else is said.
pub const USUAL_LEVEL: Level = Level::WARN;

/// How many lines were dropped since one was taken.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// Says a line.
pub fn say(line: impl Display) {
    put(format!("{line}\n").into_bytes());
}

/// Waits until all that was said is written, but no longer than a second.
pub fn finish() {
    if let Some(Some(stderr)) = STDERR.get() {
        stderr.written(LAST_WITHIN);
    }
}

/// Logs from here on, at [`USUAL_LEVEL`] or as this variable says (`error`, `warn`, `info`, `debug`, `trace`).
pub fn log_to_stderr(variable: &str) {
    let level = std::env::var(variable).ok().and_then(|level| level.parse().ok()).unwrap_or(USUAL_LEVEL);
    // That nobody reads it any more is no reason to complain to the same place, which would be a panic.
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| PlainWriter(Stderr))
        .with_target(false)
        .log_internal_errors(false)
        .init();
}

struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        put(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn put(line: Vec<u8>) {
    let start = || {
        let write = |lines: Vec<Vec<u8>>| write_now(&lines.concat());
        Backlog::start("stderr", WAITING_BYTES_MAX, write).ok()
    };
    let Some(stderr) = STDERR.get_or_init(start) else { return write_now(&line) };
    let dropped = DROPPED.swap(0, Ordering::Relaxed);
    let line = match dropped {
        0 => line,
        _ => [format!("[{dropped} lines dropped: nobody read them]\n").as_bytes(), &line].concat(),
    };
    let size = line.len();
    if !stderr.put(line, size) {
        DROPPED.fetch_add(dropped + 1, Ordering::Relaxed);
    }
}

/// Whoever reads it, or the whole terminal, may have gone away.
fn write_now(text: &[u8]) {
    let _ = io::stderr().write_all(text);
}
