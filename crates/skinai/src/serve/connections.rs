//! Accepting connections, and ending without losing one.
//!
//! - A connection that was accepted is answered, also when its request had not arrived yet when the
//!   service was asked to end.
//! - A connection that was not accepted stays in the listening queue. Where somebody else holds the
//!   socket, they answer it; where we alone do, we accept the rest before we close it.
//! - An idle connection that is kept open for a further request is closed at once.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Requests in flight get so long to end.
pub const DRAIN: Duration = Duration::from_secs(4);
/// A client that has connected and sent nothing yet gets so long for its first request.
const FIRST_REQUEST: Duration = Duration::from_millis(500);
/// What a client has sent on an open connection is here after that.
const ON_ITS_WAY: Duration = Duration::from_millis(5);
/// The head of a request must arrive within it; an idle connection is kept as long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After running out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// More never wait in the listening queue at a time.
const QUEUE_MAX: usize = 4096;

/// Serves until `stop` resolves and all that was accepted is answered, or [`DRAIN`] is over.
/// `shared`: somebody else holds the socket too.
pub async fn serve_until(listener: TcpListener, shared: bool, app: Router, stop: impl Future<Output = ()>) {
    let (stopping, _) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, app.clone(), stopping.subscribe()));
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    if !shared {
        for stream in rest_of_queue(&listener).await {
            connections.spawn(connection(stream, app.clone(), stopping.subscribe()));
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all_answered = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(DRAIN, all_answered).await;
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
async fn connection(stream: TcpStream, app: Router, mut stopping: watch::Receiver<bool>) {
    // It only makes small answers slower when it fails.
    let _ = stream.set_nodelay(true);
    let arrival = Arc::new(Arrival::default());
    let io = TokioIo::new(Watched { stream, arrival: arrival.clone() });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(io, TowerToHyperService::new(app))
    );
    tokio::select! {
        // An error here is the client's going away.
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    let patience = if arrival.seen.load(Ordering::Relaxed) { ON_ITS_WAY } else { FIRST_REQUEST };
    tokio::select! {
        _ = connection.as_mut() => return,
        () = arrival.first.notified(), if patience == FIRST_REQUEST => {}
        () = sleep(patience) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Whether anything has been read from a connection.
#[derive(Default)]
struct Arrival {
    seen: AtomicBool,
    first: Notify,
}

/// A stream that tells of its first byte.
struct Watched {
    stream: TcpStream,
    arrival: Arc<Arrival>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before && !self.arrival.seen.swap(true, Ordering::Relaxed) {
            self.arrival.first.notify_one();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
