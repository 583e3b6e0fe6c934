//! The sd_notify protocol: a socket for each run, on which its processes say that they are ready.
//!
//! The socket has an abstract name that nobody can guess, so that it leaves no file behind and needs no
//! folder; a run's own socket tells its words from those of any other run.

use std::io;

/// The socket of one run.
pub(crate) struct Notify {
    #[cfg(target_os = "linux")]
    socket: tokio::net::UnixDatagram,
    /// What NOTIFY_SOCKET says.
    pub(crate) address: String,
}

impl Notify {
    /// A new socket; to be called within a runtime.
    #[cfg(target_os = "linux")]
    pub(crate) fn open() -> io::Result<Self> {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("skinai/notify/{}", crate::secret::random_hex::<16>());
        let socket = std::os::unix::net::UnixDatagram::bind_addr(
            &std::os::unix::net::SocketAddr::from_abstract_name(&name)?,
        )?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: tokio::net::UnixDatagram::from_std(socket)?, address: format!("@{name}") })
    }

    /// Where there are no such sockets, nothing can be said.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn open() -> io::Result<Self> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Waits until `READY=1` is said.
    #[cfg(target_os = "linux")]
    pub(crate) async fn ready(&self) -> io::Result<()> {
        let mut message = [0; 4096];
        loop {
            let length = self.socket.recv(&mut message).await?;
            if message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                return Ok(());
            }
        }
    }

    /// Never.
    #[cfg(not(target_os = "linux"))]
    pub(crate) async fn ready(&self) -> io::Result<()> {
        std::future::pending().await
    }
}
