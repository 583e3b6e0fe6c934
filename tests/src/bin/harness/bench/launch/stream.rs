//! Requests on fresh connections at a steady rate that does not wait for answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use end_to_end::http;

const PER_SECOND: u32 = 500;
/// As many requests can be unanswered before the next one has to wait; its wait is counted.
const UNANSWERED_MAX: u32 = 128;
const STACK_BYTES: usize = 256 * 1024;

/// One request.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When it was sent.
    pub at: Instant,
    /// How long its answer took.
    pub took: Duration,
    /// The process that answered, or what went wrong.
    pub answer: Result<u32, String>,
}

impl Sent {
    /// When its answer was there.
    pub fn answered_at(&self) -> Instant {
        self.at + self.took
    }
}

/// Requests under way.
pub struct Stream {
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Vec<Sent>>>,
}

impl Stream {
    /// `GET /`, five hundred times a second.
    pub fn start(port: u16) -> Self {
        let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let begun = Instant::now();
        let worker = |_| {
            let (stop, next) = (Arc::clone(&stop), Arc::clone(&next));
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread.spawn(move || work(port, begun, &next, &stop)).expect("a thread")
        };
        let workers = (0..UNANSWERED_MAX).map(worker).collect();
        Self { stop, workers }
    }

    /// Ends it, and gives back all requests in the order in which they were sent.
    pub fn stop(self) -> Vec<Sent> {
        self.stop.store(true, Ordering::SeqCst);
        let join = |worker: JoinHandle<Vec<Sent>>| worker.join().expect("a worker does not panic");
        let mut all: Vec<Sent> = self.workers.into_iter().flat_map(join).collect();
        all.sort_unstable_by_key(|sent| sent.at);
        all
    }
}

fn work(port: u16, begun: Instant, next: &AtomicU32, stop: &AtomicBool) -> Vec<Sent> {
    let mut sent = Vec::new();
    loop {
        let due = begun + Duration::from_secs(1) / PER_SECOND * next.fetch_add(1, Ordering::SeqCst);
        let early = due.saturating_duration_since(Instant::now());
        std::thread::sleep(early);
        if stop.load(Ordering::SeqCst) {
            return sent;
        }
        let at = if early.is_zero() { due } else { Instant::now() };
        let answer = ask(port);
        sent.push(Sent { at, took: at.elapsed(), answer });
    }
}

/// The fixture answers with its name and process id.
fn ask(port: u16) -> Result<u32, String> {
    let answer = http::get(port, "/").map_err(|error| error.to_string())?;
    let pid = answer.text().split_whitespace().nth(1).and_then(|pid| pid.parse().ok());
    pid.filter(|_| answer.status == 200).ok_or_else(|| format!("status {}", answer.status))
}

/// The requests that failed, in words.
pub fn failures(sent: &[Sent]) -> Vec<&str> {
    sent.iter().filter_map(|sent| sent.answer.as_ref().err()).map(String::as_str).collect()
}
