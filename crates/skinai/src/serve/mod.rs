//! What all three services share: their socket, who may ask, how they end.

mod body;
mod connections;
mod gate;
mod headers;
mod page;
mod proxy;
mod say;
mod signals;
mod socket;

use std::net::SocketAddr;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Json, Router, middleware};

use crate::environment::Environment;
use crate::error::ServiceError;
use crate::wire::HealthReport;

pub use body::{ARRIVAL_TIMEOUT, BODY_BYTES_MAX, PHOTO_BYTES_MAX, is_over_limit, too_large};
pub use connections::{DRAIN, serve_until};
pub use gate::{Gate, Token};
pub use page::{Asset, Pages, page_service};
pub use proxy::{Upstream, forward};
pub use say::say;
pub use socket::{Socket, take_socket};

/// Which of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Measures and stores.
    Backend,
    /// The page to measure with.
    Ui,
    /// The page that shows how the backend does.
    Admin,
}

impl Service {
    /// As in commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Ui => "ui",
            Self::Admin => "admin",
        }
    }

    /// As people are told.
    pub fn label(self) -> &'static str {
        match self {
            Self::Backend => "Backend",
            Self::Ui => "UI",
            Self::Admin => "Admin",
        }
    }

    /// The variable that sets its port.
    pub fn port_variable(self) -> &'static str {
        match self {
            Self::Backend => "BACKEND_PORT",
            Self::Ui => "UI_PORT",
            Self::Admin => "ADMIN_PORT",
        }
    }
}

/// Runs a service until the system or the user asks it to end. `routes` are all but `/health`.
pub fn run(service: Service, environment: &Environment, routes: Router) -> Result<(), ServiceError> {
    let token = environment.token()?;
    let socket = take_socket(service, environment)?;
    let address = socket.listener.local_addr().map_err(|source| system("ask for the address", source))?;
    if token.is_none() && !address.ip().to_canonical().is_loopback() {
        return Err(ServiceError::TokenNeeded { address: address.to_string() });
    }
    let app = guarded(service, routes, Gate::new(service, token, address.ip()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| system("start", source))?;
    let ended = runtime.block_on(listen(service, socket, address, app));
    // Work that nobody waits for any longer, such as a photo being decoded, is not waited for either.
    runtime.shutdown_background();
    ended
}

async fn listen(
    service: Service,
    socket: Socket,
    address: SocketAddr,
    app: Router,
) -> Result<(), ServiceError> {
    // Before anybody is told that it is ready: from then on it may be asked to end.
    let stop = signals::asked_to_end().map_err(|source| system("listen for signals", source))?;
    let inherited = socket.inherited;
    let listener = tokio::net::TcpListener::from_std(socket.listener)
        .map_err(|source| system("use the socket", source))?;
    say(service, format_args!("listening on http://{address}"));
    signals::tell_ready(service);
    let stop = async {
        stop.await;
        signals::tell_stopping();
    };
    serve_until(listener, inherited, app, stop).await;
    Ok(())
}

/// A service's routes with `/health`, the gate before them, one limit of what a request may send, and safe
/// headers on every answer.
pub fn guarded(service: Service, routes: Router, gate: Gate) -> Router {
    let health = move || async move {
        Json(HealthReport {
            status: "ok".to_owned(),
            service: service.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    };
    routes
        .layer(middleware::from_fn_with_state(gate, gate::check))
        .route("/health", get(health))
        // The limit that holds is the next layer's; the framework's own is far below a phone's photo.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(body::limit))
        .layer(middleware::from_fn(headers::set))
}

fn system(doing: &'static str, source: std::io::Error) -> ServiceError {
    ServiceError::System { doing, source }
}
