//! The control API's Unix socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// The socket of an instance, removed when dropped.
pub(crate) struct Listener {
    listener: std::os::unix::net::UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Binds `<folder>/<instance>.sock`. The caller holds the instance's lock, so a socket that lies there
    /// is a dead one's.
    pub(crate) fn bind(folder: &Path, instance: &str) -> io::Result<Self> {
        let path = userdirs::control_socket(folder, instance);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (reachable, _folder) = userdirs::socket_address(&path)?;
        let listener = std::os::unix::net::UnixListener::bind(reachable)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, path })
    }

    /// The listener for the server; to be called within a runtime.
    pub(crate) fn listener(&self) -> io::Result<UnixListener> {
        UnixListener::from_std(self.listener.try_clone()?)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
