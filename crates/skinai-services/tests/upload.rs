//! Large requests that are refused, directly and through the User UI: the sender gets the answer in words,
//! although it sends everything before it reads.

mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use common::http::*;
use common::*;
use skinai_services::backend::UPLOADS_MAX;
use skinai_services::pages;
use skinai_services::serve::{Auth, BODY_BYTES_MAX, BuiltInService, PHOTO_BYTES_MAX, Upstream, guarded};
use skinai_services::wire::{Problem, ProblemCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const LENGTHS: [usize; 3] = [4_000_000, 12_000_000, 40_000_000];
const PATIENCE: Duration = Duration::from_secs(30);

/// A backend, and a User UI in front of it.
struct Hops {
    all: [(&'static str, SocketAddr); 2],
    _folder: tempfile::TempDir,
}

impl Hops {
    async fn start() -> Self {
        let (backend, folder) = backend(None);
        let backend = listen(backend).await;
        Self { all: [("backend", backend), ("User UI", listen(user_page(backend)).await)], _folder: folder }
    }
}

fn user_page(backend: SocketAddr) -> Router {
    let url = format!("http://{backend}").parse().expect("an address");
    guarded(
        BuiltInService::Ui,
        pages::ui(Upstream::new(url, None)),
        Auth::new(BuiltInService::Ui, None, LOCALHOST, None),
    )
}

/// A form whose photo has `length` bytes.
fn form_of(length: usize) -> Vec<u8> {
    let mut body =
        b"--edge\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"photo\"\r\n\r\n".to_vec();
    body.extend(jpeg_of_length(length, &flat(120, 100, LIGHT)));
    body.extend(
        b"\r\n--edge\r\ncontent-disposition: form-data; name=\"region\"\r\n\r\n\
          {\"x\":40,\"y\":30,\"width\":40,\"height\":40}\r\n--edge--\r\n",
    );
    body
}

#[derive(Clone, Copy)]
enum Framing {
    Length,
    Chunked,
}

/// A request whose host is the address that it is sent to.
struct Post<'a> {
    path: &'a str,
    host: &'a str,
    framing: Framing,
}

const MEASURE: Post<'_> = Post { path: "/v1/measurements", host: "localhost", framing: Framing::Length };

impl Post<'_> {
    async fn begin(&self, to: SocketAddr, length: usize) -> TcpStream {
        let framing = match self.framing {
            Framing::Length => format!("content-length: {length}"),
            Framing::Chunked => "transfer-encoding: chunked".to_owned(),
        };
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: multipart/form-data; boundary=edge\r\n{framing}\r\n\r\n",
            self.path, self.host
        );
        let mut stream = TcpStream::connect(to).await.expect("it listens");
        stream.write_all(head.as_bytes()).await.expect("the head is taken");
        stream
    }

    /// Sends all of a body before it reads the answer, as simple clients do.
    async fn send(&self, to: SocketAddr, body: &[u8]) -> (StatusCode, String) {
        let mut stream = self.begin(to, body.len()).await;
        match self.framing {
            Framing::Length => stream.write_all(body).await.expect("all of it is taken"),
            Framing::Chunked => {
                for chunk in body.chunks(1 << 20) {
                    let size = format!("{:x}\r\n", chunk.len());
                    for part in [size.as_bytes(), chunk, b"\r\n"] {
                        stream.write_all(part).await.expect("all of it is taken");
                    }
                }
                stream.write_all(b"0\r\n\r\n").await.expect("all of it is taken");
            }
        }
        answer(&mut stream).await
    }

    async fn refused(&self, to: SocketAddr, body: &[u8], code: ProblemCode, at: &str) -> Problem {
        let (status, text) = self.send(to, body).await;
        let problem: Problem =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{at}: {status} {text}"));
        assert_eq!((problem.code, status), (code, code.status()), "{at}: {}", problem.message);
        problem
    }
}

/// The status and the body of an answer with a length.
async fn answer(stream: &mut TcpStream) -> (StatusCode, String) {
    let reading = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer, not a reset"));
        }
        let head = String::from_utf8(head).expect("text").to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let mut body = vec![0; length.expect("a length").parse().expect("a number")];
        stream.read_exact(&mut body).await.expect("all of the answer");
        let status = head.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
        (status, String::from_utf8(body).expect("text"))
    };
    timeout(PATIENCE, reading).await.expect("an answer in time")
}

