//! Runs a service until it is asked to stop.

use std::net::SocketAddr;

use axum::Router;

use super::{Auth, BuiltInService, Socket, guarded, serve_until, signals, take_socket};
use crate::environment::Environment;
use crate::error::ServiceError;

/// Runs a service until a signal asks it to stop. `routes` are all but `/health`.
pub fn run(service: BuiltInService, environment: &Environment, routes: Router) -> Result<(), ServiceError> {
    let token = environment.token()?;
    let socket = take_socket(service, environment)?;
    let address = socket.listener.local_addr().map_err(ServiceError::system("ask for the address"))?;
    if token.is_none() && !address.ip().to_canonical().is_loopback() {
        return Err(ServiceError::TokenNeeded { address: address.to_string() });
    }
    if token.is_none() {
        service.log(format_args!("WARNING: SKINAI_TOKEN is not set: everybody on this machine is answered"));
    } else if environment.has_token_of_user() {
        service.log(format_args!(
            "asks for what `skinai token` prints: as `Authorization: Bearer TOKEN`, or in a browser once, as \
             http://{address}/?token=TOKEN"
        ));
    }
    let app = guarded(service, routes, Auth::new(service, token, address, environment.codes()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServiceError::system("start"))?;
    let ended = runtime.block_on(listen(service, socket, address, app));
    // Blocking work whose caller is gone, such as decoding a photo, is abandoned.
    runtime.shutdown_background();
    ended
}

async fn listen(
    service: BuiltInService,
    socket: Socket,
    address: SocketAddr,
    app: Router,
) -> Result<(), ServiceError> {
    // Before the supervisor is notified: it may send a signal from then on.
    let stop = signals::shutdown_signal().map_err(ServiceError::system("listen for signals"))?;
    let inherited = socket.inherited;
    let listener =
        tokio::net::TcpListener::from_std(socket.listener).map_err(ServiceError::system("use the socket"))?;
    service.log(format_args!("listening on http://{address}"));
    signals::notify_ready(service);
    let stop = async {
        stop.await;
        signals::notify_stopping();
    };
    serve_until(listener, inherited, app, stop).await;
    Ok(())
}
