//! Asks a running instance.

use std::path::PathBuf;

use contract::{ApiError, ErrorCode, LogLine, Request, Snapshot, Target};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;

use super::transport;
use crate::instance::InstanceName;
use userdirs::Dirs;

/// Why no instance can be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name is none.
    #[error(transparent)]
    Name(#[from] crate::instance::InstanceError),
    /// Somebody else may answer there.
    #[error("the folder {0}")]
    Untrusted(#[from] userdirs::Untrusted),
    /// Nothing runs under that name.
    #[error("instance {0} does not run; `skinai status --all` lists those that do")]
    NotRunning(String),
    /// Nothing runs.
    #[error("nothing runs; start it with `skinai run`")]
    NothingRuns,
    /// More than one runs, none of them `default`.
    #[error("several instances run: {}; choose one with --instance", .0.join(", "))]
    Several(Vec<String>),
}

/// A running instance, by its control socket.
#[derive(Debug, Clone)]
pub struct Client {
    folder: PathBuf,
    instance: String,
}

/// The instances that run now, in order of their names; none where somebody else may answer.
pub async fn instances(dirs: &Dirs) -> Vec<String> {
    if userdirs::trust::found(&dirs.runtime).is_err() {
        return Vec::new();
    }
    let mut running = Vec::new();
    for name in transport::names(&dirs.runtime) {
        if transport::connect(&dirs.runtime, &name).await.is_ok() {
            running.push(name);
        }
    }
    running.sort();
    running
}

impl Client {
    /// The instance of that name; without one `default`, else the only one that runs.
    ///
    /// # Errors
    /// If there is none, or it is not clear which.
    pub async fn connect(dirs: &Dirs, instance: Option<&str>) -> Result<Self, ConnectError> {
        userdirs::trust::found(&dirs.runtime)?;
        let at = |instance: String| Self { folder: dirs.runtime.clone(), instance };
        if let Some(name) = instance {
            let name: InstanceName = name.parse()?;
            return match transport::connect(&dirs.runtime, name.as_str()).await {
                Ok(_) => Ok(at(name.to_string())),
                Err(_) => Err(ConnectError::NotRunning(name.to_string())),
            };
        }
        let mut running = instances(dirs).await;
        if running.iter().any(|name| name == "default") {
            return Ok(at("default".to_owned()));
        }
        match running.len() {
            0 => Err(ConnectError::NothingRuns),
            1 => Ok(at(running.remove(0))),
            _ => Err(ConnectError::Several(running)),
        }
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// What is the case now.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn status(&self) -> Result<Snapshot, ApiError> {
        self.json(Method::GET, "/v1/status", Bytes::new()).await
    }

    /// Asks for something, and waits until it is carried out.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn request(&self, request: &Request) -> Result<(), ApiError> {
        let (path, target): (_, &Target) = match request {
            Request::Restart(target) => ("/v1/restart", target),
            Request::Reallocate(target) => ("/v1/reallocate", target),
            Request::Stop(target) => ("/v1/stop", target),
        };
        let body = serde_json::to_vec(target).map_err(|error| internal(&error))?;
        self.json::<serde_json::Value>(Method::POST, path, body.into()).await.map(drop)
    }

    /// The newest lines of a service, oldest first.
    ///
    /// # Errors
    /// If there is no such service, or the instance cannot be asked.
    pub async fn logs(&self, service: &str, lines: usize) -> Result<Vec<LogLine>, ApiError> {
        self.json(Method::GET, &format!("/v1/logs/{}?lines={lines}", as_segment(service)), Bytes::new()).await
    }

    /// Snapshots as they change, the present one first.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn events(&self) -> Result<impl Stream<Item = Snapshot> + Unpin + use<>, ApiError> {
        self.stream("/v1/events").await
    }

    /// The lines that a service prints from now on.
    ///
    /// # Errors
    /// If there is no such service, or the instance cannot be asked.
    pub async fn follow(
        &self,
        service: &str,
    ) -> Result<impl Stream<Item = LogLine> + Unpin + use<>, ApiError> {
        self.stream(&format!("/v1/logs/{}/events", as_segment(service))).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, ApiError> {
        let gone = || {
            ApiError::new(ErrorCode::NotRunning, format!("instance {} does not run any more", self.instance))
        };
        let stream = transport::connect(&self.folder, &self.instance).await.map_err(|_| gone())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| internal(&error))?;
        tokio::spawn(connection);
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "skinai")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| internal(&error))?;
        let response = sender.send_request(request).await.map_err(|_| gone())?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| internal(&error))?.to_bytes();
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
        let body = response.into_body().collect().await.map_err(|error| internal(&error))?.to_bytes();
        serde_json::from_slice(&body).map_err(|error| internal(&error))
    }

    async fn stream<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<impl Stream<Item = T> + Unpin + use<T>, ApiError> {
        let body = self.send(Method::GET, path, Bytes::new()).await?.into_body();
        let messages = stream::unfold((body, Vec::new()), |(mut body, mut read)| async move {
            loop {
                if let Some(data) = next_data(&mut read) {
                    return Some((data, (body, read)));
                }
                let frame = body.frame().await?.ok()?;
                if let Ok(data) = frame.into_data() {
                    read.extend_from_slice(&data);
                }
            }
        });
        Ok(Box::pin(messages.filter_map(|data| std::future::ready(serde_json::from_slice(&data).ok()))))
    }
}

/// The data of the next whole server-sent event, taken out of what was read.
fn next_data(read: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let end = read.windows(2).position(|two| two == b"\n\n")?;
        let event: Vec<u8> = read.drain(..end + 2).collect();
        let data = event.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"data: "));
        if let Some(data) = data {
            return Some(data.to_vec());
        }
    }
}

/// A service's name in a path. Names that need escaping exist in no stack; their bytes are escaped all the
/// same, so that the answer is about that name.
fn as_segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn internal(error: &dyn std::error::Error) -> ApiError {
    ApiError::new(ErrorCode::Internal, format!("the instance gave no proper answer: {error}"))
}