#[tokio::test]
async fn a_large_photo_that_a_busy_backend_refuses_is_told_so() {
    let hops = Hops::start().await;
    let mut held = Vec::new();
    for _ in 0..UPLOADS_MAX {
        let mut upload = MEASURE.begin(hops.all[0].1, 1_000_000).await;
        upload.write_all(b"--edge\r\n").await.expect("taken");
        held.push(upload);
    }
    let form = form_of(50_000);
    let since = Instant::now();
    while MEASURE.send(hops.all[0].1, &form).await.0 != StatusCode::SERVICE_UNAVAILABLE {
        assert!(since.elapsed() < PATIENCE, "the backend is not busy");
    }
    for length in LENGTHS {
        let form = form_of(length);
        for (hop, address) in hops.all {
            MEASURE.refused(address, &form, ProblemCode::Busy, &format!("{length} bytes, {hop}")).await;
        }
    }
    drop(held);
}

#[tokio::test]
async fn a_large_photo_to_a_wrong_address_is_told_so() {
    let hops = Hops::start().await;
    for length in LENGTHS {
        let form = form_of(length);
        for (hop, address) in hops.all {
            let at = format!("{length} bytes, {hop}");
            for (path, host, code) in [
                ("/v1/measurements", "evil.example", ProblemCode::Forbidden),
                ("/v1/nothing", "localhost", ProblemCode::NotFound),
                ("/v1/stats", "localhost", ProblemCode::MethodNotAllowed),
                ("/v1/measurements/1", "localhost", ProblemCode::MethodNotAllowed),
            ] {
                for framing in [Framing::Length, Framing::Chunked] {
                    Post { path, host, framing }.refused(address, &form, code, &at).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_photo_over_the_limit_is_told_the_limit() {
    let hops = Hops::start().await;
    for length in [PHOTO_BYTES_MAX + 1, BODY_BYTES_MAX, 2 * BODY_BYTES_MAX] {
        let form = form_of(length);
        for (hop, address) in hops.all {
            for framing in [Framing::Length, Framing::Chunked] {
                let at = format!("{length} bytes, {hop}");
                let post = Post { framing, ..MEASURE };
                let problem = post.refused(address, &form, ProblemCode::TooLarge, &at).await;
                assert!(problem.message.contains("48 MiB"), "{at}: {}", problem.message);
            }
        }
    }
}

#[tokio::test]
async fn a_large_photo_while_the_backend_is_down_is_told_so() {
    let nobody =
        std::net::TcpListener::bind((LOCALHOST.ip(), 0)).expect("a port").local_addr().expect("an address");
    let page = listen(user_page(nobody)).await;
    for length in LENGTHS {
        let at = format!("{length} bytes");
        let problem = MEASURE.refused(page, &form_of(length), ProblemCode::BackendUnreachable, &at).await;
        assert!(problem.message.contains("backend cannot be reached"), "{}", problem.message);
    }
}

#[tokio::test]
async fn a_slow_sender_that_is_refused_is_told_at_once_and_does_not_keep_its_connection() {
    let hops = Hops::start().await;
    let mut senders = JoinSet::new();
    for (hop, address) in hops.all {
        for (path, length) in [("/v1/nothing", 4_000_000), ("/v1/measurements", BODY_BYTES_MAX + 1)] {
            senders.spawn(async move {
                let since = Instant::now();
                let mut stream = Post { path, ..MEASURE }.begin(address, length).await;
                let (status, _) = answer(&mut stream).await;
                assert!(status.is_client_error(), "{hop} {path}: {status}");
                assert_eq!(stream.read(&mut [0]).await.expect("an orderly end"), 0, "{hop} {path}");
                assert!(since.elapsed() < Duration::from_secs(5), "{hop} {path}");
                while stream.write_all(b"more").await.is_ok() {
                    assert!(since.elapsed() < PATIENCE, "{hop} {path}: the connection stays open");
                    sleep(Duration::from_millis(100)).await;
                }
            });
        }
    }
    while let Some(sender) = senders.join_next().await {
        sender.expect("each is told");
    }
}
