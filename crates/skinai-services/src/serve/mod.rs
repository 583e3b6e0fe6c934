//! The HTTP server that all three services share: socket, authorisation, limits, shutdown.

mod auth;
mod body;
mod connections;
mod guarded;
mod notice;
mod page;
mod proxy;
mod run;
mod service;
mod signals;
mod socket;

pub use auth::{Auth, Token};
pub use body::{ARRIVAL_TIMEOUT, BODY_BYTES_MAX, PHOTO_BYTES_MAX, is_over_limit, too_large};
pub use connections::{DRAIN, serve_until};
pub use guarded::guarded;
pub use page::page_service;
pub use proxy::{Upstream, forward};
pub use run::run;
pub use service::BuiltInService;
pub use socket::{Socket, take_socket};
