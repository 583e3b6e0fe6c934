//! Systems without a table of sockets that we read: every answer comes from binding.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use contract::Holder;
use socket2::Socket;

use crate::{ListeningSocket, ProcessListeners};

use super::{BindAttempt, BindConflict, HeldPorts, TableScope};

/// A plain bind is exclusive by itself.
pub(crate) fn set_exclusive(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Nothing is known to be left.
pub(crate) fn forget_shutdown(_socket: &Socket) {}

/// Whether the system was built or started without the address family.
pub(crate) fn lacks_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(nix::libc::EAFNOSUPPORT | nix::libc::EPROTONOSUPPORT))
}

/// A lingering connection is by far the likeliest; a socket that is bound and does not listen yet
/// cannot be told from it.
pub(crate) fn explain_conflict(_attempts: &[BindAttempt<'_>], _bound: usize) -> BindConflict {
    BindConflict::Lingering
}

/// Not known.
pub(crate) fn held_ports(_start: u16, _end: u16, _scope: TableScope) -> io::Result<HeldPorts> {
    Err(unsupported())
}

/// Not known.
pub(crate) fn holders(_port: u16) -> Vec<Holder> {
    Vec::new()
}

/// Not known.
pub(crate) fn listener(_address: SocketAddr) -> Option<Holder> {
    None
}

/// Not known.
pub(crate) fn listeners_of(_pids: &[u32]) -> io::Result<ProcessListeners> {
    Err(unsupported())
}

/// Not known.
pub(crate) fn listening_at(_address: SocketAddr) -> io::Result<Vec<ListeningSocket>> {
    Err(unsupported())
}

/// There are no locks that belong to an open file.
pub(crate) fn open_lock_file(_folder: &Path) -> Result<File, String> {
    Err("this system has no locks that belong to an open file".to_owned())
}

/// Never called, since there is no file.
pub(crate) fn try_lock(_file: &File, _port: u16) -> io::Result<bool> {
    Err(unsupported())
}

/// Never called, since there is no file.
pub(crate) fn unlock(_file: &File, _port: u16) {}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "the table of sockets is not read on this system")
}
