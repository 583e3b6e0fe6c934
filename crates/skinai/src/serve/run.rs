//! Running a service: from its environment to its end.

use std::net::SocketAddr;

use axum::Router;

use super::{Auth, Service, Socket, guarded, serve_until, signals, take_socket};
use crate::environment::Environment;
use crate::error::ServiceError;

/// Runs a service until the system or the user asks it to end. `routes` are all but `/health`.
pub fn run(service: Service, environment: &Environment, routes: Router) -> Result<(), ServiceError> {
    let token = environment.token()?;
    let socket = take_socket(service, environment)?;
    let address = socket.listener.local_addr().map_err(|source| system("ask for the address", source))?;
    if token.is_none() && !address.ip().to_canonical().is_loopback() {
        return Err(ServiceError::TokenNeeded { address: address.to_string() });
    }
    let app = guarded(service, routes, Auth::new(service, token, address.ip()));
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
    service.log(format_args!("listening on http://{address}"));
    signals::tell_ready(service);
    let stop = async {
        stop.await;
        signals::tell_stopping();
    };
    serve_until(listener, inherited, app, stop).await;
    Ok(())
}

/// The system refused what was being done.
pub fn system(doing: &'static str, source: std::io::Error) -> ServiceError {
    ServiceError::System { doing, source }
}
