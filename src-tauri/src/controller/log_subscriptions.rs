//! Following logs: lines go to the page in batches, and a service that prints faster than a page
//! can show costs neither memory nor time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use contract::{ApiError, Happening, LogLine, LogStream};
use jiff::{Timestamp, ToSpan as _};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::AbortHandle;

use super::reply::answer;
use super::{ReplyTo, Sink};
use crate::text::{Language, TrayWords};

/// How long lines are gathered before they are sent.
const GATHER: Duration = Duration::from_millis(100);
/// How many lines are sent at once; of more, the newest.
const BATCH_LINES_MAX: usize = 300;

/// The logs that pages follow.
#[derive(Debug, Default)]
pub(super) struct LogSubscriptions {
    last_id: u32,
    tasks: HashMap<u32, Subscription>,
}

#[derive(Debug)]
struct Subscription {
    /// The label of the window with the page.
    window: String,
    task: AbortHandle,
}

impl LogSubscriptions {
    /// Sends the lines to `sink`, as soon as they can be had, until it is ended or nobody is there, and none at all when
    /// there are no more; answers its id.
    pub(super) fn begin(
        &mut self,
        window: String,
        lines: impl Future<Output = Result<broadcast::Receiver<Arc<LogLine>>, ApiError>> + Send + 'static,
        sink: Sink<Vec<LogLine>>,
        language: Language,
        reply: ReplyTo<u32>,
    ) {
        self.add(window, lines, move |lines| follow(lines, sink, language), reply);
    }

    /// The same for what happens.
    pub(super) fn begin_happenings(
        &mut self,
        window: String,
        happenings: impl Future<Output = Result<broadcast::Receiver<Arc<Happening>>, ApiError>> + Send + 'static,
        sink: Sink<Happening>,
        reply: ReplyTo<u32>,
    ) {
        self.add(window, happenings, move |happenings| follow_happenings(happenings, sink), reply);
    }

    fn add<T: Send + 'static, F: Future<Output = ()> + Send>(
        &mut self,
        window: String,
        source: impl Future<Output = Result<T, ApiError>> + Send + 'static,
        serve: impl FnOnce(T) -> F + Send + 'static,
        reply: ReplyTo<u32>,
    ) {
        self.tasks.retain(|_, subscription| !subscription.task.is_finished());
        self.last_id = self.last_id.wrapping_add(1);
        let id = self.last_id;
        let task = async move {
            match source.await {
                Ok(source) => {
                    answer(reply, Ok(id));
                    serve(source).await;
                }
                Err(error) => answer(reply, Err(error)),
            }
        };
        self.tasks.insert(id, Subscription { window, task: tokio::spawn(task).abort_handle() });
    }

    pub(super) fn end(&mut self, id: u32) {
        if let Some(subscription) = self.tasks.remove(&id) {
            subscription.task.abort();
        }
    }

    /// Ends those of a window.
    pub(super) fn end_all(&mut self, window: &str) {
        for (_, subscription) in self.tasks.extract_if(|_, subscription| subscription.window == window) {
            subscription.task.abort();
        }
    }
}

async fn follow(mut lines: broadcast::Receiver<Arc<LogLine>>, sink: Sink<Vec<LogLine>>, language: Language) {
    let mut batch = Batch::default();
    // While a service prints nothing, nothing wakes us.
    while batch.take_in(lines.recv().await) {
        let gathered = tokio::time::sleep(GATHER);
        tokio::pin!(gathered);
        let open = loop {
            tokio::select! {
                () = &mut gathered => break true,
                received = lines.recv() => if !batch.take_in(received) { break false },
            }
        };
        if !sink(batch.take(language)) {
            return;
        }
        if !open {
            break;
        }
    }
    sink(Vec::new());
}

