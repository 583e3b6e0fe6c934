//! The output of one service, through all its runs.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use contract::{LineText, LogLine, LogStream, LogWindow};
use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc};
use writing::Backlog;

use super::file::LogFile;
use super::read::{LineSink, read_all};
use super::ring::{self, Ring};
use super::sink::ReadyLine;

/// How many lines a slow reader may be behind before it misses some.
const FOLLOWERS_BEHIND_MAX: usize = 1024;
/// How much of all services' lines may wait to be written to their files.
const UNWRITTEN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a line takes up besides its text.
const LINE_BYTES: usize = 128;
/// How long the last lines may take to be written.
const LAST_WITHIN: Duration = Duration::from_secs(1);

/// The output of one service, through all its runs.
#[derive(Clone)]
pub(crate) struct Output {
    inner: Arc<Mutex<Inner>>,
    /// Which of the files is its own.
    number: usize,
    files: Arc<Backlog<Unwritten>>,
}

/// Lines on their way to a file.
struct Unwritten {
    file: usize,
    /// How many others were dropped before these.
    missed: usize,
    lines: Vec<Arc<LogLine>>,
}

#[derive(Default)]
struct Inner {
    ring: Ring,
    /// The number of the newest line.
    newest: u64,
    /// How many lines were dropped on their way to the file since one was not.
    missed: usize,
    /// Made for the first who follows: it takes up room for every line that a slow one may be behind.
    followers: Option<broadcast::Sender<Arc<LogLine>>>,
}

