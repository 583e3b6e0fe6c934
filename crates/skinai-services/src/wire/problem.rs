//! The body of an answer that refuses or fails.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The kind of problem, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub enum ProblemCode {
    /// 400: the request cannot be understood; a part is missing, doubled, or not of its form.
    BadRequest,
    /// 401: the key is missing or wrong.
    Unauthorized,
    /// 403: the request comes from another site, or was sent to a name that is not ours.
    Forbidden,
    /// 404: there is no such thing.
    NotFound,
    /// 405: that cannot be done with this address.
    MethodNotAllowed,
    /// 408: the request did not arrive in time.
    TooSlow,
    /// 413: more bytes than are taken.
    TooLarge,
    /// 413: more pixels than are taken, or more memory to unpack them.
    TooManyPixels,
    /// 415: not a JPEG, PNG or WebP photo.
    NotAPhoto,
    /// 422: a photo, but broken or cut off.
    BrokenPhoto,
    /// 422: a region (or point) lies outside the photo.
    RegionOutside,
    /// 422: a region has too few pixels to say anything.
    RegionTooSmall,
    /// 422: the card cannot be used: too dark, or burnt out.
    CardUnusable,
    /// 503: too many photos at once; try again soon.
    Busy,
    /// 507: the disk is full; nothing was stored, nothing was lost.
    StorageFull,
    /// 503: the storage cannot be reached just now; nothing was lost.
    StorageUnavailable,
    /// 502: the page's server cannot reach the backend.
    BackendUnreachable,
    /// 504: the backend did not answer in time.
    BackendTimeout,
    /// 500: something that should not happen.
    Internal,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Problem {
    /// For programs.
    pub code: ProblemCode,
    /// For people: what is the matter and what to do.
    pub message: String,
}

impl Problem {
    /// A problem with its message.
    pub fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl ProblemCode {
    /// The HTTP status that goes with it (RFC 9110).
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge | Self::TooManyPixels => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAPhoto => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokenPhoto | Self::RegionOutside | Self::RegionTooSmall | Self::CardUnusable => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Busy | Self::StorageUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::BackendUnreachable => StatusCode::BAD_GATEWAY,
            Self::BackendTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.code.status(), Json(self)).into_response()
    }
}
