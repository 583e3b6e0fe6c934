//! Telemetry: what was measured, as opposed to the state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One probe of a service. It changes nothing: what comes of it is in the [`Snapshot`](crate::Snapshot).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Sample {
    /// The service's name.
    pub service: String,
    /// When the probe ended.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// From the start of the probe to the end of the answer, in microseconds; `None` if it failed.
    #[ts(type = "number | null")]
    pub latency_us: Option<u64>,
}