impl Output {
    /// The outputs of services, kept in `folder/NAME.log`.
    ///
    /// # Errors
    /// If the thread that writes the files cannot be started.
    pub(crate) fn all<'a>(folder: &Path, names: impl Iterator<Item = &'a String>) -> io::Result<Vec<Self>> {
        let mut files: Vec<_> = names.map(|name| LogFile::new(folder, name)).collect();
        let all: Vec<Arc<Mutex<Inner>>> = files.iter().map(|_| Arc::default()).collect();
        let outputs = all.clone();
        let write = move |unwritten: Vec<Unwritten>| {
            for Unwritten { file, missed, lines } in unwritten {
                if let Some(trouble) = files[file].write(&lines, missed) {
                    lock(&outputs[file]).say_in_memory(trouble);
                }
            }
        };
        let files = Arc::new(Backlog::start("log-files", UNWRITTEN_BYTES_MAX, write)?);
        let output = |(number, inner)| Self { inner, number, files: Arc::clone(&files) };
        Ok(all.into_iter().enumerate().map(output).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Waits a moment for the last lines of all services to be written. Returns whether they are.
    pub(crate) fn is_written(&self) -> bool {
        self.files.written(LAST_WITHIN)
    }

    /// Lines that are kept, oldest first.
    pub(crate) fn part(&self, window: impl Into<LogWindow>) -> Vec<LogLine> {
        self.lock().ring.part(window.into())
    }

    /// The lines that are printed from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<LogLine>> {
        let mut inner = self.lock();
        inner.followers.get_or_insert_with(|| broadcast::channel(FOLLOWERS_BEHIND_MAX).0).subscribe()
    }

    /// A line of the launcher's own about the service.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.keep(LogStream::Launcher, vec![text.into().into()], &mut None);
    }

    /// Keeps lines. The first of them ends the `unfinished` one, if there is one.
    fn keep(&self, stream: LogStream, texts: Vec<LineText>, unfinished: &mut Option<u64>) {
        let mut inner = self.lock();
        let mut kept = Vec::with_capacity(texts.len());
        for text in texts {
            kept.push(inner.push(stream, text, unfinished.take(), false));
        }
        self.write(&mut inner, kept.clone());
        inner.tell(kept);
    }

    fn write(&self, inner: &mut Inner, lines: Vec<Arc<LogLine>>) {
        let (missed, count) = (std::mem::take(&mut inner.missed), lines.len());
        let size = lines.iter().map(|line| ring::size(line) + LINE_BYTES).sum();
        if self.files.put(Unwritten { file: self.number, missed, lines }, size) {
            return;
        }
        inner.missed = missed + count;
        if missed == 0 {
            let text = "the log file does not take lines in time; they are kept in memory alone";
            tracing::warn!("{text}");
            inner.say_in_memory(text.to_owned());
        }
    }

    /// Shows a line that has not ended, in place of how it was shown before.
    #[cfg(unix)]
    fn show(&self, stream: LogStream, text: LineText, unfinished: &mut Option<u64>) {
        let mut inner = self.lock();
        let line = inner.push(stream, text, *unfinished, true);
        *unfinished = Some(line.number);
        inner.tell(vec![line]);
    }

    /// Reads the pipes of a process to their ends, and looks whether it prints that it is ready.
    pub(crate) fn attach(
        &self,
        pipes: [(std::io::PipeReader, LogStream); 2],
        ready: Option<&ReadyLine>,
        side: &tokio::runtime::Handle,
    ) -> OutputEnd {
        let (reading, end) = mpsc::channel(1);
        for (pipe, stream) in pipes {
            let (ready, reading) = (ready.cloned(), reading.clone());
            let to = Pipe { output: self.clone(), stream, unfinished: None, ready, _reading: reading };
            read_all(pipe, side, to);
        }
        OutputEnd(end)
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // Nothing panics while it is held; and if something did, old lines are still lines.
    inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Inner {
    /// A line of the launcher's that its file cannot take.
    fn say_in_memory(&mut self, text: String) {
        let line = self.push(LogStream::Launcher, text.into(), None, false);
        self.tell(vec![line]);
    }

    /// Makes a line, which takes the place of the one that has its number, and puts it into the ring.
    fn push(
        &mut self,
        stream: LogStream,
        text: LineText,
        number: Option<u64>,
        unfinished: bool,
    ) -> Arc<LogLine> {
        let number = number.filter(|number| self.ring.has(*number)).unwrap_or(self.newest + 1);
        self.newest = self.newest.max(number);
        let (at, LineText { plain, coloured }) = (Timestamp::now(), text);
        let line = Arc::new(LogLine { number, at, stream, text: plain, coloured, unfinished });
        self.ring.put(Arc::clone(&line));
        line
    }

    fn tell(&mut self, lines: Vec<Arc<LogLine>>) {
        // Nobody may be listening any more: then there is no need for one.
        if self.followers.as_ref().is_some_and(|followers| followers.receiver_count() == 0) {
            self.followers = None;
        }
        if let Some(followers) = &self.followers {
            for line in lines {
                let _ = followers.send(line);
            }
        }
    }
}

/// One pipe of a service, to which its lines come.
struct Pipe {
    output: Output,
    stream: LogStream,
    /// The number of the line that is shown although it has not ended.
    unfinished: Option<u64>,
    ready: Option<ReadyLine>,
    /// Dropped with it, at the end of the pipe.
    _reading: mpsc::Sender<Infallible>,
}

/// The end of all that a process prints.
pub(crate) struct OutputEnd(mpsc::Receiver<Infallible>);

impl OutputEnd {
    /// Waits until all of it has been read. What has inherited the pipes may print on.
    pub(crate) async fn read(mut self) {
        self.0.recv().await;
    }
}

impl Pipe {
    fn look(&self, texts: &[LineText]) {
        if let Some(ready) = &self.ready {
            ready.look(texts);
        }
    }
}

impl LineSink for Pipe {
    fn keep(&mut self, texts: Vec<LineText>) {
        if !texts.is_empty() {
            self.look(&texts);
            self.output.keep(self.stream, texts, &mut self.unfinished);
        }
    }

    #[cfg(unix)]
    fn show(&mut self, text: LineText) {
        self.look(std::slice::from_ref(&text));
        self.output.show(self.stream, text, &mut self.unfinished);
    }
}
