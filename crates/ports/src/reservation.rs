//! A port that is ours.

use std::fmt;
use std::net::{IpAddr, SocketAddr, TcpListener};

use socket2::Socket;

use crate::bind_check;
use crate::error::{Taken, TakenReason};
use crate::lease::Lease;

/// A port that nobody else can take: a listening socket, and a lease against other instances of this
/// user while the socket is released. Both are given up when it is dropped.
///
/// The socket is blocking and is not inherited by child processes unless that is asked for.
pub struct Reservation {
    // Declared before the lease, so that the socket is closed before another instance may try.
    listener: Option<TcpListener>,
    host: IpAddr,
    lease: Lease,
}

impl Reservation {
    /// Makes the proven `socket` listen.
    pub(crate) fn new(socket: Socket, host: IpAddr, lease: Lease) -> Result<Self, TakenReason> {
        let listener = bind_check::listen(socket)?;
        Ok(Self { listener: Some(listener), host, lease })
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

    /// Closes the socket, so that a service can bind the port itself, and keeps the lease.
    pub fn release(&mut self) {
        self.listener = None;
    }

    /// Binds the port again after [`release`](Self::release). Does nothing if it is held.
    ///
    /// # Errors
    /// If somebody has it by now.
    pub fn retake(&mut self) -> Result<(), Taken> {
        if self.is_holding() {
            return Ok(());
        }
        let socket = bind_check::prove(self.port(), self.host, false).and_then(bind_check::listen);
        self.listener = Some(socket.map_err(|reason| Taken::explain(self.port(), reason))?);
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
