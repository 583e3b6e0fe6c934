//! Asks a service whether it is well: one connection, one answer, one time limit.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use contract::Cause;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::file::ProbeKind;

/// How much of an answer is read.
const BODY_MAX: usize = 64 * 1024;

/// Sends a probe. Gives how long the whole answer took, or why there was none.
pub(crate) async fn probe(
    kind: &ProbeKind,
    address: SocketAddr,
    timeout: Duration,
) -> Result<Duration, Cause> {
    let started = Instant::now();
    let ask = async {
        let stream = TcpStream::connect(address).await.map_err(|error| refused(&error))?;
        match kind {
            ProbeKind::Http(path) => get(stream, address, path).await,
            ProbeKind::Tcp | ProbeKind::None => Ok(()),
        }
    };
    match tokio::time::timeout(timeout, ask).await {
        Ok(result) => result.map(|()| started.elapsed()),
        Err(_) => Err(Cause::NoAnswer { limit_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) }),
    }
}

async fn get(stream: TcpStream, address: SocketAddr, path: &str) -> Result<(), Cause> {
    let broken = |error: hyper::Error| Cause::from(format!("the connection broke: {error}"));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let request = hyper::Request::get(path)
        .header("host", address.to_string())
        .header("connection", "close")
        .header("user-agent", "skinai-probe")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        if !(status.is_success() || status.is_redirection()) {
            return Err(Cause::Answered { status: status.as_u16(), path: path.to_owned() });
        }
        // An answer longer than the limit is an answer all the same.
        let _ = Limited::new(response.into_body(), BODY_MAX).collect().await;
        Ok(())
    };
    tokio::pin!(exchange);
    tokio::pin!(connection);
    let mut driving = true;
    loop {
        tokio::select! {
            result = &mut exchange => return result,
            _ = &mut connection, if driving => driving = false,
        }
    }
}

fn refused(error: &std::io::Error) -> Cause {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => Cause::Refused,
        _ => format!("cannot connect: {error}").into(),
    }
}
