//! The description of the API for programs (OpenAPI 3.1).

use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

use super::handlers;
use crate::wire::HealthReport;

/// All addresses and types. A test compares the addresses with the router's.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Skin AI Assistant backend",
        description = "Measures colour and size of skin in a photo. It cannot detect disease.",
    ),
    paths(
        health, handlers::create, handlers::list, handlers::show, handlers::remove, handlers::thumbnail, handlers::stats
    ),
    modifiers(&BearerToken),
    security((), ("token" = [])),
)]
struct Description;

/// Answers with the description.
pub async fn serve() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}

/// Whether the service answers; needs no token
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = HealthReport)))]
#[expect(dead_code, reason = "only its description is used; every service has this address")]
fn health() {}

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}
