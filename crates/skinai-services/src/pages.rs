//! The two services that serve a page: the User UI and the Admin Dashboard.

use axum::Router;
use axum::routing::{any, get};
use rust_embed::RustEmbed;

use crate::environment::Environment;
use crate::error::ServiceError;
use crate::serve::{self, BuiltInService, Upstream};

/// The built page of the User UI. It has no files where it was not built before the program.
#[derive(RustEmbed)]
#[folder = "../../ui/dist/user"]
#[allow_missing = true]
struct UserPage;

/// The built page of the Admin Dashboard.
#[derive(RustEmbed)]
#[folder = "../../ui/dist/admin"]
#[allow_missing = true]
struct AdminPage;

/// Runs the User UI until it is asked to stop.
///
/// # Errors
/// If a variable is wrong or no port can be had.
pub fn run_ui(environment: &Environment) -> Result<(), ServiceError> {
    serve::run(BuiltInService::Ui, environment, ui(upstream(environment)?))
}

/// Runs the Admin Dashboard until it is asked to stop.
///
/// # Errors
/// If a variable is wrong or no port can be had.
pub fn run_admin(environment: &Environment) -> Result<(), ServiceError> {
    serve::run(BuiltInService::Admin, environment, admin(upstream(environment)?))
}

/// The User UI's page at `/`, and the whole `/v1/` of the backend under the page's own address.
pub fn ui(upstream: Upstream) -> Router {
    Router::new()
        .route("/v1/{*rest}", any(serve::forward))
        .with_state(upstream)
        .fallback_service(serve::page_service::<UserPage>())
}

/// The Admin Dashboard's page at `/`, and `/v1/stats` of the backend under the page's own address.
pub fn admin(upstream: Upstream) -> Router {
    Router::new()
        .route("/v1/stats", get(serve::forward))
        .with_state(upstream)
        .fallback_service(serve::page_service::<AdminPage>())
}

fn upstream(environment: &Environment) -> Result<Upstream, ServiceError> {
    Ok(Upstream::new(environment.api_url()?, environment.token()?))
}
