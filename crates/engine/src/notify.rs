//! Where the processes of a run say that they are ready, `READY=1`: by the sd_notify protocol on Unix, by a word to a
//! server of the run's own on Windows.
//!
//! A run's own socket tells its words from those of any other run. It lies in the private runtime folder;
//! where that folder's path is too long for a socket's address, services reach it by way of the launcher's
//! own descriptor of the folder (an abstract name is not understood by every service's library).

use std::io;
use std::path::Path;

pub(crate) use transport::Notify;

/// What a process says when it is ready.
const READY: &str = "READY=1";
/// What `sockaddr_un` has room for, with its NUL.
#[cfg(unix)]
const PATH_MAX: usize = 104;
const FOLDER: &str = "notify";

/// Removes what an instance that could not clean up left of its sockets: those that nobody listens on.
pub(crate) fn remove_stale(runtime: &Path) {
    for file in std::fs::read_dir(runtime.join(FOLDER)).into_iter().flatten().flatten() {
        transport::remove_if_dead(&file.path());
    }
}

#[cfg(unix)]
mod transport {
    use super::{FOLDER, PATH_MAX, Path, READY, io};
    use std::path::PathBuf;
    use tokio::net::UnixDatagram;

    /// The socket of one run, removed when dropped.
    pub(crate) struct Notify {
        socket: UnixDatagram,
        file: PathBuf,
        /// Kept open where the address leads through it.
        _folder: Option<std::fs::File>,
        address: String,
    }

    impl Notify {
        /// A new socket; to be called within a runtime.
        pub(crate) fn open(runtime: &Path) -> io::Result<Self> {
            let folder = runtime.join(FOLDER);
            userdirs::private_folder(&folder)?;
            let name = crate::secret::random_hex::<8>();
            let file = folder.join(&name);
            let (address, folder) = match file.to_str() {
                Some(address) if address.len() < PATH_MAX => (address.to_owned(), None),
                _ => by_descriptor(&folder, &name)?,
            };
            Ok(Self { socket: UnixDatagram::bind(&address)?, file, _folder: folder, address })
        }

        /// What tells the run of it.
        pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
            vec![("NOTIFY_SOCKET", self.address.clone())]
        }

        /// Waits until it is said.
        pub(crate) async fn ready(&mut self) -> io::Result<()> {
            let mut message = [0; 4096];
            loop {
                let length = self.socket.recv(&mut message).await?;
                if message[..length].split(|byte| *byte == b'\n').any(|line| line == READY.as_bytes()) {
                    return Ok(());
                }
            }
        }
    }

    impl Drop for Notify {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.file);
        }
    }

    /// A short address by way of this process's descriptor of the folder.
    #[cfg(target_os = "linux")]
    fn by_descriptor(folder: &Path, name: &str) -> io::Result<(String, Option<std::fs::File>)> {
        use std::os::fd::AsRawFd;
        let folder = std::fs::File::open(folder)?;
        let address = format!("/proc/{}/fd/{}/{name}", std::process::id(), folder.as_raw_fd());
        Ok((address, Some(folder)))
    }

    #[cfg(not(target_os = "linux"))]
    fn by_descriptor(_folder: &Path, _name: &str) -> io::Result<(String, Option<std::fs::File>)> {
        Err(io::Error::new(io::ErrorKind::InvalidFilename, "the runtime folder's path is too long"))
    }

    pub(super) fn remove_if_dead(path: &Path) {
        let probe = std::os::unix::net::UnixDatagram::unbound().and_then(|socket| socket.connect(path));
        if probe.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(windows)]
mod transport {
    use super::{Path, READY, io};
    use proctree::WordServer;

    /// The server of one run.
    pub(crate) struct Notify {
        server: WordServer,
        address: String,
    }

    impl Notify {
        /// A new server; to be called within a runtime.
        pub(crate) fn open(_runtime: &Path) -> io::Result<Self> {
            let server = WordServer::open()?;
            let address = server.address()?.to_string();
            Ok(Self { server, address })
        }

        /// What tells the run of it.
        pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
            vec![("NOTIFY_SERVER", self.address.clone()), ("NOTIFY_SECRET", self.server.secret().to_owned())]
        }

        /// Waits until it is said.
        pub(crate) async fn ready(&mut self) -> io::Result<()> {
            while self.server.next().await.0 != READY {}
            Ok(())
        }
    }

    /// Nothing lies in a folder.
    pub(super) fn remove_if_dead(_path: &Path) {}
}
