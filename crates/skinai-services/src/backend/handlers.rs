//! The handlers of the backend's routes.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::upload::Upload;
use super::{Backend, StoreError};
use crate::measure::{SelectionError, measure};
use crate::photo::{DecodedPhoto, PhotoError};
use crate::serve::BuiltInService;
use crate::wire::{
    Card, DISCLAIMER, Measurement, MeasurementPage, Problem, ProblemCode, Region, Scale, Selection, Stats,
};

/// The form of `POST /v1/measurements`, for the OpenAPI description alone.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the parts are read one by one")]
pub struct MeasurementForm {
    /// A JPEG, PNG or WebP file.
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
    /// What is marked, in JSON.
    selection: Option<Selection>,
    /// Instead of `selection`.
    region: Option<Region>,
    /// Beside `region`.
    surround: Option<Region>,
    /// Beside `region`.
    card: Option<Card>,
    /// Beside `region`.
    scale: Option<Scale>,
    /// At most 200 characters.
    note: Option<String>,
}

/// Measure a photo and keep the result
#[utoipa::path(
    post, path = "/v1/measurements",
    request_body(content = MeasurementForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = Measurement),
        (status = 400, body = Problem), (status = 408, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem),
        (status = 507, body = Problem),
    )
)]
pub async fn create(State(backend): State<Backend>, request: Request) -> Result<Response, Problem> {
    let _upload = backend.uploads.clone().try_acquire_owned().map_err(|_| {
        Problem::new(ProblemCode::Busy, "too many photos are being measured; try again in a moment")
    })?;
    let upload = Upload::read(request).await?;
    let decoding = backend.decoding.clone().acquire_owned().await;
    let decoding = decoding.map_err(|_| internal("the backend is ending"))?;
    let (mut measurement, thumbnail) = blocking(move || {
        // Held until the work is done, also when the caller goes away before.
        let _decoding = decoding;
        measured(upload)
    })
    .await??;
    let measurement = with_store(backend, move |store| {
        store.insert(&mut measurement, &thumbnail)?;
        Ok(measurement)
    })
    .await?;
    let location = format!("/v1/measurements/{}", measurement.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(measurement)).into_response())
}

/// The parameters of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// How many at most, 1 to 100; 20 where it is missing.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Only those with a lower id.
    before: Option<i64>,
}

/// Measurements, newest first
#[utoipa::path(
    get, path = "/v1/measurements", params(ListQuery),
    responses((status = 200, body = MeasurementPage), (status = 400, body = Problem), (status = 503, body = Problem))
)]
pub async fn list(
    State(backend): State<Backend>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<MeasurementPage>, Problem> {
    let Query(query) = query.map_err(|rejection| bad(rejection.body_text()))?;
    let limit = query.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(bad("limit must be from 1 to 100"));
    }
    with_store(backend, move |store| store.list(limit, query.before)).await.map(Json)
}

/// One measurement
#[utoipa::path(
    get, path = "/v1/measurements/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = Measurement), (status = 404, body = Problem), (status = 503, body = Problem))
)]
pub async fn show(State(backend): State<Backend>, id: Id) -> Result<Json<Measurement>, Problem> {
    let id = number(id)?;
    with_store(backend, move |store| store.get(id)).await?.map(Json).ok_or_else(no_measurement)
}

/// Remove a measurement for good
#[utoipa::path(
    delete, path = "/v1/measurements/{id}", params(("id" = i64, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 503, body = Problem))
)]
pub async fn remove(State(backend): State<Backend>, id: Id) -> Result<StatusCode, Problem> {
    let id = number(id)?;
    let removed = with_store(backend, move |store| store.delete(id)).await?;
    removed.then_some(StatusCode::NO_CONTENT).ok_or_else(no_measurement)
}

/// The small picture that is kept of the photo, a JPEG (also at `…/photo`)
#[utoipa::path(
    get, path = "/v1/measurements/{id}/thumbnail", params(("id" = i64, Path)),
    responses(
        (status = 200, content_type = "image/jpeg", body = [u8]),
        (status = 404, body = Problem), (status = 503, body = Problem),
    )
)]
pub async fn thumbnail(State(backend): State<Backend>, id: Id) -> Result<Response, Problem> {
    let id = number(id)?;
    let picture = with_store(backend, move |store| store.thumbnail(id)).await?.ok_or_else(no_measurement)?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], picture).into_response())
}

