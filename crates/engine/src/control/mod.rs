//! The control API: HTTP with JSON over a Unix socket that only its user can open (a named pipe on
//! Windows).
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/status` | the [snapshot](contract::Snapshot) |
//! | `GET /v1/events` | server-sent events, a snapshot each, the present one first |
//! | `GET /v1/samples` | server-sent events, a [sample](contract::Sample) for each probe, from now on |
//! | `POST /v1/restart`, `/v1/reallocate`, `/v1/stop` with `{"service":"ui"}` or `{}` | `{}` once it is carried out |
//! | `GET /v1/logs/NAME?lines=200` | an array of the newest [lines](contract::LogLine), oldest first; with `since` and `until` (milliseconds since 1970), of those of that time |
//! | `GET /v1/logs/NAME/events` | server-sent events, a line each, from now on |
//!
//! What goes wrong is an [`ApiError`](contract::ApiError) with a status of 400 or above.

mod server;
#[cfg(unix)]
#[path = "unix.rs"]
mod transport;
#[cfg(windows)]
#[path = "windows.rs"]
mod transport;

pub(crate) use server::serve;
#[cfg(unix)]
pub(crate) use transport::is_at;
pub(crate) use transport::{ControlListener, is_served};
