//! What others keep open does not keep out who may ask.

mod common;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get as route;
use common::http::*;
use skinai_services::serve::{Auth, BuiltInService, guarded};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SECRET: &str = "between-us";
/// More than a service keeps open, and few enough for this process, which has both ends.
const MANY: usize = 300;
const WITHIN: Duration = Duration::from_secs(5);

/// What a client sends that is no request: nothing, and a part of one.
const UNFINISHED: [&str; 2] = ["", "GET / HTTP/1.1\r\nhost: loc"];
/// Requests of who has no token: one that anybody may send, one that is refused, and one that is refused before its
/// body came.
const ANYBODYS: [&str; 3] = [
    "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nx",
];

async fn service() -> SocketAddr {
    let routes = Router::new().route("/", route(async || "well"));
    listen(guarded(BuiltInService::Ui, routes, Auth::new(BuiltInService::Ui, token(SECRET), LOCALHOST, None)))
        .await
}

async fn connect(address: SocketAddr, sent: &str) -> TcpStream {
    let mut stream =
        timeout(WITHIN, TcpStream::connect(address)).await.expect("in time").expect("a connection");
    stream.write_all(sent.as_bytes()).await.expect("sent");
    stream
}

/// Asks with the token on an open connection; whether it was answered in time.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {SECRET}\r\n\r\n");
    let mut answer = [0; 4096];
    let read = async {
        stream.write_all(request.as_bytes()).await?;
        stream.read(&mut answer).await
    };
    let read = timeout(WITHIN, read).await.ok().and_then(Result::ok).unwrap_or_default();
    answer[..read].starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn who_knows_the_token_is_answered_whatever_others_hold_open() {
    let address = service().await;
    let mut before = connect(address, "").await;
    assert!(is_answered(&mut before).await);
    let (mut held, mut answered) = (Vec::new(), Vec::new());
    for sent in UNFINISHED.iter().cycle().take(MANY) {
        held.push(connect(address, sent).await);
    }
    for sent in ANYBODYS.iter().cycle().take(MANY / 10) {
        answered.push(connect(address, sent).await);
    }
    assert!(is_answered(&mut connect(address, "").await).await, "a new connection");
    assert!(is_answered(&mut before).await, "one that was known before");
    // The oldest are closed, and only as many as there are too many.
    let mut closed = 0;
    for stream in &mut held {
        let mut rest = Vec::new();
        // A reset is an end too.
        closed += usize::from(timeout(Duration::from_millis(1), stream.read_to_end(&mut rest)).await.is_ok());
    }
    assert!((1..MANY / 2).contains(&closed), "{closed} were closed");
}

#[tokio::test]
async fn of_those_who_may_ask_the_oldest_that_rests_makes_room() {
    let address = service().await;
    let mut all = Vec::new();
    for _ in 0..MANY {
        let mut stream = connect(address, "").await;
        assert!(is_answered(&mut stream).await);
        all.push(stream);
    }
    assert!(is_answered(all.last_mut().expect("one")).await);
    assert!(!is_answered(&mut all[0]).await, "it was closed");
}

/// A thread of its own, as an attacker has: the service cannot slow it down.
#[tokio::test]
async fn who_knows_the_token_is_answered_whatever_others_send_at_once() {
    let address = service().await;
    let many_requests = ANYBODYS[0].repeat(2000);
    let flood = std::thread::spawn(move || {
        let connect = |_| {
            let mut stream = std::net::TcpStream::connect(address)?;
            stream.set_nonblocking(true)?;
            // What does not fit is left out; no answer is ever read.
            let _sent = stream.write(many_requests.as_bytes())?;
            Ok(stream)
        };
        (0..MANY).map(connect).collect::<std::io::Result<Vec<_>>>()
    });
    for _ in 0..3 {
        assert!(is_answered(&mut connect(address, "").await).await);
    }
    let _held = timeout(WITHIN, tokio::task::spawn_blocking(|| flood.join())).await.expect("all were taken");
    assert!(is_answered(&mut connect(address, "").await).await);
}

#[tokio::test]
async fn who_has_not_shown_the_token_gets_one_answer_on_a_connection() {
    let address = service().await;
    for request in ANYBODYS {
        let mut answers = String::new();
        let mut stream = connect(address, request).await;
        timeout(WITHIN, stream.read_to_string(&mut answers)).await.expect("closed").expect("text");
        assert!(answers.contains("connection: close"), "{answers}");
    }
    let mut known = connect(address, "").await;
    for _ in 0..2 {
        assert!(is_answered(&mut known).await, "who has may go on");
    }
}
