//! Proving that a port is free, by binding it.
//!
//! A bind without SO_REUSEADDR that succeeds is a proof: nobody has the address, not even by a lingering
//! connection (TIME_WAIT). If it fails, the kernel's table tells a lingering connection from a socket of
//! somebody else's, which may be bound without listening.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::TakenReason;
use crate::os::{self, BindAttempt, BindConflict};

/// Connections that may wait while the service is down, or has not started yet.
const BACKLOG: i32 = 4096;

/// Gives a socket bound to `port` at `host`, once it is proven that nobody else has the port at any
/// address that conflicts. The socket does not listen yet, so that it can only be joined by somebody
/// who then fails to listen.
///
/// With `plain`, lingering connections make the port unfit too.
pub(crate) fn prove(port: u16, host: IpAddr, plain: bool) -> Result<Socket, TakenReason> {
    // What refused the bind may be gone before the table is read, so that it explains nothing; then
    // the second attempt succeeds.
    for _ in 0..2 {
        let bound = bind(port, host)?;
        if !bound.is_contested {
            return Ok(bound.socket);
        }
        match os::explain_conflict(&[bound.attempt(port, host)], 1) {
            BindConflict::HeldByOther => break,
            BindConflict::Lingering if plain => return Err(TakenReason::Lingering),
            BindConflict::Lingering => return Ok(bound.socket),
            BindConflict::Unexplained => {}
        }
    }
    Err(TakenReason::InUse)
}

/// Like [`prove`], at a port of the system's choosing.
pub(crate) fn prove_any(host: IpAddr) -> Result<(u16, Socket), TakenReason> {
    let (socket, _) = bind_host(SocketAddr::new(host, 0))?;
    let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
    for address in other_addresses(host) {
        if !is_bindable(*address, port)?
            && os::explain_conflict(&[BindAttempt { port, host, socket: &socket }], 1)
                != BindConflict::Lingering
        {
            return Err(TakenReason::InUse);
        }
    }
    Ok((port, socket))
}

/// A socket bound to a port that may have another holder yet.
pub(crate) struct Bound {
    pub(crate) socket: Socket,
    /// Whether the table has to be asked who else is there.
    pub(crate) is_contested: bool,
}

impl Bound {
    pub(crate) fn attempt(&self, port: u16, host: IpAddr) -> BindAttempt<'_> {
        BindAttempt { port, host, socket: &self.socket }
    }
}

/// Binds `port` at `host`, and tries it at every address that conflicts.
pub(crate) fn bind(port: u16, host: IpAddr) -> Result<Bound, TakenReason> {
    if port == 0 {
        return Err(TakenReason::AddressNotAvailable);
    }
    let (socket, mut is_contested) = bind_host(SocketAddr::new(host, port))?;
    for address in other_addresses(host) {
        is_contested |= !is_bindable(*address, port)?;
    }
    Ok(Bound { socket, is_contested })
}

/// Makes a bound socket listen. From here on nobody can join or steal it.
pub(crate) fn listen(socket: Socket) -> Result<TcpListener, TakenReason> {
    // Connections inherit this option, and only with it can the port be bound again while they
    // linger in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Binds `address`; says whether the table has to be asked who else is there.
fn bind_host(address: SocketAddr) -> Result<(Socket, bool), TakenReason> {
    let socket = new_socket(address.ip())?;
    match socket.bind(&address.into()) {
        Ok(()) => return Ok((socket, false)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && cfg!(unix) => {}
        Err(error) => return Err(error.into()),
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok((socket, true))
}

/// The addresses besides `host` that a browser could reach the port by. Those that conflict with
/// `host` anyway (the wildcard of its family) need no bind of their own.
fn other_addresses(host: IpAddr) -> &'static [IpAddr] {
    const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
    match host {
        IpAddr::V4(host) if host.is_loopback() && host == Ipv4Addr::LOCALHOST => &[V6],
        IpAddr::V4(host) if host.is_unspecified() => &[V6],
        IpAddr::V6(host) if host.is_unspecified() => &[],
        IpAddr::V6(host) if host == Ipv6Addr::LOCALHOST => &[V4],
        _ => &[V4, V6],
    }
}

/// Whether a plain bind at a loopback address succeeds. A machine without IPv6 has nobody there.
fn is_bindable(address: IpAddr, port: u16) -> Result<bool, TakenReason> {
    let attempt = |address: IpAddr| {
        let socket = new_socket(address)?;
        if address == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
            socket.set_only_v6(true)?;
        }
        socket.bind(&SocketAddr::new(address, port).into())
    };
    let wildcard = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    // Where the loopback address does not exist, somebody may still hold the wildcard.
    let outcome = match attempt(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => attempt(wildcard),
        outcome => outcome,
    };
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable || os::lacks_family(&error) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn new_socket(address: IpAddr) -> io::Result<Socket> {
    let domain = if address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // The wildcard of IPv6 is meant for both families, whatever the system's default is.
    if address == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    os::set_exclusive(&socket)?;
    Ok(socket)
}
