//! Asking a service's routes.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use skinai_services::backend::{self, Backend};
use skinai_services::serve::{Auth, BuiltInService, Token, guarded, serve_until};
use skinai_services::wire::{Problem, ProblemCode, Selection};
use tower::ServiceExt;

pub const LOCALHOST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn refused(&self, code: ProblemCode) -> Problem {
        let problem: Problem = self.json();
        assert_eq!((problem.code, self.status), (code, code.status()), "{}", problem.message);
        problem
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

pub async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let (head, body) = app.clone().oneshot(request).await.expect("routes never fail").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer { status: head.status, headers: head.headers, body }
}

pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "localhost:8000")
}

pub async fn get(app: &Router, path: &str) -> Answer {
    ask(app, request("GET", path).body(Body::empty()).expect("a request")).await
}

pub async fn delete(app: &Router, path: &str) -> Answer {
    ask(app, request("DELETE", path).body(Body::empty()).expect("a request")).await
}

pub async fn post_form(app: &Router, parts: &[(&str, &[u8])]) -> Answer {
    ask(app, form(parts)).await
}

pub fn form(parts: &[(&str, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let file = if *name == "photo" { "; filename=\"photo\"" } else { "" };
        body.extend(
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    request("POST", "/v1/measurements")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .expect("a request")
}

pub async fn post(app: &Router, photo: &[u8], selection: &Selection) -> Answer {
    post_form(app, &[("photo", photo), ("selection", &serde_json::to_vec(selection).expect("JSON"))]).await
}

pub fn token(text: &str) -> Option<Token> {
    Some(Token::new(text.to_owned()).expect("a token"))
}

/// A backend of its own folder.
pub fn backend(token: Option<Token>) -> (Router, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let routes = backend::routes(Backend::new(folder.path().join("data")));
    (
        guarded(BuiltInService::Backend, routes, Auth::new(BuiltInService::Backend, token, LOCALHOST, None)),
        folder,
    )
}

/// Serves on a port of the system's choosing until the test ends.
pub async fn listen(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((LOCALHOST.ip(), 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve_until(listener, false, app, std::future::pending()));
    address
}
