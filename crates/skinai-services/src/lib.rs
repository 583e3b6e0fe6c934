//! The built-in stack's three services: `backend`, `ui`, `admin`.
//!
//! Each runs under anybody's supervisor: it takes an inherited socket (`LISTEN_FDS`), notifies when
//! it is ready (`NOTIFY_SOCKET`), and answers what it accepted before it ends. Run alone it finds a port by
//! itself. [`run_backend`], [`run_ui`] and [`run_admin`] block until the service is asked to stop;
//! [`ServiceError::exit_code`] is what the program ends with where they fail.
//!
//! | module | |
//! |---|---|
//! | [`colour`], [`outline`], [`measure`], [`photo`] | the measuring, without any service |
//! | [`backend`], [`pages`] | the three services' routes |
//! | [`serve`] | the HTTP server of all three: socket, authorisation, shutdown |
//! | [`wire`] | the types of their JSON |

pub mod backend;
pub mod colour;
mod environment;
mod error;
pub mod measure;
pub mod outline;
pub mod pages;
pub mod photo;
pub mod serve;
pub mod wire;

pub use backend::run_backend;
pub use environment::Environment;
pub use error::ServiceError;
pub use pages::{run_admin, run_ui};