/// The load of the backend
#[utoipa::path(get, path = "/v1/stats", responses((status = 200, body = Stats)))]
pub async fn stats(State(backend): State<Backend>) -> Json<Stats> {
    let metrics = &backend.metrics;
    let (requests, latency, recent) = (metrics.counts(), metrics.latency(), metrics.recent());
    let (started_at, uptime) = (metrics.started_at, metrics.started.elapsed());
    let storage = with_store(backend.clone(), |store| store.storage_use()).await.ok();
    Json(Stats {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        started_at,
        uptime_seconds: uptime.as_secs_f64(),
        requests,
        latency,
        storage,
        memory_bytes: resident_bytes(),
        recent,
    })
}

/// No such address.
pub async fn not_found() -> Problem {
    Problem::new(ProblemCode::NotFound, "there is no such address; /openapi.json lists them")
}

/// No such method of an address.
pub async fn method_not_allowed() -> Problem {
    Problem::new(
        ProblemCode::MethodNotAllowed,
        "this address does not do that; /openapi.json lists what it does",
    )
}

type Id = Result<Path<i64>, PathRejection>;

fn number(id: Id) -> Result<i64, Problem> {
    id.map(|Path(id)| id).map_err(|_| no_measurement())
}

fn measured(upload: Upload) -> Result<(Measurement, Vec<u8>), Problem> {
    let photo = DecodedPhoto::decode(&upload.photo)?;
    let results = measure(&photo, &upload.selection)?;
    let measurement = Measurement {
        id: 0,
        created_at: Timestamp::now(),
        note: upload.note,
        photo: photo.describe(),
        selection: upload.selection,
        results,
        disclaimer: DISCLAIMER.to_owned(),
    };
    Ok((measurement, photo.small_picture()?))
}

async fn with_store<T: Send + 'static>(
    backend: Backend,
    work: impl FnOnce(&super::store::Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    blocking(move || work(&backend.store)).await?.map_err(|error| {
        BuiltInService::Backend.log(format_args!("storage: {error}"));
        match error {
            StoreError::Full => Problem::new(
                ProblemCode::StorageFull,
                "the disk is full; nothing was stored and nothing was lost",
            ),
            other => Problem::new(
                ProblemCode::StorageUnavailable,
                format!("the measurements cannot be reached just now, and nothing was lost: {other}"),
            ),
        }
    })
}

/// Runs work that computes for long or waits for the disk on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        BuiltInService::Backend.log(format_args!("ERROR: a request failed in a way it should not"));
        internal("something failed that should not; the backend's log says more")
    })
}

/// Resident memory in bytes (proc_pid_statm(5)).
#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    Some(procfs::process::Process::myself().ok()?.status().ok()?.vmrss? * 1024)
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    None
}

fn no_measurement() -> Problem {
    Problem::new(ProblemCode::NotFound, "there is no such measurement; it may have been removed")
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::BadRequest, message)
}

fn internal(message: &str) -> Problem {
    Problem::new(ProblemCode::Internal, message)
}

impl From<PhotoError> for Problem {
    fn from(error: PhotoError) -> Self {
        let code = match error {
            PhotoError::NotAPhoto => ProblemCode::NotAPhoto,
            PhotoError::Broken(_) => ProblemCode::BrokenPhoto,
            PhotoError::TooManyPixels { .. } | PhotoError::TooMuchMemory => ProblemCode::TooManyPixels,
        };
        Self::new(code, error.to_string())
    }
}

impl From<SelectionError> for Problem {
    fn from(error: SelectionError) -> Self {
        let code = match error {
            SelectionError::Outside { .. } => ProblemCode::RegionOutside,
            SelectionError::TooSmall { .. } | SelectionError::ScaleTooShort => ProblemCode::RegionTooSmall,
            SelectionError::CardColour(_) => ProblemCode::BadRequest,
            SelectionError::CardUnusable(_) => ProblemCode::CardUnusable,
        };
        Self::new(code, error.to_string())
    }
}
