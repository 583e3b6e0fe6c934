//! One byte of a file locked per port, by open file description locks (fcntl(2)).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// Opens the lock file of `folder`; why not, in words, if it cannot be used or trusted.
pub(crate) fn open_lock_file(folder: &Path) -> Result<File, String> {
    let cannot = |what: &Path, error: io::Error| format!("{}: {error}", what.display());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| cannot(folder, error))?;
    let user = nix::unistd::geteuid().as_raw();
    let metadata = fs::metadata(folder).map_err(|error| cannot(folder, error))?;
    if metadata.uid() != user {
        return Err(format!("{} belongs to another user", folder.display()));
    }
    if metadata.mode() & 0o002 != 0 {
        return Err(format!("{} may be written to by every user", folder.display()));
    }
    let path = folder.join("ports.lock");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        // Not blocking, since what stands there may be a pipe.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(&path)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::ELOOP) => format!("{} is a symbolic link", path.display()),
            _ => cannot(&path, error),
        })?;
    let metadata = file.metadata().map_err(|error| cannot(&path, error))?;
    if !metadata.is_file() {
        return Err(format!("{} is not a regular file", path.display()));
    }
    if metadata.uid() != user {
        return Err(format!("{} belongs to another user", path.display()));
    }
    Ok(file)
}

/// Locks the byte of `port`; false if another open file has it.
pub(crate) fn try_lock(file: &File, port: u16) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&byte(port, libc::F_WRLCK))) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives the byte of `port` up.
pub(crate) fn unlock(file: &File, port: u16) {
    // It cannot fail for a file that could be locked; were it to, the lock would end with the file.
    let _ = fcntl(file, FcntlArg::F_OFD_SETLK(&byte(port, libc::F_UNLCK)));
}

fn byte(port: u16, kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: port.into(),
        l_len: 1,
        l_pid: 0,
    }
}
