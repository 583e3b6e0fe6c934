//! What all requests share, and which address leads where.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use super::metrics::{self, Metrics};
use super::store::Store;
use super::{handlers, openapi};
use crate::environment::Environment;
use crate::error::ServiceError;
use crate::serve::{self, BuiltInService};

/// So many photos are decoded at a time: one may take several hundred MB.
const DECODING_MAX: usize = 2;
/// So many requests may send or hold a photo at a time; the next one is refused.
pub const UPLOADS_MAX: usize = 12;

/// Runs the backend until it is asked to stop.
///
/// # Errors
/// If a variable is wrong or no port can be had.
pub fn run_backend(environment: &Environment) -> Result<(), ServiceError> {
    let backend = Backend::new(environment.data_folder()?);
    serve::run(BuiltInService::Backend, environment, routes(backend))
}

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

/// All addresses of the backend but `/health`.
pub fn routes(backend: Backend) -> Router {
    Router::new()
        .route("/v1/measurements", post(handlers::create).get(handlers::list))
        .route("/v1/measurements/{id}", get(handlers::show).delete(handlers::remove))
        .route("/v1/measurements/{id}/thumbnail", get(handlers::thumbnail))
        .route("/v1/measurements/{id}/photo", get(handlers::thumbnail))
        .route("/v1/stats", get(handlers::stats))
        .route("/openapi.json", get(openapi::serve))
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(middleware::from_fn_with_state(backend.clone(), metrics::count))
        .with_state(backend)
}
