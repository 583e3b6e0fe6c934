//! Serves the pages that are embedded in the program.

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::notice::plain;
use crate::wire::{Problem, ProblemCode};

/// Serves the files of a page. It has none where the program was built without its pages.
pub fn page_service<P: RustEmbed + 'static>() -> Router {
    Router::new().fallback(answer::<P>)
}

async fn answer<P: RustEmbed>(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(ProblemCode::MethodNotAllowed, "a page can only be read").into_response();
    }
    let path = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    if let Some(file) = P::get(path) {
        // Vite puts a hash of the content into the names of what lies in assets.
        let caching =
            if path.starts_with("assets/") { "private, max-age=31536000, immutable" } else { "no-cache" };
        let media_type = file.metadata.mimetype();
        let charset = if media_type.starts_with("text/") { "; charset=utf-8" } else { "" };
        let headers = [
            (header::CONTENT_TYPE, format!("{media_type}{charset}")),
            (header::CACHE_CONTROL, caching.to_owned()),
        ];
        return (headers, file.data).into_response();
    }
    if path.starts_with("v1/") {
        return Problem::new(ProblemCode::NotFound, "there is no such address here").into_response();
    }
    if path == "index.html" {
        let text = "This program was built without its pages. Build them with cargo xtask pages, then build it again.";
        return (StatusCode::SERVICE_UNAVAILABLE, plain("No pages", text)).into_response();
    }
    (StatusCode::NOT_FOUND, plain("Not found", "There is no such page here.")).into_response()
}
