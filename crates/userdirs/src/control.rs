//! Where the control socket of an instance lies.

#[cfg(unix)]
pub use unix::{control_socket, socket_address};
#[cfg(windows)]
pub use windows::control_pipe;

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};

    /// What `sockaddr_un` has room for, with its NUL, on the systems that have the least.
    const PATH_MAX: usize = 104;

    /// The socket of an instance in the runtime folder.
    pub fn control_socket(folder: &Path, instance: &str) -> PathBuf {
        folder.join(format!("{instance}.sock"))
    }

    /// A path that fits into a socket's address: where a socket's own is too long, by way of the folder's
    /// descriptor, which has to stay open until the path has been used.
    ///
    /// # Errors
    /// If the folder cannot be opened.
    pub fn socket_address(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
        if path.as_os_str().len() < PATH_MAX {
            return Ok((path.to_owned(), None));
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        let folder = File::open(folder)?;
        Ok((PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name), Some(folder)))
    }
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::path::Path;

    /// The named pipe of an instance. Its name follows from the user and the runtime folder: names of pipes are the whole
    /// machine's.
    ///
    /// # Errors
    /// If the system does not say who this user is.
    pub fn control_pipe(folder: &Path, instance: &str) -> io::Result<String> {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let folder: String = folder.to_string_lossy().chars().map(plain).collect();
        let user = crate::os::user()?;
        Ok(format!(r"\\.\pipe\{user}-{folder}-{instance}"))
    }
}
