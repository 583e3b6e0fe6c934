//! Pages that are part of the program.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::wire::{Problem, ProblemCode};

/// A file of a page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its path below the page, such as `assets/index-1a2b3c.js`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// All files of a page; empty where the program was built without its pages.
#[derive(Debug, Clone, Copy)]
pub struct Pages(pub &'static [Asset]);

impl Pages {
    fn find(self, path: &str) -> Option<Asset> {
        let path = if path.is_empty() { "index.html" } else { path };
        self.0.iter().find(|asset| asset.path == path).copied()
    }
}

/// Serves a page's files.
pub fn page_service(pages: Pages) -> Router {
    Router::new().fallback(answer).with_state(pages)
}

async fn answer(State(pages): State<Pages>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(ProblemCode::MethodNotAllowed, "a page can only be read").into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(asset) = pages.find(path) {
        // Vite puts a hash of the content into the names of what lies in assets.
        let caching =
            if path.starts_with("assets/") { "private, max-age=31536000, immutable" } else { "no-cache" };
        let headers = [(header::CONTENT_TYPE, media_type(asset.path)), (header::CACHE_CONTROL, caching)];
        return (headers, asset.bytes).into_response();
    }
    if path.starts_with("v1/") {
        return Problem::new(ProblemCode::NotFound, "there is no such address here").into_response();
    }
    if pages.0.is_empty() && path.is_empty() {
        let text = "This program was built without its pages. Build them with cargo xtask pages, then build it again.";
        return (StatusCode::SERVICE_UNAVAILABLE, plain("No pages", text)).into_response();
    }
    (StatusCode::NOT_FOUND, plain("Not found", "There is no such page here.")).into_response()
}

/// A page of one sentence. Neither part may hold markup.
pub fn plain(title: &str, text: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <h1>{title}</h1><p>{text}</p></html>"
    ))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
