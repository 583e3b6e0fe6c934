//! Forwards a page's requests to the backend.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{ARRIVAL_TIMEOUT, Token, is_over_limit, too_large};
use crate::wire::{Problem, ProblemCode};

/// Connecting takes microseconds where somebody listens.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// From the end of a request to the head of its answer. The largest photo takes seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How much is read at once. The HTTP client skips heads that are not final (1xx) without a pause, however many come.
const BUFFER_MAX: usize = 64 << 10;

/// Hop-by-hop headers (RFC 9110, 7.6.1), and headers that concern the page's own service.
const NOT_FORWARDED: [HeaderName; 13] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    header::COOKIE,
    header::AUTHORIZATION,
    header::ORIGIN,
    header::SET_COOKIE,
];

/// The backend, as a page's service reaches it.
#[derive(Debug, Clone)]
pub struct Upstream {
    url: Uri,
    token: Option<Token>,
}

/// Forwards a request and streams the answer back. Every request has a connection of its own: one that was kept
/// open could be closed by a restart just as it is used.
pub async fn forward(State(upstream): State<Upstream>, request: Request) -> Response {
    match upstream.send(request).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    }
}

impl Upstream {
    /// The backend at `url`, such as `http://127.0.0.1:8000`.
    pub fn new(url: Uri, token: Option<Token>) -> Self {
        Self { url, token }
    }

    async fn send(&self, request: Request) -> Result<Response, Problem> {
        let host = self.url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let connecting = TcpStream::connect((host, self.port()));
        let stream = match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => stream,
            _ => return Err(unreachable()),
        };
        let _ = stream.set_nodelay(true);
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(BUFFER_MAX)
            .handshake::<_, Body>(TokioIo::new(stream))
            .await
            .map_err(|_| unreachable())?;
        // It ends with the answer, or when nobody waits for the answer any longer.
        tokio::spawn(connection);
        let request = self.rewritten(request).ok_or_else(unreachable)?;
        // The backend itself refuses a body that takes too long to arrive, and says so.
        let arrival = if request.body().is_end_stream() { Duration::ZERO } else { ARRIVAL_TIMEOUT };
        match timeout(arrival + ANSWER_TIMEOUT, sender.send_request(request)).await {
            Ok(Ok(answer)) => {
                let (mut head, body) = answer.into_parts();
                strip(&mut head.headers);
                Ok(Response::from_parts(head, Body::new(body)))
            }
            Ok(Err(error)) if is_over_limit(&error) => Err(too_large()),
            Ok(Err(_)) => Err(unreachable()),
            Err(_) => {
                let message = "the backend did not answer in time; try again in a moment";
                Err(Problem::new(ProblemCode::BackendTimeout, message))
            }
        }
    }

    fn port(&self) -> u16 {
        self.url.port_u16().unwrap_or(80)
    }

    fn rewritten(&self, request: Request) -> Option<Request> {
        let (mut head, body) = request.into_parts();
        let base = self.url.path().trim_end_matches('/');
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = format!("{base}{path}").parse().ok()?;
        strip(&mut head.headers);
        let host = HeaderValue::from_str(self.url.authority()?.as_str()).ok()?;
        head.headers.insert(header::HOST, host);
        if let Some(pass) = self.token.as_ref().and_then(|token| token.pass(self.port())) {
            head.headers.insert(header::AUTHORIZATION, pass);
        }
        Some(Request::from_parts(head, body))
    }
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&NOT_FORWARDED) {
        headers.remove(name);
    }
}

fn unreachable() -> Problem {
    let message = "the backend cannot be reached; it may be starting again, so try once more in a moment";
    Problem::new(ProblemCode::BackendUnreachable, message)
}
