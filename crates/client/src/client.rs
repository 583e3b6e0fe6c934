//! Asks a running instance.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use contract::{
    ApiError, Entrance, ErrorCode, Happening, LogLine, LogWindow, Request, Resources, Sample, Snapshot,
    Target, paths,
};
use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;

use crate::connection;

/// How long an answer may take, on a busy machine too.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// How often who waits for something that takes its time makes sure that the instance goes on.
const ALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// How long an instance that has stopped its services may take to end: it gives its last answers.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
/// How often who waits for that looks.
const END_INTERVAL: Duration = Duration::from_millis(10);
/// The largest answer, and the largest event. All log lines that an instance keeps of a service fit in.
const ANSWER_MAX: usize = 64 << 20;
/// How much is read at once. The HTTP client skips heads that are not final (1xx) without a pause, however many come;
/// time limits hold between two reads.
const BUFFER_MAX: usize = 16 << 10;

/// A running instance, by its control socket. One that has been stopped or hangs is not waited for: what is asked
/// of it fails with [`ErrorCode::NotAnswering`].
#[derive(Debug, Clone)]
pub struct Client {
    folder: PathBuf,
    instance: String,
}

impl Client {
    /// That of the instance of this name, whose files lie in this runtime folder, whether it runs or not.
    pub fn at(folder: PathBuf, instance: String) -> Self {
        Self { folder, instance }
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Whether somebody listens for the instance, be it one that does not answer.
    pub async fn is_there(&self) -> bool {
        connection::is_open(&self.folder, &self.instance).await
    }

    /// The present snapshot.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn status(&self) -> Result<Snapshot, ApiError> {
        self.answered(self.json(Method::GET, paths::STATUS, Bytes::new())).await
    }

