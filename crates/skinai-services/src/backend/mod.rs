//! The backend: measures photos, stores the measurements, reports its load.

mod metrics;
mod openapi;
mod routes;
mod store;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::environment::Environment;
use crate::error::ServiceError;
use crate::serve::{self, BuiltInService};
use metrics::Metrics;
use store::Store;

pub use store::StoreError;

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
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    decoding: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
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
        .route("/v1/measurements", post(routes::create).get(routes::list))
        .route("/v1/measurements/{id}", get(routes::show).delete(routes::remove))
        .route("/v1/measurements/{id}/thumbnail", get(routes::thumbnail))
        .route("/v1/measurements/{id}/photo", get(routes::thumbnail))
        .route("/v1/stats", get(routes::stats))
        .route("/openapi.json", get(openapi::serve))
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::method_not_allowed)
        .layer(middleware::from_fn_with_state(backend.clone(), metrics::count))
        .with_state(backend)
}
