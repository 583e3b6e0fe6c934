//! macOS, and the other systems that the crate `listeners` knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use contract::Holder;
use listeners::{Listener, Process, Protocol, SocketState};
use socket2::Socket;

use crate::owners::first_to_get;
use crate::{ListeningSocket, ProcessListeners, may_get};

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

/// The ports of a range at which somebody listens.
pub(crate) fn held_ports(start: u16, end: u16, _scope: TableScope) -> io::Result<HeldPorts> {
    let mut held = HeldPorts::default();
    for listener in listening()?.filter(|listener| (start..=end).contains(&listener.socket.port())) {
        held.insert(listener.socket.port(), listener.socket.ip());
    }
    Ok(held)
}

/// Who listens on `port`.
pub(crate) fn holders(port: u16) -> Vec<Holder> {
    let at_port = listening().into_iter().flatten().filter(|listener| listener.socket.port() == port);
    let by_pid: BTreeMap<u32, Process> =
        at_port.map(|listener| (listener.process.pid, listener.process)).collect();
    by_pid.into_values().map(holder).collect()
}

/// Who listens where a connection to `address` goes.
pub(crate) fn listener(address: SocketAddr) -> Option<Holder> {
    first_to_get(address, listening().ok()?, |listener| listener.socket)
        .map(|listener| holder(listener.process))
}

/// Where the processes listen. Of another user's process nothing is told.
pub(crate) fn listeners_of(pids: &[u32]) -> io::Result<ProcessListeners> {
    let theirs = listening()?.filter(|listener| pids.contains(&listener.process.pid));
    let addresses: BTreeSet<_> = theirs.map(|listener| listener.socket).collect();
    Ok(ProcessListeners { addresses: addresses.into_iter().collect(), hidden: None })
}

/// Sockets have no numbers here: those of one process count as one. How many connections wait is not told.
pub(crate) fn listening_at(address: SocketAddr) -> io::Result<Vec<ListeningSocket>> {
    let found = listening()?.filter(|listener| may_get(listener.socket, address));
    Ok(found.map(|listener| ListeningSocket { inode: listener.process.pid.into(), waiting: 0 }).collect())
}

/// Every socket that listens, as far as the system lets us know: on macOS by libproc.
fn listening() -> io::Result<impl Iterator<Item = Listener>> {
    let all = listeners::get_all().map_err(|error| io::Error::other(error.to_string()))?;
    let listens =
        |listener: &Listener| listener.protocol == Protocol::TCP && listener.state == SocketState::Listen;
    let plain = |listener: Listener| {
        let ip = listener.socket.ip().to_canonical();
        Listener { socket: SocketAddr::new(ip, listener.socket.port()), ..listener }
    };
    Ok(all.into_iter().filter(listens).map(plain))
}

fn holder(process: Process) -> Holder {
    let shown = |text: &str| Some(contract::plain(text).into_owned()).filter(|text| !text.is_empty());
    let (name, command) = (shown(&process.name), shown(&process.path));
    Holder { pid: Some(process.pid), name, command, ..Holder::UNKNOWN }
}

/// There are no locks that belong to an open file.
pub(crate) fn open_lock_file(_folder: &Path) -> Result<File, String> {
    Err(unsupported().to_string())
}

/// Never called, since there is no file.
pub(crate) fn try_lock(_file: &File, _port: u16) -> io::Result<bool> {
    Err(unsupported())
}

/// Never called, since there is no file.
pub(crate) fn unlock(_file: &File, _port: u16) {}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this system has no locks that belong to an open file")
}