    /// Asks for something, and waits until it is carried out, however long that takes an instance that goes on. One that
    /// is to stop does not answer any more then, or takes longer than two seconds for it.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn request(&self, request: &Request) -> Result<(), ApiError> {
        let mut body = serde_json::to_value(request).map_err(|error| internal(&error))?;
        if let Some(fields) = body.as_object_mut() {
            // The path says it.
            fields.remove("request");
        }
        let body = body.to_string();
        tokio::select! {
            done = self.json::<serde_json::Value>(Method::POST, request.path(), body.into()) => drop(done?),
            silent = self.silence(ALIVE_INTERVAL) => return Err(silent),
        }
        if matches!(request, Request::Stop(Target { service: None })) {
            self.end().await;
        }
        Ok(())
    }

    /// An instance answers a moment longer than it has services.
    async fn end(&self) {
        let ended = async {
            while self.is_there().await {
                tokio::time::sleep(END_INTERVAL).await;
            }
        };
        // A new one that has come up meanwhile stays.
        let _ = tokio::time::timeout(ENDS_WITHIN, ended).await;
    }

    /// Comes back when the instance has stopped to answer, which it is asked to do so often.
    pub async fn silence(&self, interval: Duration) -> ApiError {
        loop {
            tokio::time::sleep(interval).await;
            match self.status().await {
                Err(error) if error.code == ErrorCode::NotAnswering => return error,
                _ => {}
            }
        }
    }

    async fn answered<T>(&self, answer: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
        match tokio::time::timeout(ANSWERED_WITHIN, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.not_answering().await),
        }
    }

    async fn not_answering(&self) -> ApiError {
        let instance = &self.instance;
        let text = match connection::launcher(&self.folder, instance).await {
            Some(pid) if cfg!(windows) => format!(
                "instance {instance} (process {pid}) does not answer; `taskkill /F /PID {pid}` ends it and its services"
            ),
            Some(pid) => format!(
                "instance {instance} (process {pid}) does not answer, as if it were stopped: \
                 `kill -CONT {pid}` lets it go on, `kill -KILL {pid}` ends it and its services"
            ),
            None => format!("instance {instance} does not answer; end its process to end its services"),
        };
        ApiError::new(ErrorCode::NotAnswering, text)
    }

    /// A way into a service for a browser.
    ///
    /// # Errors
    /// If there is no such service, it is not to be opened now, or the instance cannot be asked.
    pub async fn entrance(&self, service: &str) -> Result<Entrance, ApiError> {
        let body = serde_json::to_vec(&Target::service(service)).map_err(|error| internal(&error))?;
        opens_a_page(self.answered(self.json(Method::POST, paths::OPEN, body.into())).await?)
    }

    /// The newest lines of a service, or those of another part of what is kept, oldest first.
    ///
    /// # Errors
    /// If there is no such service, or the instance cannot be asked.
    pub async fn logs(&self, service: &str, window: impl Into<LogWindow>) -> Result<Vec<LogLine>, ApiError> {
        let LogWindow { lines, until, since } = window.into();
        let bound = |name: &str, at: Option<i64>| at.map_or_else(String::new, |at| format!("&{name}={at}"));
        let bounds = bound("until", until) + &bound("since", since);
        let path = format!("{}{}?lines={lines}{bounds}", paths::LOGS, as_segment(service));
        self.answered(self.json(Method::GET, &path, Bytes::new())).await
    }

    /// The newest of what happened, over the launches of the instance: oldest first.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn happenings(&self, lines: usize) -> Result<Vec<Happening>, ApiError> {
        let path = format!("{}?lines={lines}", paths::HAPPENINGS);
        self.answered(self.json(Method::GET, &path, Bytes::new())).await
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn follow_happenings(&self) -> Result<impl Stream<Item = Happening> + Unpin + use<>, ApiError> {
        self.stream(paths::HAPPENING_EVENTS).await
    }

    /// What the processes of a service take of the machine; `None` where it does not run, or the system does not tell.
    ///
    /// # Errors
    /// If there is no such service, or the instance cannot be asked.
    pub async fn resources(&self, service: &str) -> Result<Option<Resources>, ApiError> {
        let path = format!("{}{}", paths::RESOURCES, as_segment(service));
        self.answered(self.json(Method::GET, &path, Bytes::new())).await
    }

    /// Snapshots as they change, the present one first.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn events(&self) -> Result<impl Stream<Item = Snapshot> + Unpin + use<>, ApiError> {
        self.stream(paths::EVENTS).await
    }

    /// The probes from now on.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn samples(&self) -> Result<impl Stream<Item = Sample> + Unpin + use<>, ApiError> {
        self.stream(paths::SAMPLES).await
    }

    /// The lines that a service prints from now on.
    ///
    /// # Errors
    /// If there is no such service, or the instance cannot be asked.
    pub async fn follow(
        &self,
        service: &str,
    ) -> Result<impl Stream<Item = LogLine> + Unpin + use<>, ApiError> {
        self.stream(&format!("{}{}/events", paths::LOGS, as_segment(service))).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, ApiError> {
        let gone = || {
            ApiError::new(ErrorCode::NotRunning, format!("instance {} does not run any more", self.instance))
        };
        let stream = match connection::connect(&self.folder, &self.instance).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(self.not_answering().await);
            }
            Err(_) => return Err(gone()),
        };
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(BUFFER_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| internal(&error))?;
        tokio::spawn(connection);
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| internal(&error))?;
        let response = sender.send_request(request).await.map_err(|_| gone())?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = whole(response.into_body()).await?;
        Err(serde_json::from_slice(&body)
            .unwrap_or_else(|_| ApiError::new(ErrorCode::Internal, format!("it answered {status}"))))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, ApiError> {
        let response = self.send(method, path, body).await?;
        let body = whole(response.into_body()).await?;
        serde_json::from_slice(&body).map_err(|error| internal(&error))
    }

    async fn stream<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<impl Stream<Item = T> + Unpin + use<T>, ApiError> {
        let body = self.answered(self.send(Method::GET, path, Bytes::new())).await?.into_body();
        let length = Arc::new(AtomicUsize::new(0));
        let so_far = Arc::clone(&length);
        let is_event = move |chunk: &Result<Bytes, hyper::Error>| {
            let more = chunk.as_ref().map_or(0, Bytes::len);
            std::future::ready(so_far.fetch_add(more, Relaxed) < ANSWER_MAX)
        };
        let events = body.into_data_stream().take_while(is_event).eventsource();
        let message = move |event: Result<Event, _>| {
            length.store(0, Relaxed);
            serde_json::from_str(&event.ok()?.data).ok()
        };
        Ok(Box::pin(events.filter_map(move |event| std::future::ready(message(event)))))
    }
}

async fn whole(body: Incoming) -> Result<Bytes, ApiError> {
    let collected = Limited::new(body, ANSWER_MAX).collect().await;
    Ok(collected.map_err(|error| internal(error.as_ref()))?.to_bytes())
}

/// A service's name in a path. Names that need escaping exist in no stack; their bytes are escaped all the
/// same, so that the answer is about that name.
fn as_segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What is given to an opener is the address of a page or a file of the user's own: it would run other things as readily.
fn opens_a_page(entrance: Entrance) -> Result<Entrance, ApiError> {
    if !entrance.address.starts_with("http://") {
        let address = &entrance.address;
        return Err(ApiError::new(
            ErrorCode::Internal,
            format!("{address} is no address of a page; it is not opened"),
        ));
    }
    if let Some(file) = &entrance.file {
        let untrusted = |error| ApiError::new(ErrorCode::Internal, format!("the file {error}"));
        userdirs::trust::found(file).map_err(untrusted)?;
    }
    Ok(entrance)
}

