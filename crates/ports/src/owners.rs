//! Who has a port, and which ports a process has.

use std::io;
use std::net::SocketAddr;

use contract::Holder;

use crate::os;

/// The processes that have `port`, listening or bound, at whatever address. A socket that was
/// inherited has several. Of another user's process there is what the system lets us know, and a hint
/// what to run to find out more. Empty where nobody has it.
pub fn holders(port: u16) -> Vec<Holder> {
    os::holders(port)
}

/// The first of the [`holders`] of `port`.
pub fn holder(port: u16) -> Option<Holder> {
    holders(port).into_iter().next()
}

/// The addresses at which any of the processes `pids` listens, in ascending order. A process that is
/// gone, or that we may not look into, has none.
///
/// # Errors
/// If the system does not give its table of sockets.
pub fn listeners_of(pids: &[u32]) -> io::Result<Vec<SocketAddr>> {
    os::listeners_of(pids)
}

/// The inode numbers of the sockets that listen on `port`, at whatever address. They tell one socket
/// from another: `/proc/PID/fd` shows them, and `fstat` of the socket.
///
/// # Errors
/// If the system does not give its table of sockets, or has no such numbers.
pub fn listening_inodes(port: u16) -> io::Result<Vec<u64>> {
    os::listening_inodes(port)
}
