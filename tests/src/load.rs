//! A steady stream of requests on fresh connections, while something happens to the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::http;

/// Requests under way. [`Load::stop`] says how they fared.
pub struct Load {
    begun: Instant,
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Tally>>,
}

/// How a load's requests fared.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// When each answered request was sent, after the start of the load, and how long its answer took.
    pub answered: Vec<(Duration, Duration)>,
    /// What went wrong with the others, in words.
    pub failures: Vec<String>,
}

impl Tally {
    /// The longest time that an answer took.
    pub fn slowest(&self) -> Duration {
        self.answered.iter().map(|(_, took)| *took).max().unwrap_or_default()
    }

    /// The median time that an answer took, of those sent before `until`.
    pub fn median_before(&self, until: Duration) -> Duration {
        let mut took: Vec<_> =
            self.answered.iter().filter(|(at, _)| *at < until).map(|(_, took)| *took).collect();
        took.sort_unstable();
        took.get(took.len() / 2).copied().unwrap_or_default()
    }
}

impl Load {
    /// `GET path` so many times a second, evenly, from four threads; each on a connection of its own.
    pub fn start(port: u16, path: &'static str, per_second: u32) -> Self {
        const WORKERS: u32 = 4;
        let stop = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let worker = |number: u32| {
            let stop = Arc::clone(&stop);
            let pause = Duration::from_secs(1) * WORKERS / per_second;
            let first = begun + pause * number / WORKERS;
            std::thread::spawn(move || work(port, path, begun, first, pause, &stop))
        };
        let workers = (0..WORKERS).map(worker).collect();
        Self { begun, stop, workers }
    }

    /// How long it has been under way, as [`Tally::answered`] counts it.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Ends it and adds up.
    pub fn stop(self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let mut sum = Tally::default();
        for worker in self.workers {
            let tally = worker.join().expect("a worker does not panic");
            sum.answered.extend(tally.answered);
            sum.failures.extend(tally.failures);
        }
        sum.answered.sort_unstable();
        sum
    }
}

fn work(port: u16, path: &str, begun: Instant, first: Instant, pause: Duration, stop: &AtomicBool) -> Tally {
    let mut tally = Tally::default();
    let mut due = first;
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += pause;
        let sent = Instant::now();
        match http::get(port, path) {
            Ok(answer) if answer.status == 200 => tally.answered.push((sent - begun, sent.elapsed())),
            Ok(answer) => tally.failures.push(format!("status {}", answer.status)),
            Err(error) => tally.failures.push(format!("{error} after {:?}", sent.elapsed())),
        }
    }
    tally
}
