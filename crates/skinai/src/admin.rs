//! The Admin Dashboard: its page, and the backend's figures behind it.

use axum::Router;
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::environment::Environment;
use crate::error::ServiceError;
use crate::serve::{self, BuiltInService, Upstream};

/// The page as it lies in `ui/dist` when the program is built.
#[derive(RustEmbed)]
#[folder = "../../ui/dist/admin"]
#[allow_missing = true]
struct Page;

/// Runs the Admin Dashboard until it is asked to stop.
///
/// # Errors
/// If a variable is wrong or no port can be had.
pub fn run_admin(environment: &Environment) -> Result<(), ServiceError> {
    let upstream = Upstream::new(environment.api_url()?, environment.token()?);
    serve::run(BuiltInService::Admin, environment, routes(upstream))
}

/// The page at `/`, and the backend's `/v1/stats` under the page's own address; nothing else of it.
pub fn routes(upstream: Upstream) -> Router {
    Router::new()
        .route("/v1/stats", get(serve::forward))
        .with_state(upstream)
        .fallback_service(serve::page_service::<Page>())
}
