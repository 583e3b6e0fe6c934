//! Accepts connections, and shuts down without losing one.
//!
//! - A connection that was accepted is answered, also when its request had not arrived yet when the
//!   service was asked to end.
//! - A connection that was not accepted stays in the listening queue. Where somebody else holds the
//!   socket, they answer it; where we alone do, we accept the rest before we close it.
//! - An idle connection that is kept open for a further request is closed at once.
//! - A request that is answered before its body was read gets to see the answer: what it still sends is read
//!   on for a while and thrown away (RFC 9112, 9.6). Closing at once would reset the connection, and the
//!   answer with it.
//! - Whoever can connect can keep connections open, also who may not ask. Of too many, the oldest of those whose client
//!   has not proved that it may ask is closed, so that there is always room for a new one.
//! - A client that has not proved that it may ask gets one answer on a connection: thousands of requests that it sent
//!   at once on each of hundreds would keep the only thread from everybody else.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet, yield_now};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::auth::Authorised;
use super::body::Tracked;

/// Requests in flight get so long to end.
pub const DRAIN: Duration = Duration::from_secs(4);
/// A client that has connected and sent nothing yet gets so long for its first request.
const FIRST_REQUEST: Duration = Duration::from_millis(500);
/// What a client has sent on an open connection is here after that.
const ON_ITS_WAY: Duration = Duration::from_millis(5);
/// The head of a request must arrive within it; an idle connection is kept as long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// After running out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// A client that was answered early gets so long to send the rest of its request.
const LINGER: Duration = Duration::from_secs(10);
/// Of that rest, no more is read.
const LINGER_BYTES_MAX: u64 = 512 << 20;

/// So many connections are open, unless more have requests under way.
const OPEN_MAX: usize = 256;
/// Of the descriptors that the process may have, one in so many is for a connection: a request to the backend and the
/// database take more.
const DESCRIPTORS_EACH: u64 = 4;

/// More never wait in the listening queue at a time.
const QUEUE_MAX: usize = 4096;

/// Serves until `stop` resolves and all that was accepted is answered, or [`DRAIN`] is over.
/// `shared`: somebody else holds the socket too.
pub async fn serve_until(listener: TcpListener, shared: bool, app: Router, stop: impl Future<Output = ()>) {
    let (stopping, _) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut open = OpenConnections::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    open.make_room();
                    let standing = Arc::new(Standing::default());
                    let connection = connection(stream, app.clone(), stopping.subscribe(), standing.clone());
                    open.add(standing, connections.spawn(connection));
                    // What it sent is read before the next one may take its place.
                    yield_now().await;
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(_) => {
                    open.close_oldest();
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    if !shared {
        for stream in rest_of_queue(&listener).await {
            connections.spawn(connection(stream, app.clone(), stopping.subscribe(), Arc::default()));
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all_answered = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(DRAIN, all_answered).await;
}

/// How a connection stands.
#[derive(Debug, Default)]
struct Standing {
    /// A request of it was authorised.
    known: AtomicBool,
    /// A request is under way. One that is not authorised is answered at once.
    busy: AtomicBool,
}

/// The connections that are open, the oldest first.
struct OpenConnections {
    all: VecDeque<(Arc<Standing>, AbortHandle)>,
    most: usize,
}

impl OpenConnections {
    fn new() -> Self {
        let most = descriptors_max()
            .map_or(OPEN_MAX, |max| usize::try_from(max / DESCRIPTORS_EACH).unwrap_or(OPEN_MAX));
        Self { all: VecDeque::new(), most: most.clamp(1, OPEN_MAX) }
    }

    fn add(&mut self, standing: Arc<Standing>, task: AbortHandle) {
        self.all.push_back((standing, task));
    }

    /// Makes room for one more.
    fn make_room(&mut self) {
        if self.all.len() >= self.most {
            self.all.retain(|(_, task)| !task.is_finished());
        }
        while self.all.len() >= self.most && self.close_oldest() {}
    }

    /// Closes the oldest of those that nobody has proved a right to, else the oldest that rests. `false` if all have
    /// requests under way.
    fn close_oldest(&mut self) -> bool {
        let is = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let oldest = |closes: fn(bool) -> bool| {
            self.all.iter().position(|(standing, _)| !is(&standing.busy) && closes(is(&standing.known)))
        };
        let Some((_, task)) =
            oldest(|known| !known).or_else(|| oldest(|_| true)).and_then(|at| self.all.remove(at))
        else {
            return false;
        };
        task.abort();
        true
    }
}

/// How many descriptors the process may have.
fn descriptors_max() -> Option<u64> {
    #[cfg(unix)]
    return nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)
        .ok()
        .map(|(soft, _)| soft);
    #[cfg(not(unix))]
    None
}

/// Whether only the connection that was about to be accepted failed (accept(2)).
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The connections that wait to be accepted.
async fn rest_of_queue(listener: &TcpListener) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    while streams.len() < QUEUE_MAX
        && let Ok(Ok((stream, _))) = timeout(ON_ITS_WAY, listener.accept()).await
    {
        streams.push(stream);
    }
    streams
}

/// Serves one connection to its end.
async fn connection(
    stream: TcpStream,
    app: Router,
    mut stopping: watch::Receiver<bool>,
    standing: Arc<Standing>,
) {
    // It only makes small answers slower when it fails.
    let _ = stream.set_nodelay(true);
    let mut byte = [0];
    let begun = tokio::select! {
        arrived = timeout(HEAD_TIMEOUT, stream.peek(&mut byte)) => matches!(arrived, Ok(Ok(1..))),
        () = stopped_for(FIRST_REQUEST, &mut stopping) => false,
    };
    if !begun {
        return;
    }
    let unread = AtomicBool::new(false);
    let mut connection =
        http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).serve_connection(
            TokioIo::new(stream),
            service_fn(|request| Box::pin(answer(&app, request, &unread, &standing))),
        );
    let ended = tokio::select! {
        // An error here is the client's going away.
        _ = poll_fn(|cx| connection.poll_without_shutdown(cx)) => true,
        () = stopped_for(ON_ITS_WAY, &mut stopping) => false,
    };
    if !ended {
        Pin::new(&mut connection).graceful_shutdown();
        let _ = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    }
    let mut stream = connection.into_parts().io.into_inner();
    if stream.shutdown().await.is_ok() && unread.load(Ordering::Relaxed) {
        let (mut rest, mut nowhere) = (stream.take(LINGER_BYTES_MAX), tokio::io::sink());
        let _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut nowhere)).await;
    }
}

/// Resolves when the service was asked to end, and some time has passed.
async fn stopped_for(time: Duration, stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as any connection.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    sleep(time).await;
}

/// Answers a request. The connection of one whose body is not read to its end is of no further use, and one on which
/// nobody has proved that they may ask ends with the answer.
async fn answer(
    app: &Router,
    request: Request<Incoming>,
    unread: &AtomicBool,
    standing: &Standing,
) -> Result<Response, Infallible> {
    let (head, body) = request.into_parts();
    let (body, ended) = Tracked::new(body);
    standing.busy.store(true, Ordering::Relaxed);
    let mut response = app.clone().oneshot(Request::from_parts(head, Body::new(body))).await?;
    standing.busy.store(false, Ordering::Relaxed);
    if response.extensions().get::<Authorised>().is_some() {
        standing.known.store(true, Ordering::Relaxed);
    }
    let is_read = ended.load(Ordering::Relaxed);
    unread.store(!is_read, Ordering::Relaxed);
    if !is_read || !standing.known.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
