//! Takes the listening socket: inherited, else a new one.

use std::io;
use std::net::{IpAddr, TcpListener};

use listenfd::ListenFd;
use ports::{Allocator, Leases, PortRange, Reservation, Taken, TakenReason};

use super::BuiltInService;
use crate::environment::Environment;
use crate::error::ServiceError;

/// The range of alternatives, inclusive.
const ALTERNATIVES: (u16, u16) = (8000, 9000);

/// A listening socket, not blocking.
#[derive(Debug)]
pub struct Socket {
    /// The socket.
    pub listener: TcpListener,
    /// Whether another process holds it too, and keeps it listening when this one ends.
    pub inherited: bool,
}

/// The socket that was handed over (`LISTEN_FDS`, `LISTEN_PID`: sd_listen_fds(3)), else the port that
/// the service's variable asks for, else the lowest free one. Taken: another, with a warning.
pub fn take_socket(service: BuiltInService, environment: &Environment) -> Result<Socket, ServiceError> {
    let inherited = ListenFd::from_env().take_tcp_listener(0).map_err(ServiceError::Inherited)?;
    let (listener, inherited) = match inherited {
        Some(listener) => (listener, true),
        None => (own_socket(service, environment)?, false),
    };
    listener.set_nonblocking(true).map_err(ServiceError::system("use the socket"))?;
    Ok(Socket { listener, inherited })
}

fn own_socket(service: BuiltInService, environment: &Environment) -> Result<TcpListener, ServiceError> {
    let host = environment.host()?;
    let variable = service.port_variable();
    if let Some(port) = environment.port(variable)? {
        // A launcher that gives a number keeps a lease on it, so leases do not count here.
        match Allocator::new(Leases::none()).reserve(port, host) {
            Ok(reservation) => return listener_of(&reservation),
            Err(taken) if matches!(taken.reason, TakenReason::InUse | TakenReason::Leased) => {
                return alternative(service, environment, host, &taken);
            }
            Err(taken) => return Err(ServiceError::Port { variable, taken }),
        }
    }
    first_free(environment, host)
}

fn alternative(
    service: BuiltInService,
    environment: &Environment,
    host: IpAddr,
    taken: &Taken,
) -> Result<TcpListener, ServiceError> {
    let port = taken.port;
    service.log(format_args!("WARNING: Specified port {port} is in use, finding alternative..."));
    let listener = first_free(environment, host)?;
    let other = listener.local_addr().map_err(ServiceError::system("ask for the address"))?.port();
    service.log(format_args!("WARNING: {taken}; using port {other}"));
    Ok(listener)
}

fn first_free(environment: &Environment, host: IpAddr) -> Result<TcpListener, ServiceError> {
    let leases = environment.runtime_folder().map_or_else(Leases::none, |folder| Leases::open(&folder).0);
    let range = PortRange::new(ALTERNATIVES.0, ALTERNATIVES.1)
        .map_err(io::Error::other)
        .map_err(ServiceError::system("look for a port"))?;
    let reservations = Allocator::new(leases).reserve_first(&[host], range, &[])?;
    match reservations.first() {
        Some(reservation) => listener_of(reservation),
        None => Err(ServiceError::system("look for a port")(io::ErrorKind::AddrInUse.into())),
    }
}

/// The reservation's socket, which outlives it.
fn listener_of(reservation: &Reservation) -> Result<TcpListener, ServiceError> {
    reservation
        .listener()
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))
        .and_then(TcpListener::try_clone)
        .map_err(ServiceError::system("use the socket"))
}
