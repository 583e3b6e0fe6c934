//! How the backend does, as of now.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The answer of `/health`, which needs no key and tells no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct HealthReport {
    /// Always `ok`: a service that is not does not answer.
    pub status: String,
    /// `backend`, `ui` or `admin`.
    pub service: String,
    /// The program's version.
    pub version: String,
}

/// Requests to the API since the process started; health checks and `/v1/stats` are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct RequestCounts {
    /// All that were answered.
    #[ts(type = "number")]
    pub total: u64,
    /// Answered with 4xx: the caller's mistake.
    #[ts(type = "number")]
    pub client_errors: u64,
    /// Answered with 5xx: ours.
    #[ts(type = "number")]
    pub server_errors: u64,
    /// Being worked on at this moment.
    #[ts(type = "number")]
    pub in_flight: u64,
}

/// From the arrival of a request to its answer, in microseconds; `null` before the first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Latency {
    /// Half of the requests were faster.
    #[ts(type = "number | null")]
    pub p50_us: Option<u64>,
    /// Nine of ten were faster.
    #[ts(type = "number | null")]
    pub p90_us: Option<u64>,
    /// 99 of a hundred were faster.
    #[ts(type = "number | null")]
    pub p99_us: Option<u64>,
    /// The slowest.
    #[ts(type = "number | null")]
    pub max_us: Option<u64>,
}

/// What is kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct StorageUse {
    /// How many measurements are stored.
    #[ts(type = "number")]
    pub measurements: u64,
    /// Bytes that they take on disk, with their small pictures.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// The requests of five seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct LoadSample {
    /// When the five seconds began.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How many were answered.
    pub requests: u32,
    /// How many of them with 4xx or 5xx.
    pub errors: u32,
    /// The middle latency in microseconds; `null` when there was no request.
    #[ts(type = "number | null")]
    pub p50_us: Option<u64>,
}

/// The backend as of now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "../../../ui/src/lib/generated/skin/")]
pub struct Stats {
    /// The program's version.
    pub version: String,
    /// The backend's process.
    pub pid: u32,
    /// When the backend started.
    #[ts(type = "string")]
    pub started_at: Timestamp,
    /// Seconds since then.
    pub uptime_seconds: f64,
    /// Requests and errors.
    pub requests: RequestCounts,
    /// How fast.
    pub latency: Latency,
    /// What is stored; `null` where the storage cannot be asked just now.
    pub storage: Option<StorageUse>,
    /// Resident memory of the backend in bytes; `null` where the system does not tell.
    #[ts(type = "number | null")]
    pub memory_bytes: Option<u64>,
    /// The last five minutes, oldest first, without gaps: 60 samples of five seconds, the last of
    /// them still growing. Fewer when the backend is younger.
    pub recent: Vec<LoadSample>,
}