fn internal(error: &dyn std::error::Error) -> ApiError {
    ApiError::new(ErrorCode::Internal, format!("the instance gave no proper answer: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_or_a_file_of_ones_own_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.html");
        std::fs::write(&file, "").unwrap();
        let opened = |address: &str, file: Option<&std::path::PathBuf>| {
            opens_a_page(Entrance { address: address.to_owned(), file: file.cloned() }).is_ok()
        };
        assert!(opened("http://127.0.0.1:8000/", None) && opened("http://[::1]:8000/", Some(&file)));
        for address in ["file:///etc/passwd", "javascript:alert(1)", "https.evil:", "-w", "", "ssh://host"] {
            assert!(!opened(address, None), "{address}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
            assert!(!opened("http://127.0.0.1:8000/", Some(&file)));
        }
    }

    #[cfg(windows)]
    #[tokio::test]
    async fn who_does_not_answer_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("default.lock"), "4242      ").unwrap();
        let pipe = userdirs::control_pipe(folder.path(), "default").unwrap();
        let _pipe = crate::connection::tests::make(&pipe);
        let client = Client::at(folder.path().to_owned(), "default".to_owned());
        let error = client.status().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotAnswering);
        assert!(error.message.contains("(process 4242)"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn answers_without_end_take_neither_memory_nor_time() {
        let json = "content-type: application/json\r\n\r\n";
        let answers = [format!("HTTP/1.1 200 OK\r\n{json}"), "HTTP/1.1 100 Continue\r\n\r\n".to_owned()];
        for first in answers {
            let folder = tempfile::tempdir().unwrap();
            let path = userdirs::control_socket(folder.path(), "default");
            let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
            std::thread::spawn(move || {
                let mut connection = listener.accept().unwrap().0;
                let more = first.repeat(10_000);
                std::io::Write::write_all(&mut connection, first.as_bytes()).unwrap();
                while std::io::Write::write_all(&mut connection, more.as_bytes()).is_ok() {}
            });
            let client = Client::at(folder.path().to_owned(), "default".to_owned());
            let begun = std::time::Instant::now();
            let asked = tokio::time::timeout(Duration::from_secs(5), client.status()).await;
            assert!(asked.is_err() || asked.unwrap().is_err());
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn who_stops_an_instance_waits_until_nobody_answers_for_it() {
        use std::io::{Read, Write};
        let folder = tempfile::tempdir().unwrap();
        let path = userdirs::control_socket(folder.path(), "default");
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        let client = Client::at(folder.path().to_owned(), "default".to_owned());
        for (request, waits) in [(Request::StopServices {}, false), (Request::Stop(Target::default()), true)]
        {
            let mut asked = Box::pin(client.request(&request));
            let answered = async {
                let listener = listener.try_clone().unwrap();
                let answer = move || {
                    let mut connection = listener.accept().unwrap().0;
                    assert!(connection.read(&mut [0; 1024]).unwrap() > 0);
                    let head =
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n";
                    connection.write_all(format!("{head}null").as_bytes()).unwrap();
                };
                tokio::task::spawn_blocking(answer).await.unwrap();
                tokio::time::sleep(Duration::from_millis(200)).await;
            };
            tokio::select! {
                done = &mut asked => assert!(done.is_ok() && !waits, "{done:?} while it answers"),
                () = answered => assert!(waits),
            }
            if waits {
                drop(listener);
                let ended = tokio::time::timeout(ENDS_WITHIN / 2, asked).await;
                ended.expect("it is seen at once").unwrap();
                break;
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn who_stopped_to_accept_runs_and_does_not_answer() {
        use socket2::{Domain, SockAddr, Socket, Type};
        let folder = tempfile::tempdir().unwrap();
        let path = userdirs::control_socket(folder.path(), "default");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        socket.bind(&SockAddr::unix(path).unwrap()).unwrap();
        socket.listen(0).unwrap();
        let mut queue = Vec::new();
        while let Ok(connection) = connection::connect(folder.path(), "default").await {
            queue.push(connection);
        }
        assert!(connection::is_open(folder.path(), "default").await);
        let client = Client::at(folder.path().to_owned(), "default".to_owned());
        assert_eq!(client.status().await.unwrap_err().code, ErrorCode::NotAnswering);
        drop(socket);
        assert_eq!(client.status().await.unwrap_err().code, ErrorCode::NotRunning);
    }
}
