//! Asks a service whether it is well: one connection, one answer, one time limit.
//!
//! A probe leaves nothing behind on the service's port. Whoever closes a connection first keeps it in
//! TIME_WAIT for a minute, and a service that tests its port by a plain bind then finds it taken. So the
//! prober reads an answer to its end, and resets the connection once the service has closed its side: the
//! reset removes what the kernel keeps of it. An earlier reset would be an error in the service's log.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use contract::{Cause, Product, without_codes};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, join, sink};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

use stackfile::ProbeKind;

/// How much of an answer is looked at. The HTTP client skips heads that are not final (1xx) without a pause, however
/// many come.
const ANSWER_MAX: u64 = 64 * 1024;
/// How much of the rest is read. It is thrown away: a service that writes to a closed connection complains.
const REST_MAX: u64 = 16 * 1024 * 1024;
/// How long the rest of an answer and the end of its connection are waited for.
const CLOSE_MAX: Duration = Duration::from_secs(1);
/// How long a service may take to close a connection that it was asked to close.
const CLOSED_BY_SERVICE_MAX: Duration = Duration::from_millis(500);
/// How often it is looked whether a connection was accepted, at first and at last.
const ACCEPTED_PAUSE_MIN: Duration = Duration::from_millis(1);
const ACCEPTED_PAUSE_MAX: Duration = Duration::from_millis(100);

/// Sends a probe to a service that is bound to `address`. Returns how long it took until the service answered, or why it did not. The rest of the
/// answer is read in the background.
pub(crate) async fn probe(
    kind: &ProbeKind,
    address: SocketAddr,
    timeout: Duration,
    user_agent: &str,
) -> Result<Duration, Cause> {
    let address = SocketAddr::new(ports::reachable(address.ip()), address.port());
    let started = Instant::now();
    let ask = async {
        let stream = TcpStream::connect(address).await.map_err(|error| refused(&error))?;
        match kind {
            ProbeKind::Http(path) => get(stream, address, path, user_agent).await,
            ProbeKind::Tcp | ProbeKind::Command(_) | ProbeKind::None => {
                tokio::spawn(tokio::time::timeout(CLOSE_MAX, close(stream, Duration::ZERO)));
                Ok(())
            }
        }
    };
    let result = tokio::time::timeout(timeout, ask).await.unwrap_or_else(|_| Err(no_answer(timeout)));
    result.map(|()| started.elapsed())
}

/// What the probes call themselves.
pub(crate) fn user_agent(product: Product) -> String {
    format!("{}-probe", product.program)
}

pub(crate) fn no_answer(limit: Duration) -> Cause {
    Cause::NoAnswer { limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
}

/// Connects to an inherited socket, and waits until somebody accepts: the queue of connections gets shorter. Where the
/// system does not tell its length, until the socket `is_taken`.
pub(crate) async fn probe_accepted(
    address: SocketAddr,
    timeout: Duration,
    is_taken: impl Fn() -> bool,
) -> Result<Duration, Cause> {
    let address = SocketAddr::new(ports::reachable(address.ip()), address.port());
    let started = Instant::now();
    let ask = async {
        let stream = TcpStream::connect(address).await.map_err(|error| refused(&error))?;
        let (mut most, mut pause) = (0, ACCEPTED_PAUSE_MIN);
        loop {
            // Where the system has no table, it cannot be told.
            let Ok(Ok(sockets)) = spawn_blocking(move || ports::listening_at(address)).await else { break };
            if sockets.is_empty() {
                // The socket was shut down, and the connection with it.
                return Err(Cause::Refused);
            }
            let waiting: u32 = sockets.iter().map(|socket| socket.waiting).sum();
            if is_taken() && (waiting == 0 || waiting < most) {
                break;
            }
            most = waiting;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(ACCEPTED_PAUSE_MAX);
        }
        tokio::spawn(tokio::time::timeout(CLOSE_MAX, close(stream, Duration::ZERO)));
        Ok(started.elapsed())
    };
    tokio::time::timeout(timeout, ask).await.unwrap_or_else(|_| Err(no_answer(timeout)))
}

async fn get(stream: TcpStream, address: SocketAddr, path: &str, user_agent: &str) -> Result<(), Cause> {
    let (reader, writer) = stream.into_split();
    let io = TokioIo::new(join(reader.take(ANSWER_MAX), writer));
    let (mut sender, mut connection) =
        hyper::client::conn::http1::handshake(io).await.map_err(|error| format!("cannot send: {error}"))?;
    let request = hyper::Request::get(path)
        .header("host", address.to_string())
        .header("connection", "close")
        .header("user-agent", user_agent)
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let mut is_over = false;
    let response = {
        let sent = sender.send_request(request);
        tokio::pin!(sent);
        loop {
            tokio::select! {
                response = &mut sent => break response,
                _ = poll_fn(|cx| connection.poll_without_shutdown(cx)), if !is_over => is_over = true,
            }
        }
    };
    drop(sender);
    let status = response.as_ref().map(hyper::Response::status);
    let result = match status {
        Ok(status) if status.is_success() || status.is_redirection() => Ok(()),
        Ok(status) => Err(Cause::Answered { status: status.as_u16(), path: path.to_owned() }),
        Err(error) => Err(format!("the connection broke: {error}").into()),
    };
    let finish = async move {
        let end = async {
            if !is_over {
                // Its connection is looked at below.
                let _ = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
            }
        };
        match response {
            Ok(response) => _ = tokio::join!(response.into_body().collect(), end),
            Err(_) => end.await,
        }
        // Also one that broke: a service that was killed has closed it first.
        let (reader, writer) = connection.into_parts().io.into_inner().into_inner();
        if let Ok(stream) = reader.into_inner().reunite(writer) {
            close(stream, CLOSED_BY_SERVICE_MAX).await;
        }
    };
    tokio::spawn(tokio::time::timeout(CLOSE_MAX, finish));
    result
}

/// Resets a connection that the service closes within `patience`. Otherwise closes it from here first, so that
/// it lingers at this side.
async fn close(mut stream: TcpStream, patience: Duration) {
    if tokio::time::timeout(patience, read_to_end(&mut stream)).await.is_ok() {
        let _ = stream.set_zero_linger();
    } else {
        let _ = stream.shutdown().await;
        read_to_end(&mut stream).await;
    }
}

async fn read_to_end(stream: &mut TcpStream) {
    let _ = copy(&mut stream.take(REST_MAX), &mut sink()).await;
}

/// What the system says where nobody listens or nobody is reached is about the service, the rest about the launcher
/// (EMFILE, EADDRNOTAVAIL, ENETUNREACH, ENOBUFS).
fn refused(error: &std::io::Error) -> Cause {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => Cause::Refused,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::HostUnreachable
        | ErrorKind::TimedOut => format!("cannot connect: {error}").into(),
        _ => Cause::CannotProbe { error: without_codes(&error.to_string()) },
    }
}
