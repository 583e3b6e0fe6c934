//! The backend: measures photos, stores the measurements, reports its load.

mod handlers;
mod metrics;
mod openapi;
mod router;
mod shared;
mod store;
mod upload;

pub use router::{routes, run_backend};
pub use shared::{Backend, UPLOADS_MAX};
pub use store::StoreError;
