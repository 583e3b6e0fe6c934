//! The sd_notify protocol: a socket for each run, on which its processes say that they are ready.
//!
//! A run's own socket tells its words from those of any other run. It lies in the private runtime folder;
//! where that folder's path is too long for a socket's address, it has an abstract name that nobody can
//! guess (which not every service's library can reach).

use std::io;
use std::path::Path;

pub(crate) use transport::Notify;

/// What `sockaddr_un` has room for, with its NUL.
const PATH_MAX: usize = 104;
const FOLDER: &str = "notify";

/// Removes what an instance that could not clean up left of its sockets: those that nobody listens on.
pub(crate) fn sweep(runtime: &Path) {
    for file in std::fs::read_dir(runtime.join(FOLDER)).into_iter().flatten().flatten() {
        transport::remove_if_dead(&file.path());
    }
}

#[cfg(unix)]
mod transport {
    use super::{FOLDER, PATH_MAX, Path, io};
    use std::path::PathBuf;
    use tokio::net::UnixDatagram;

    /// The socket of one run, removed when dropped.
    pub(crate) struct Notify {
        socket: UnixDatagram,
        file: Option<PathBuf>,
        /// What NOTIFY_SOCKET says.
        pub(crate) address: String,
    }

    impl Notify {
        /// A new socket; to be called within a runtime.
        pub(crate) fn open(runtime: &Path) -> io::Result<Self> {
            let name = crate::secret::random_hex::<8>();
            let path = runtime.join(FOLDER).join(&name);
            match path.to_str() {
                Some(address) if address.len() < PATH_MAX => {
                    crate::dirs::private_folder(&runtime.join(FOLDER))?;
                    let socket = UnixDatagram::bind(&path)?;
                    Ok(Self { socket, address: address.to_owned(), file: Some(path) })
                }
                _ => Self::open_abstract(&name),
            }
        }

        #[cfg(target_os = "linux")]
        fn open_abstract(name: &str) -> io::Result<Self> {
            use std::os::linux::net::SocketAddrExt;
            use std::os::unix::net::{SocketAddr, UnixDatagram as StdDatagram};
            let name = format!("skinai/notify/{name}{}", crate::secret::random_hex::<8>());
            let socket = StdDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
            socket.set_nonblocking(true)?;
            Ok(Self { socket: UnixDatagram::from_std(socket)?, address: format!("@{name}"), file: None })
        }

        #[cfg(not(target_os = "linux"))]
        fn open_abstract(_name: &str) -> io::Result<Self> {
            Err(io::Error::new(io::ErrorKind::InvalidFilename, "the runtime folder's path is too long"))
        }

        /// Waits until `READY=1` is said.
        pub(crate) async fn ready(&self) -> io::Result<()> {
            let mut message = [0; 4096];
            loop {
                let length = self.socket.recv(&mut message).await?;
                if message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                    return Ok(());
                }
            }
        }
    }

    impl Drop for Notify {
        fn drop(&mut self) {
            if let Some(file) = &self.file {
                let _ = std::fs::remove_file(file);
            }
        }
    }

    pub(super) fn remove_if_dead(path: &Path) {
        let probe = std::os::unix::net::UnixDatagram::unbound().and_then(|socket| socket.connect(path));
        if probe.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Windows has no such sockets: nothing can be said.
#[cfg(windows)]
mod transport {
    use super::{Path, io};

    pub(crate) struct Notify {
        pub(crate) address: String,
    }

    impl Notify {
        pub(crate) fn open(_runtime: &Path) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) async fn ready(&self) -> io::Result<()> {
            std::future::pending().await
        }
    }

    pub(super) fn remove_if_dead(_path: &Path) {}
}
