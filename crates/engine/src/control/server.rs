//! Answers the control API.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use contract::{
    ApiError, Entrance, ErrorCode, Happening, LogLine, LogWindow, Request, Resources, Snapshot, Target, paths,
};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::{Notify, broadcast, watch};
use tokio_stream::wrappers::{BroadcastStream, WatchStream};

use super::ControlListener;
use crate::Handle;

const BODY_MAX: usize = 16 * 1024;
const LINES_DEFAULT: usize = 200;
/// How long those who follow snapshots and lines are still told at the end.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// Serves until `end` is notified; notifies it in turn when the last answer is sent.
pub(crate) async fn serve(socket: ControlListener, handle: Handle, end: Arc<Notify>) {
    let (close, over) = watch::channel(false);
    let app = Router::new()
        .route(paths::STATUS, get(status))
        .route(paths::EVENTS, get(events))
        .route(paths::SAMPLES, get(samples))
        .route(paths::HAPPENINGS, get(happenings))
        .route(paths::HAPPENING_EVENTS, get(happening_events))
        .route(paths::START, carries_out("start"))
        .route(paths::RESTART, carries_out("restart"))
        .route(paths::REALLOCATE, carries_out("reallocate"))
        .route(paths::STOP, carries_out("stop"))
        .route(paths::STOP_SERVICES, carries_out("stopservices"))
        .route(paths::END_HOLDER, carries_out("endholder"))
        .route(paths::OPEN, post(open))
        .route(&format!("{}{{service}}", paths::LOGS), get(logs))
        .route(&format!("{}{{service}}/events", paths::LOGS), get(log_events))
        .route(&format!("{}{{service}}", paths::RESOURCES), get(resources))
        .fallback(async || {
            let error = ApiError::new(ErrorCode::BadRequest, "there is no such path; see /v1/status");
            (StatusCode::NOT_FOUND, Json(error))
        })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(Served { handle, over });
    let ended = Arc::clone(&end);
    let served = axum::serve(socket, app)
        .with_graceful_shutdown(async move {
            ended.notified().await;
            close.send_replace(true);
        })
        .await;
    if let Err(error) = served {
        tracing::warn!("the control socket ended: {error}");
    }
    end.notify_one();
}

/// What every answer is made from.
#[derive(Clone)]
struct Served {
    handle: Handle,
    /// Whether the server is about to end.
    over: watch::Receiver<bool>,
}

impl Served {
    /// Resolves when the last that there is to tell has been told.
    async fn told_all(mut self) {
        // An error means that the server is gone, which is the same.
        let _ = self.over.wait_for(|over| *over).await;
        tokio::time::sleep(LAST_WORDS).await;
    }
}

struct RequestFailure(StatusCode, ApiError);

