//! What services print: the newest lines in a bounded ring, all of it in rotated files, each line stamped.
//!
//! The pipes are read on the thread of [`crate::launch()`]'s side work, never on the one that owns the state;
//! so a service that prints without end delays nobody's probe. What is more than [`lines::KEPT_PER_SECOND`]
//! is counted and not kept.

mod file;
mod lines;
mod ring;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use contract::{LogLine, LogStream};
use jiff::Timestamp;
use tokio::sync::broadcast;

use file::RotatedFile;
use lines::Lines;
use ring::Ring;

/// How many lines a slow reader may be behind before it misses some.
const FOLLOWERS_BEHIND_MAX: usize = 1024;
const CHUNK: usize = 64 * 1024;

/// The output of one service, through all its runs.
#[derive(Clone)]
pub(crate) struct Output {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    ring: Ring,
    file: RotatedFile,
    next_number: u64,
    /// Made for the first who follows: it takes up room for every line that a slow one may be behind.
    followers: Option<broadcast::Sender<Arc<LogLine>>>,
}

impl Output {
    /// Output kept in `folder/name.log`.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let file = RotatedFile::new(folder, name);
        let inner = Inner { ring: Ring::default(), file, next_number: 1, followers: None };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it is held; and if something did, old lines are still lines.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The newest lines, oldest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<LogLine> {
        self.lock().ring.newest(count)
    }

    /// The lines that are printed from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<LogLine>> {
        let mut inner = self.lock();
        inner.followers.get_or_insert_with(|| broadcast::channel(FOLLOWERS_BEHIND_MAX).0).subscribe()
    }

    /// A line of the launcher's own about the service.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.keep(LogStream::Launcher, vec![text.into()], &mut None);
    }

    /// Keeps lines. The first of them ends the `unfinished` one, if there is one.
    fn keep(&self, stream: LogStream, texts: Vec<String>, unfinished: &mut Option<u64>) {
        let mut inner = self.lock();
        let mut kept = Vec::with_capacity(texts.len());
        for text in texts {
            kept.push(inner.push(stream, text, unfinished.take(), false));
        }
        if let Some(trouble) = inner.file.write(&kept) {
            kept.push(inner.push(LogStream::Launcher, trouble, None, false));
        }
        inner.tell(kept);
    }

    /// Shows a line that has not ended, in place of how it was shown before.
    #[cfg(unix)]
    fn show(&self, stream: LogStream, text: String, unfinished: &mut Option<u64>) {
        let mut inner = self.lock();
        let line = inner.push(stream, text, *unfinished, true);
        *unfinished = Some(line.number);
        inner.tell(vec![line]);
    }

    /// Reads a pipe to its end.
    pub(crate) fn attach(&self, pipe: std::io::PipeReader, stream: LogStream, side: &tokio::runtime::Handle) {
        read_all(pipe, side, Pipe { output: self.clone(), stream, unfinished: None });
    }
}

impl Inner {
    /// Makes a line, which takes the place of the one that has its number, and puts it into the ring.
    fn push(
        &mut self,
        stream: LogStream,
        text: String,
        number: Option<u64>,
        unfinished: bool,
    ) -> Arc<LogLine> {
        let number = number.filter(|number| self.ring.has(*number)).unwrap_or(self.next_number);
        self.next_number = self.next_number.max(number + 1);
        let line = Arc::new(LogLine { number, at: Timestamp::now(), stream, text, unfinished });
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
}

impl Pipe {
    fn keep(&mut self, texts: Vec<String>) {
        if !texts.is_empty() {
            self.output.keep(self.stream, texts, &mut self.unfinished);
        }
    }

    #[cfg(unix)]
    fn show(&mut self, text: String) {
        self.output.show(self.stream, text, &mut self.unfinished);
    }
}

#[cfg(unix)]
thread_local! {
    /// What was read last. One for all pipes, since one thread reads them: a hundred services have two each.
    static READ: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(unix)]
fn read_all(pipe: std::io::PipeReader, side: &tokio::runtime::Handle, mut to: Pipe) {
    let mut lines = Lines::default();
    side.spawn(async move {
        let Ok(receiver) = tokio::net::unix::pipe::Receiver::from_owned_fd(pipe.into()) else { return };
        loop {
            let quiet = async {
                match lines.due().into_iter().chain(lines.flood_ends()).min() {
                    Some(end) => tokio::time::sleep_until(end.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ready = receiver.readable() => if ready.is_err() { break },
                () = quiet => {
                    if let Some(text) = lines.unfinished() {
                        to.show(text);
                    } else {
                        to.keep(lines.end_flood());
                    }
                    continue;
                }
            }
            let read = READ.with_borrow_mut(|chunk| {
                chunk.clear();
                chunk.reserve(CHUNK);
                receiver.try_read_buf(chunk).map(|length| (length, lines.take(chunk)))
            });
            match read {
                Ok((0, _)) => break,
                Ok((_, texts)) => to.keep(texts),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            // One that always has more to read must not keep the others from being read.
            tokio::task::yield_now().await;
        }
        to.keep(lines.rest());
    });
}

#[cfg(windows)]
fn read_all(mut pipe: std::io::PipeReader, _side: &tokio::runtime::Handle, mut to: Pipe) {
    let mut lines = Lines::default();
    use std::io::Read;
    std::thread::spawn(move || {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = pipe.read(&mut chunk) {
            to.keep(lines.take(&chunk[..length]));
        }
        to.keep(lines.rest());
    });
}
