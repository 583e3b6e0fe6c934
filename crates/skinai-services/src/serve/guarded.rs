//! The layers around the routes of every service: authorisation, limits, and security headers.

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};

use super::{Auth, BuiltInService, auth, body, notice};
use crate::wire::HealthReport;

/// Scripts, styles and requests only from and to the page's own service; pictures also from memory
/// (a photo that was not sent yet).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Adds `/health` and the style of the notices to a service's routes, authorises every other request, limits its body,
/// and sets the security headers of every answer.
pub fn guarded(service: BuiltInService, routes: Router, auth: Auth) -> Router {
    let health = move || async move {
        Json(HealthReport {
            status: "ok".to_owned(),
            service: service.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    };
    routes
        .layer(middleware::from_fn_with_state(auth, auth::check))
        .route("/health", get(health))
        .route(notice::STYLE, get(notice::style))
        // The limit that holds is the next layer's; the framework's own is far below a phone's photo.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(body::limit))
        .layer(middleware::from_fn(set_headers))
}

async fn set_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Measurements are nobody's but the user's; only files with a hash in their name are kept.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
