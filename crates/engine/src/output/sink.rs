//! Where the lines of a pipe go besides the log: what waits for one of them, and what wants the last.

use std::io::PipeReader;
use std::sync::Arc;

use contract::LineText;
use regex::Regex;
use tokio::sync::watch;

use super::read::{LineSink, read_all};

/// Looks for the line by which a run says that it is ready.
#[derive(Clone)]
pub(crate) struct ReadyLine {
    regex: Regex,
    printed: Arc<watch::Sender<bool>>,
}

impl ReadyLine {
    /// Looks for a line that this regular expression matches.
    pub(crate) fn new(regex: &str) -> Result<Self, regex::Error> {
        Ok(Self { regex: Regex::new(regex)?, printed: Arc::default() })
    }

    pub(super) fn look(&self, texts: &[LineText]) {
        if !*self.printed.borrow() && texts.iter().any(|text| self.regex.is_match(&text.plain)) {
            self.printed.send_replace(true);
        }
    }

    /// Comes back when the line has been printed; not at all where it never will be.
    pub(crate) async fn printed(self) {
        let mut printed = self.printed.subscribe();
        // This holds a sender itself.
        let _ = printed.wait_for(|printed| *printed).await;
    }
}

/// The last line of a process whose output nobody keeps.
pub(crate) struct LastLine(watch::Receiver<Option<String>>);

struct Newest(watch::Sender<Option<String>>);

impl LineSink for Newest {
    fn keep(&mut self, mut texts: Vec<LineText>) {
        texts.retain(|text| !text.plain.trim().is_empty());
        if let Some(text) = texts.pop() {
            self.0.send_replace(Some(text.plain));
        }
    }

    #[cfg(unix)]
    fn show(&mut self, _text: LineText) {}
}

impl LastLine {
    /// Reads these pipes to their ends.
    pub(crate) fn of(pipes: [PipeReader; 2], side: &tokio::runtime::Handle) -> Self {
        let (sender, receiver) = watch::channel(None);
        for pipe in pipes {
            read_all(pipe, side, Newest(sender.clone()));
        }
        Self(receiver)
    }

    /// It, once everybody has closed the pipes.
    pub(crate) async fn read(mut self) -> Option<String> {
        while self.0.changed().await.is_ok() {}
        self.0.borrow().clone()
    }

    /// It, as far as it is known.
    pub(crate) fn so_far(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}
