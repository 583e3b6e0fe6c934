//! The backend: measures photos, stores the measurements, reports its load.

mod handlers;
mod metrics;
mod openapi;
mod router;
mod store;
mod upload;

pub use router::{Backend, UPLOADS_MAX, routes, run_backend};
pub use store::StoreError;
