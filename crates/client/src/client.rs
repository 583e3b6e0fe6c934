//! Asks a running instance.

use std::path::PathBuf;

use contract::{ApiError, ErrorCode, LogLine, Request, Snapshot, Target, paths};
use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;

use crate::connection;

/// A running instance, by its control socket.
#[derive(Debug, Clone)]
pub struct Client {
    folder: PathBuf,
    instance: String,
}

impl Client {
    pub(crate) fn at(folder: PathBuf, instance: String) -> Self {
        Self { folder, instance }
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The present snapshot.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn status(&self) -> Result<Snapshot, ApiError> {
        self.json(Method::GET, paths::STATUS, Bytes::new()).await
    }

    /// Asks for something, and waits until it is carried out.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn request(&self, request: &Request) -> Result<(), ApiError> {
        let (path, target): (_, &Target) = match request {
            Request::Restart(target) => (paths::RESTART, target),
            Request::Reallocate(target) => (paths::REALLOCATE, target),
            Request::Stop(target) => (paths::STOP, target),
        };
        let body = serde_json::to_vec(target).map_err(|error| internal(&error))?;
        self.json::<serde_json::Value>(Method::POST, path, body.into()).await.map(drop)
    }

    /// The newest lines of a service, oldest first.
    ///
    /// # Errors
    /// If there is no such service, or the instance cannot be asked.
    pub async fn logs(&self, service: &str, lines: usize) -> Result<Vec<LogLine>, ApiError> {
        self.json(Method::GET, &format!("{}{}?lines={lines}", paths::LOGS, as_segment(service)), Bytes::new())
            .await
    }

    /// Snapshots as they change, the present one first.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn events(&self) -> Result<impl Stream<Item = Snapshot> + Unpin + use<>, ApiError> {
        self.stream(paths::EVENTS).await
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
        let stream = connection::connect(&self.folder, &self.instance).await.map_err(|_| gone())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
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
        let events = body.into_data_stream().eventsource();
        let message = |event: Result<Event, _>| serde_json::from_str(&event.ok()?.data).ok();
        Ok(Box::pin(events.filter_map(move |event| std::future::ready(message(event)))))
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
