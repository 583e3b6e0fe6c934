//! Probe results, as a stream of their own and the newest of each service.

use std::sync::{Mutex, MutexGuard, PoisonError};

use contract::Sample;
use tokio::sync::broadcast;

/// How many samples a slow reader may be behind before it misses some.
const BEHIND_MAX: usize = 1024;

/// The samples of all services.
pub(crate) struct Samples {
    newest: Mutex<Vec<Option<Sample>>>,
    stream: broadcast::Sender<Sample>,
}

impl Samples {
    pub(crate) fn new(services: usize) -> Self {
        Self { newest: Mutex::new(vec![None; services]), stream: broadcast::Sender::new(BEHIND_MAX) }
    }

    pub(crate) fn put(&self, service: usize, sample: Sample) {
        self.lock()[service] = Some(sample.clone());
        // Nobody may be listening.
        let _ = self.stream.send(sample);
    }

    pub(crate) fn newest(&self, service: usize) -> Option<Sample> {
        self.lock()[service].clone()
    }

    /// The newest of each service that was probed.
    pub(crate) fn all_newest(&self) -> Vec<Sample> {
        self.lock().iter().flatten().cloned().collect()
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Sample> {
        self.stream.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Sample>>> {
        // Nothing panics while it is held.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