impl IntoResponse for RequestFailure {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<ApiError> for RequestFailure {
    fn from(error: ApiError) -> Self {
        let status = match error.code {
            ErrorCode::UnknownService => StatusCode::NOT_FOUND,
            ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
            ErrorCode::NoFreePort
            | ErrorCode::PortIsStrict
            | ErrorCode::PortTaken
            | ErrorCode::Superseded => StatusCode::CONFLICT,
            ErrorCode::NotHealthy | ErrorCode::Stopping | ErrorCode::NotRunning | ErrorCode::NotAnswering => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ErrorCode::LeftBehind | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error)
    }
}

async fn status(State(Served { handle, .. }): State<Served>) -> Json<Snapshot> {
    Json(handle.status())
}

/// A body, or why there is none.
type Body = Result<Bytes, BytesRejection>;

/// What is in a body.
type Fields = serde_json::Map<String, serde_json::Value>;

/// The request of that name; its body has the rest of it.
fn carries_out(request: &'static str) -> MethodRouter<Served> {
    post(async move |State(Served { handle, .. }): State<Served>, body: Body| {
        handle.request(read_request(request, read_body(body)?)?).await?;
        Ok::<_, RequestFailure>(Json(serde_json::json!({})))
    })
}

async fn open(
    State(Served { handle, .. }): State<Served>,
    body: Body,
) -> Result<Json<Entrance>, RequestFailure> {
    let target: Target = serde_json::from_value(read_body(body)?.into()).map_err(|error| misread(&error))?;
    let missing = || ApiError::new(ErrorCode::BadRequest, "the body names no service");
    Ok(Json(handle.entrance(&target.service.ok_or_else(missing)?)?))
}

fn read_body(body: Body) -> Result<Fields, RequestFailure> {
    let body = body.map_err(|rejection| {
        RequestFailure(rejection.status(), ApiError::new(ErrorCode::BadRequest, rejection.body_text()))
    })?;
    if body.trim_ascii().is_empty() {
        return Ok(Fields::new());
    }
    // A map, since a structure would be read from an array too, and `[]` would mean all.
    Ok(serde_json::from_slice(&body).map_err(|error| misread(&error))?)
}

fn read_request(name: &str, mut fields: Fields) -> Result<Request, ApiError> {
    let name = if name == "reallocate" && fields.contains_key("port") { "moveto" } else { name };
    if fields.insert("request".to_owned(), name.into()).is_some() {
        return Err(misread(&"the path says which request it is"));
    }
    serde_json::from_value(fields.into()).map_err(|error| misread(&error))
}

fn misread(error: &dyn std::fmt::Display) -> ApiError {
    let text = format!("the body is not {{\"service\":\"NAME\"}} or the like: {error}");
    ApiError::new(ErrorCode::BadRequest, text)
}

async fn events(State(served): State<Served>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let snapshots = WatchStream::new(served.handle.snapshots())
        .map(|snapshot| Ok(as_event(snapshot.as_ref())))
        .take_until(served.told_all());
    Sse::new(snapshots).keep_alive(KeepAlive::default())
}

async fn samples(State(served): State<Served>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    follow(served.handle.samples(), served)
}

async fn happenings(
    State(Served { handle, .. }): State<Served>,
    query: Result<Query<LineQuery>, QueryRejection>,
) -> Result<Json<Vec<Happening>>, RequestFailure> {
    Ok(Json(handle.happenings(window_of(query)?.lines)))
}

async fn happening_events(
    State(served): State<Served>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    follow(served.handle.follow_happenings(), served)
}

async fn resources(
    State(Served { handle, .. }): State<Served>,
    Path(service): Path<String>,
) -> Result<Json<Option<Resources>>, RequestFailure> {
    Ok(Json(handle.resources(&service).await?))
}

#[derive(Deserialize)]
struct LineQuery {
    lines: Option<usize>,
    until: Option<i64>,
    since: Option<i64>,
}

async fn logs(
    State(Served { handle, .. }): State<Served>,
    Path(service): Path<String>,
    query: Result<Query<LineQuery>, QueryRejection>,
) -> Result<Json<Vec<LogLine>>, RequestFailure> {
    Ok(Json(handle.logs(&service, window_of(query)?)?))
}

async fn log_events(
    State(served): State<Served>,
    Path(service): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, RequestFailure> {
    Ok(follow(served.handle.follow(&service)?, served))
}

/// Tells each as an event. A reader that falls behind misses some, and goes on with the newest.
fn follow<T: Clone + Send + serde::Serialize + 'static>(
    told: broadcast::Receiver<T>,
    served: Served,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = BroadcastStream::new(told)
        .filter_map(|told| std::future::ready(told.ok().map(|told| Ok(as_event(&told)))))
        .take_until(served.told_all());
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn window_of(query: Result<Query<LineQuery>, QueryRejection>) -> Result<LogWindow, RequestFailure> {
    let rejected = |rejection: QueryRejection| {
        RequestFailure::from(ApiError::new(ErrorCode::BadRequest, rejection.body_text()))
    };
    let LineQuery { lines, until, since } = query.map_err(rejected)?.0;
    Ok(LogWindow { lines: lines.unwrap_or(LINES_DEFAULT), until, since })
}

fn as_event(data: &impl serde::Serialize) -> Event {
    // These types are made of texts and numbers; they always serialize.
    Event::default().json_data(data).unwrap_or_default()
}
