//! The User UI: its page, and the backend behind it.

use axum::Router;
use axum::routing::any;
use rust_embed::RustEmbed;

use crate::environment::Environment;
use crate::error::ServiceError;
use crate::serve::{self, BuiltInService, Upstream};

/// The page as it lies in `ui/dist` when the program is built.
#[derive(RustEmbed)]
#[folder = "../../ui/dist/user"]
#[allow_missing = true]
struct Page;

/// Runs the User UI until it is asked to stop.
///
/// # Errors
/// If a variable is wrong or no port can be had.
pub fn run_ui(environment: &Environment) -> Result<(), ServiceError> {
    let upstream = Upstream::new(environment.api_url()?, environment.token()?);
    serve::run(BuiltInService::Ui, environment, routes(upstream))
}

/// The page at `/`, and all of the backend's `/v1/` under the page's own address.
pub fn routes(upstream: Upstream) -> Router {
    Router::new()
        .route("/v1/{*rest}", any(serve::forward))
        .with_state(upstream)
        .fallback_service(serve::page_service::<Page>())
}