async fn follow_happenings(mut happenings: broadcast::Receiver<Arc<Happening>>, sink: Sink<Happening>) {
    loop {
        match happenings.recv().await {
            Ok(happening) if !sink((*happening).clone()) => return,
            // Who falls behind misses some, and goes on with the newest.
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Lines that wait to be sent.
#[derive(Debug, Default)]
struct Batch {
    lines: VecDeque<Arc<LogLine>>,
    left_out: u64,
}

impl Batch {
    /// Takes a line in, or the word that some were missed; `false` at the end.
    fn take_in(&mut self, received: Result<Arc<LogLine>, RecvError>) -> bool {
        match received {
            Ok(line) => {
                self.lines.push_back(line);
                if self.lines.len() > BATCH_LINES_MAX {
                    self.lines.pop_front();
                    self.left_out += 1;
                }
            }
            Err(RecvError::Lagged(missed)) => {
                // What was gathered before the gap is older than it: the gap goes to the front.
                self.left_out += missed + self.lines.len() as u64;
                self.lines.clear();
            }
            Err(RecvError::Closed) => return false,
        }
        true
    }

    /// The lines, after a line that says how many were left out before them.
    fn take(&mut self, language: Language) -> Vec<LogLine> {
        let left_out = std::mem::take(&mut self.left_out);
        let mut lines: Vec<LogLine> = self.lines.drain(..).map(|line| (*line).clone()).collect();
        if left_out > 0 {
            let first = lines.first();
            lines.insert(0, gap(left_out, first, language));
        }
        lines
    }
}

fn gap(left_out: u64, next: Option<&LogLine>, language: Language) -> LogLine {
    LogLine {
        number: next.map_or(0, |line| line.number.saturating_sub(1)),
        // Pages count the lines of one time, of which it is none.
        at: next
            .map_or_else(Timestamp::now, |line| line.at.saturating_sub(1.millisecond()).unwrap_or(line.at)),
        stream: LogStream::Launcher,
        text: TrayWords::of(language).log_left_out(left_out),
        coloured: None,
        unfinished: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64) -> Arc<LogLine> {
        let text = format!("line {number}");
        Arc::new(LogLine {
            number,
            at: Timestamp::UNIX_EPOCH,
            stream: LogStream::Stdout,
            text,
            coloured: None,
            unfinished: false,
        })
    }

    #[test]
    fn a_batch_that_grows_too_long_keeps_the_newest_and_says_so() {
        let mut batch = Batch::default();
        for number in 1..=1000 {
            assert!(batch.take_in(Ok(line(number))));
        }
        let lines = batch.take(Language::English);
        assert_eq!(lines.len(), BATCH_LINES_MAX + 1);
        assert_eq!(lines[0].text, "700 lines left out here; the log file has them");
        assert_eq!((lines[0].number, lines[1].number), (700, 701));
        assert_eq!(lines.last().unwrap().number, 1000);
        assert_eq!(batch.take(Language::English), []);
    }

    #[test]
    fn missed_lines_are_counted() {
        let mut batch = Batch::default();
        assert!(batch.take_in(Ok(line(1))));
        assert!(batch.take_in(Err(RecvError::Lagged(5))));
        assert!(batch.take_in(Ok(line(7))));
        let texts: Vec<_> = batch.take(Language::English).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["6 lines left out here; the log file has them", "line 7"]);
        assert!(!batch.take_in(Err(RecvError::Closed)));
    }

    #[tokio::test]
    async fn the_end_is_told() {
        let (sender, receiver) = broadcast::channel(16);
        let (batches, mut sent) = tokio::sync::mpsc::unbounded_channel();
        let sink = Box::new(move |batch: Vec<LogLine>| batches.send(batch.len()).is_ok());
        let (reply, _begun) = tokio::sync::oneshot::channel();
        let (window, lines) = ("panel".to_owned(), async { Ok(receiver) });
        LogSubscriptions::default().begin(window, lines, sink, Language::English, reply);
        sender.send(line(1)).unwrap();
        drop(sender);
        let mut told = Vec::new();
        while let Some(count) = tokio::time::timeout(Duration::from_secs(5), sent.recv()).await.unwrap() {
            told.push(count);
        }
        assert_eq!(told, [1, 0]);
    }

    #[tokio::test]
    async fn lines_arrive_in_order_and_in_batches() {
        let (sender, receiver) = broadcast::channel(16);
        let (batches, mut sent) = tokio::sync::mpsc::unbounded_channel();
        let mut subscriptions = LogSubscriptions::default();
        let (sink, (reply, begun)) =
            (Box::new(move |batch| batches.send(batch).is_ok()), tokio::sync::oneshot::channel());
        let window = "panel".to_owned();
        subscriptions.begin(window, async { Ok(receiver) }, sink, Language::English, reply);
        assert_eq!(begun.await.unwrap(), Ok(1));
        for number in 1..=3 {
            sender.send(line(number)).unwrap();
        }
        let batch = tokio::time::timeout(Duration::from_secs(5), sent.recv()).await.unwrap().unwrap();
        assert_eq!(batch.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3]);
        subscriptions.end_all("logs-ui");
        sender.send(line(4)).unwrap();
        let soon = Duration::from_secs(5);
        assert_eq!(tokio::time::timeout(soon, sent.recv()).await.unwrap().unwrap()[0].number, 4);
        subscriptions.end_all("panel");
        assert!(tokio::time::timeout(Duration::from_secs(5), sent.recv()).await.unwrap().is_none());
    }
}
