//! Counts requests and failures, and measures latency.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use crate::wire::{Latency, LoadSample, RequestCounts};

/// The length of a sample.
const SAMPLE: Duration = Duration::from_secs(5);
/// How many are kept: five minutes.
const SAMPLES_MAX: usize = 60;

/// The load since the process started.
pub struct Metrics {
    /// The start by the wall clock.
    pub started_at: Timestamp,
    /// The start by the monotonic clock.
    pub started: Instant,
    counters: Mutex<Counters>,
}

struct Counters {
    counts: RequestCounts,
    latency: Histogram,
    /// The last is still growing. `first` is the number of the first since the start.
    samples: VecDeque<CountsAt>,
    first: u64,
}

#[derive(Default)]
struct CountsAt {
    requests: u32,
    errors: u32,
    latency: Histogram,
}

impl Metrics {
    /// Starts counting.
    pub fn start() -> Self {
        let counts = RequestCounts { total: 0, client_errors: 0, server_errors: 0, in_flight: 0 };
        let counters = Counters {
            counts,
            latency: Histogram::default(),
            samples: VecDeque::from([CountsAt::default()]),
            first: 0,
        };
        Self { started_at: Timestamp::now(), started: Instant::now(), counters: Mutex::new(counters) }
    }

    /// The requests and errors.
    pub fn counts(&self) -> RequestCounts {
        self.lock().counts
    }

    /// The latency of all requests.
    pub fn latency(&self) -> Latency {
        let counters = self.lock();
        let at = |share: f64| counters.latency.quantile(share);
        Latency { p50_us: at(0.5), p90_us: at(0.9), p99_us: at(0.99), max_us: counters.latency.max_us }
    }

    /// The last five minutes, oldest first, without gaps.
    pub fn recent(&self) -> Vec<LoadSample> {
        let mut counters = self.lock();
        counters.advance(self.started.elapsed());
        let first = counters.first;
        let begin = |n: u64| {
            let seconds = (first + n) * SAMPLE.as_secs();
            self.started_at
                .saturating_add(SignedDuration::from_secs(seconds.cast_signed()))
                .unwrap_or(self.started_at)
        };
        let sample = |(n, sample): (usize, &CountsAt)| LoadSample {
            at: begin(n as u64),
            requests: sample.requests,
            errors: sample.errors,
            p50_us: sample.latency.quantile(0.5),
        };
        counters.samples.iter().enumerate().map(sample).collect()
    }

    fn begin(&self) -> InFlight<'_> {
        self.lock().counts.in_flight += 1;
        InFlight { metrics: self, begun: Instant::now(), status: None }
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request to the API.
pub async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/v1/") || path == "/v1/stats" {
        return next.run(request).await;
    }
    let mut in_flight = metrics.begin();
    let response = next.run(request).await;
    in_flight.status = Some(response.status());
    response
}

/// A request in flight. It is counted when it is answered; one whose caller goes away is not.
struct InFlight<'a> {
    metrics: &'a Metrics,
    begun: Instant,
    status: Option<StatusCode>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut counters = self.metrics.lock();
        counters.counts.in_flight -= 1;
        let Some(status) = self.status else { return };
        counters.advance(self.metrics.started.elapsed());
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        counters.counts.total += 1;
        counters.counts.client_errors += u64::from(status.is_client_error());
        counters.counts.server_errors += u64::from(status.is_server_error());
        counters.latency.add(micros);
        if let Some(sample) = counters.samples.back_mut() {
            sample.requests += 1;
            sample.errors += u32::from(status.is_client_error() || status.is_server_error());
            sample.latency.add(micros);
        }
    }
}

impl Counters {
    /// Begins the samples that are due.
    fn advance(&mut self, since_start: Duration) {
        let now = since_start.as_secs() / SAMPLE.as_secs();
        let last = self.first + self.samples.len() as u64 - 1;
        if now > last + SAMPLES_MAX as u64 {
            self.samples.clear();
            self.first = now - SAMPLES_MAX as u64;
        }
        while self.first + (self.samples.len() as u64) <= now {
            self.samples.push_back(CountsAt::default());
        }
        while self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
            self.first += 1;
        }
    }
}

/// Durations in steps of an eighth of their size: a quantile is right to within 6 in a hundred.
#[derive(Default)]
struct Histogram {
    /// By step; as long as the slowest needs.
    buckets: Vec<u32>,
    max_us: Option<u64>,
}

impl Histogram {
    fn add(&mut self, micros: u64) {
        let bucket = bucket_of(micros);
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] = self.buckets[bucket].saturating_add(1);
        self.max_us = self.max_us.max(Some(micros));
    }

    fn quantile(&self, share: f64) -> Option<u64> {
        let total: u64 = self.buckets.iter().copied().map(u64::from).sum();
        let wanted = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|&count| {
            seen += u64::from(count);
            seen >= wanted
        })?;
        self.max_us.map(|max| middle_of(bucket).min(max))
    }
}

/// Up to 15 each value has its own; then eight to each doubling.
fn bucket_of(micros: u64) -> usize {
    if micros < 16 {
        return micros as usize;
    }
    let doubling = micros.ilog2();
    16 + (doubling as usize - 4) * 8 + ((micros >> (doubling - 3)) & 7) as usize
}

fn middle_of(bucket: usize) -> u64 {
    if bucket < 16 {
        return bucket as u64;
    }
    let (doubling, eighth) = ((bucket - 16) / 8 + 4, ((bucket - 16) % 8) as u64);
    let width = 1u64 << (doubling - 3);
    (8 + eighth) * width + width / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_within_six_in_a_hundred() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (1..=10_000).for_each(|micros| histogram.add(micros));
        for (share, wanted) in [(0.5, 5_000.0), (0.9, 9_000.0), (0.99, 9_900.0)] {
            let found = histogram.quantile(share).expect("there are values") as f64;
            assert!((found / wanted - 1.0).abs() < 0.0625, "{share}: {found}");
        }
    }

    #[test]
    fn every_duration_lies_in_the_bucket_whose_middle_is_near() {
        for micros in (0..64).chain([1000, 65_535, 65_536, 1 << 40, u64::MAX / 3]) {
            let middle = middle_of(bucket_of(micros));
            assert!(middle.abs_diff(micros) <= micros / 16 + 1, "{micros}: {middle}");
        }
    }

    #[test]
    fn samples_have_no_gaps_and_do_not_grow_without_end() {
        let metrics = Metrics::start();
        let mut counters = metrics.lock();
        for (second, first, len) in
            [(0, 0, 1), (4, 0, 1), (5, 0, 2), (295, 0, 60), (300, 1, 60), (90_000, 17_941, 60)]
        {
            counters.advance(Duration::from_secs(second));
            assert_eq!((counters.first, counters.samples.len()), (first, len), "after {second} s");
        }
    }
}
