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

/// A port that was proven to be free, bound at every address by which a browser could reach it.
pub(crate) struct Proven {
    /// Bound where the service is to listen. It does not listen yet, so that it can only be joined by somebody who
    /// then fails to listen.
    pub(crate) socket: Socket,
    /// Bound at the other addresses of [`other_addresses`], as far as the machine has them.
    pub(crate) others: Vec<Socket>,
}

/// Binds `port` at `host` and at every address that conflicts, once it is proven that nobody else has it there.
///
/// With `plain`, lingering connections make the port unfit too.
pub(crate) fn prove(port: u16, host: IpAddr, plain: bool) -> Result<Proven, TakenReason> {
    // What refused the bind may be gone before the table is read, so that it explains nothing; then
    // the second attempt succeeds.
    for _ in 0..2 {
        let bound = bind(port, host)?;
        if !bound.is_contested {
            return Ok(bound.proven);
        }
        match bound.explain(port, host) {
            BindConflict::HeldByOther => break,
            BindConflict::Lingering if plain => return Err(TakenReason::Lingering),
            BindConflict::Lingering => return Ok(bound.proven),
            BindConflict::Unexplained => {}
        }
    }
    Err(TakenReason::InUse)
}

/// Like [`prove`], at a port of the system's choosing. It is bound by its number then: a port that the system chose is
/// given back as soon as its socket is shut down.
pub(crate) fn prove_any(host: IpAddr) -> Result<(u16, Proven), TakenReason> {
    let chosen = bind_host(SocketAddr::new(host, 0))?.0.local_addr()?;
    let port = chosen.as_socket().map_or(0, |address| address.port());
    Ok((port, prove(port, host, false)?))
}

/// Binds `port` at the other addresses of [`other_addresses`], as far as nobody has them, so that it can be joined by
/// who has SO_REUSEADDR. Nothing on Windows, where a bound port cannot be joined so.
pub(crate) fn hold_loosely(port: u16, host: IpAddr) -> Vec<Socket> {
    let hold = |address: &IpAddr| {
        let socket = new_socket(*address).ok()?;
        socket.set_reuse_address(true).ok()?;
        socket.bind(&SocketAddr::new(*address, port).into()).ok()?;
        Some(socket)
    };
    if cfg!(windows) { Vec::new() } else { other_addresses(host).iter().filter_map(hold).collect() }
}

/// A port that is bound, and may have another holder yet.
pub(crate) struct Bound {
    pub(crate) proven: Proven,
    /// Whether the table has to be asked who else is there.
    pub(crate) is_contested: bool,
}

impl Bound {
    /// How many sockets it is.
    pub(crate) fn count(&self) -> usize {
        1 + self.proven.others.len()
    }

    fn explain(&self, port: u16, host: IpAddr) -> BindConflict {
        os::explain_conflict(&[self.attempt(port, host)], self.count())
    }

    pub(crate) fn attempt(&self, port: u16, host: IpAddr) -> BindAttempt<'_> {
        let Proven { socket, others } = &self.proven;
        BindAttempt { port, host, sockets: std::iter::once(socket).chain(others).collect() }
    }
}

/// Binds `port` at `host`, and at every address that conflicts.
pub(crate) fn bind(port: u16, host: IpAddr) -> Result<Bound, TakenReason> {
    if port == 0 {
        return Err(TakenReason::AddressNotAvailable);
    }
    let (socket, is_contested) = bind_host(SocketAddr::new(host, port))?;
    bind_others(socket, is_contested, port, host)
}

fn bind_others(
    socket: Socket,
    mut is_contested: bool,
    port: u16,
    host: IpAddr,
) -> Result<Bound, TakenReason> {
    let mut others = Vec::new();
    for address in other_addresses(host) {
        let (other, contested) = bind_other(*address, port)?;
        others.extend(other);
        is_contested |= contested;
    }
    Ok(Bound { proven: Proven { socket, others }, is_contested })
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
fn bind_host(address: SocketAddr) -> io::Result<(Socket, bool)> {
    let socket = new_socket(address.ip())?;
    match socket.bind(&address.into()) {
        Ok(()) => return Ok((socket, false)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && cfg!(unix) => {}
        Err(error) => return Err(error),
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok((socket, true))
}

/// The addresses besides `host` that a browser could reach the port by. Those that conflict with
/// `host` anyway (the wildcard of its family) need no bind of their own.
pub(crate) fn other_addresses(host: IpAddr) -> &'static [IpAddr] {
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

/// Binds `port` at a loopback address where nobody is to listen: who connects there is refused at once. `None` where
/// the machine has no such address; also says whether the table has to be asked who else is there.
fn bind_other(address: IpAddr, port: u16) -> Result<(Option<Socket>, bool), TakenReason> {
    match bind_host(SocketAddr::new(address, port)) {
        Ok((socket, is_contested)) => {
            // Only who has this option too could join, and listen.
            #[cfg(unix)]
            socket.set_reuse_address(false)?;
            Ok((Some(socket), is_contested))
        }
        Err(error) if os::lacks_family(&error) => Ok((None, false)),
        // Where the loopback address does not exist, somebody may still hold the wildcard.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            let socket = new_socket(address)?;
            let any = if address.is_ipv6() {
                socket.set_only_v6(true)?;
                IpAddr::V6(Ipv6Addr::UNSPECIFIED)
            } else {
                IpAddr::V4(Ipv4Addr::UNSPECIFIED)
            };
            let bound = socket.bind(&SocketAddr::new(any, port).into());
            Ok((None, bound.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)))
        }
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
