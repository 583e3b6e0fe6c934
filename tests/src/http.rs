//! One request on a fresh connection, with errors as the kernel gives them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
/// A request to the control API is answered when it has been carried out.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, line by line, without the status line.
    pub headers: Vec<(String, String)>,
    /// The body, chunks put together.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// `GET path` of 127.0.0.1.
pub fn get(port: u16, path: &str) -> io::Result<Answer> {
    request(port, "GET", path, &[], b"")
}

/// `GET path` of 127.0.0.1, with a bearer token.
pub fn get_with_token(port: u16, path: &str, token: &str) -> io::Result<Answer> {
    request(port, "GET", path, &[("Authorization", &format!("Bearer {token}"))], b"")
}

/// Opens an address that opens once, and returns the cookie that a browser gets.
///
/// # Panics
/// When it does not open.
#[track_caller]
pub fn enter(address: &str) -> String {
    let (port, path) = address
        .split_once("http://127.0.0.1:")
        .and_then(|(_, rest)| rest.split_once('/'))
        .expect("an address");
    let answer = get(port.parse().expect("a port"), &format!("/{path}")).expect("an answer");
    assert_eq!((answer.status, answer.header("location").map(|to| to.contains("code="))), (303, Some(false)));
    answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned()
}

/// `GET path` of 127.0.0.1, with a cookie.
pub fn get_with_cookie(port: u16, path: &str, cookie: &str) -> io::Result<Answer> {
    request(port, "GET", path, &[("Cookie", cookie)], b"")
}

/// [`get`] within a second, and no connection in TIME_WAIT at the port afterwards: what tests its port by a bind
/// finds it free.
pub fn get_without_trace(port: u16, path: &str) -> io::Result<Answer> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    // The service closes first, or is killed: the reset removes what is kept of the connection at its side.
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    let answer = exchange(&mut stream, &format!("127.0.0.1:{port}"), "GET", path, &[], b"")?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(answer)
}

/// A request on a connection of its own; no answer within ten seconds is an error.
pub fn request(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = connect(port)?;
    exchange(&mut stream, &format!("127.0.0.1:{port}"), method, path, headers, body)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A request to the control API of a running instance.
pub fn control(socket: &Path, method: &str, path: &str, body: &str) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(CONTROL_TIMEOUT))?;
    let headers = [("Content-Type", "application/json")];
    exchange(&mut stream, "localhost", method, path, &headers, body.as_bytes())
}

fn exchange(
    stream: &mut (impl Read + Write),
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    // In one piece, so that a server that answers early is not written to afterwards.
    stream.write_all(&[request.as_bytes(), body].concat())?;
    let bytes = read_answer(stream)?;
    parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the answer breaks off"))
}

/// Reads to the end, or until the body is as long as it was said to be: not every server hangs up.
fn read_answer(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        let read = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..read]);
        let complete = || parse(&bytes).is_some_and(|answer| answer.header("content-length").is_some());
        if read == 0 || complete() {
            return Ok(bytes);
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split_whitespace().nth(1)?.parse().ok()?;
    let split =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    let headers: Vec<_> = lines.filter_map(split).collect();
    let mut answer = Answer { status, headers, body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        answer.body = unchunk(&answer.body)?;
    } else if let Some(length) = answer.header("content-length") {
        (answer.body.len() == length.parse::<usize>().ok()?).then_some(())?;
    }
    Some(answer)
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[..end]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(end + 2..end + 2 + size)?);
        bytes = bytes.get(end + 4 + size..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn chunks_are_put_together() {
        let answer =
            parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assert_eq!(answer.unwrap().body, b"abcde");
    }

    #[test]
    fn an_answer_that_breaks_off_is_none() {
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").is_none());
    }
}
