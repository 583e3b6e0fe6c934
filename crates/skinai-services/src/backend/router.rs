//! Which address leads where.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use super::{Backend, handlers, metrics, openapi};
use crate::environment::Environment;
use crate::error::ServiceError;
use crate::serve::{self, BuiltInService};

/// Runs the backend until it is asked to stop.
///
/// # Errors
/// If a variable is wrong or no port can be had.
pub fn run_backend(environment: &Environment) -> Result<(), ServiceError> {
    let backend = Backend::new(environment.data_folder()?);
    serve::run(BuiltInService::Backend, environment, routes(backend))
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
        .layer(middleware::from_fn_with_state(Arc::clone(&backend.metrics), metrics::count))
        .with_state(backend)
}
