//! The state of the backend.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::metrics::Metrics;
use super::store::Store;

/// So many photos are decoded at a time: one may take several hundred MB.
const DECODING_MAX: usize = 2;
/// So many requests may send or hold a photo at a time; the next one is refused.
pub const UPLOADS_MAX: usize = 12;

/// What all requests share.
#[derive(Clone)]
pub struct Backend {
    pub(super) store: Arc<Store>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) decoding: Arc<Semaphore>,
    pub(super) uploads: Arc<Semaphore>,
}

impl Backend {
    /// A backend that keeps its measurements in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            store: Arc::new(Store::new(folder)),
            metrics: Arc::new(Metrics::start()),
            decoding: Arc::new(Semaphore::new(DECODING_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
        }
    }
}
