//! The control API's Unix socket.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// What `sockaddr_un` has room for, with its NUL, on the systems that have the least.
const PATH_MAX: usize = 104;

/// The socket of an instance, removed when dropped.
pub(crate) struct Listener {
    listener: std::os::unix::net::UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Binds `<folder>/<instance>.sock`. The caller holds the instance's lock, so a socket that lies there
    /// is a dead one's.
    pub(crate) fn bind(folder: &Path, instance: &str) -> io::Result<Self> {
        let path = folder.join(format!("{instance}.sock"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (reachable, _folder) = short(&path)?;
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

/// Connects to an instance.
pub(super) async fn connect(folder: &Path, instance: &str) -> io::Result<UnixStream> {
    let (reachable, _folder) = short(&folder.join(format!("{instance}.sock")))?;
    UnixStream::connect(reachable).await
}

/// The names of sockets that lie in the folder, living or dead.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.file_name().to_str()?.strip_suffix(".sock").map(str::to_owned)).collect()
}

/// A path that fits into a socket's address: where the folder's own is too long, by way of its descriptor.
fn short(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
    if path.as_os_str().len() < PATH_MAX {
        return Ok((path.to_owned(), None));
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    let folder = File::open(folder)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name), Some(folder)))
}
