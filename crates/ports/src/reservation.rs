//! A port that is ours.

use std::fmt;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener};

use socket2::Socket;

use crate::bind_check::{self, Proven};
use crate::error::{Taken, TakenReason};
use crate::lease::Lease;
use crate::os;

/// A port that nobody else can take: a listening socket, and a lease against other instances of this
/// user while the socket is released. Both are given up when it is dropped.
///
/// The port is bound at the other addresses of `localhost` too, and nobody listens there: a browser that tries
/// them is refused at once, and goes on to the one at which the service is.
///
/// The sockets are blocking and are not inherited by child processes unless that is asked for.
pub struct Reservation {
    // Declared before the lease, so that the socket is closed before another instance may try.
    listener: Option<TcpListener>,
    /// The same socket while it does not listen.
    refusing: Option<Socket>,
    others: Vec<Socket>,
    host: IpAddr,
    lease: Lease,
}

impl Reservation {
    /// Makes the proven socket listen.
    pub(crate) fn new(proven: Proven, host: IpAddr, lease: Lease) -> Result<Self, TakenReason> {
        let listener = bind_check::listen(proven.socket)?;
        Ok(Self { listener: Some(listener), refusing: None, others: proven.others, host, lease })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.lease.port()
    }

    /// The address that the listener is bound to, or was and will be.
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port())
    }

    /// The listening socket, for the hand-off; `None` while it is released.
    pub fn listener(&self) -> Option<&TcpListener> {
        self.listener.as_ref()
    }

    /// Whether the listening socket is held.
    pub fn is_holding(&self) -> bool {
        self.listener.is_some()
    }

    /// Keeps the port from everybody, and refuses who connects; also those who wait. After
    /// [`release`](Self::release) the port is bound again, unless somebody has it by now.
    ///
    /// Where the system cannot end the listening of a socket that stays bound, it goes on to listen.
    pub fn refuse(&mut self) {
        if self.bind_again().is_err() {
            return;
        }
        let Some(socket) = self.listener.take().map(Socket::from) else { return };
        // From the moment that it does not listen, who has the option as well could join it.
        #[cfg(unix)]
        let _ = socket.set_reuse_address(false);
        match socket.shutdown(Shutdown::Read) {
            Ok(()) => self.refusing = Some(socket),
            Err(_) => self.listener = bind_check::listen(socket).ok(),
        }
    }

    /// Closes all sockets, so that a service can bind the port itself, and keeps the lease.
    pub fn release(&mut self) {
        self.listener = None;
        self.refusing = None;
        self.others.clear();
    }

    /// While it is released and a service listens at `served`, binds the port at the other addresses of `localhost`,
    /// as far as nobody has them. The service may still listen there, as may anybody whose socket has SO_REUSEADDR;
    /// other launchers and plain binds are kept away. Returns these addresses.
    pub fn hold_others(&mut self, served: IpAddr) -> Vec<SocketAddr> {
        let others = bind_check::other_addresses(served);
        if !self.is_holding() && self.others.len() < others.len() {
            self.others.clear();
            self.others = bind_check::hold_loosely(self.port(), served);
        }
        others.iter().map(|address| SocketAddr::new(*address, self.port())).collect()
    }

    /// Listens again after [`release`](Self::release) or [`refuse`](Self::refuse), or after who inherited the socket has
    /// shut it down. Does nothing if it does.
    ///
    /// # Errors
    /// If somebody has the port by now.
    pub fn retake(&mut self) -> Result<(), Taken> {
        self.bind_again().map_err(|reason| Taken::explain(self.port(), reason))
    }

    fn bind_again(&mut self) -> Result<(), TakenReason> {
        if let Some(socket) = self.listener.take().map(Socket::from).or_else(|| self.refusing.take()) {
            os::forget_shutdown(&socket);
            self.listener = Some(bind_check::listen(socket)?);
            return Ok(());
        }
        self.release();
        let Proven { socket, others } = bind_check::prove(self.port(), self.host, false)?;
        (self.listener, self.others) = (Some(bind_check::listen(socket)?), others);
        Ok(())
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("addr", &self.addr())
            .field("holding", &self.is_holding())
            .finish_non_exhaustive()
    }
}
