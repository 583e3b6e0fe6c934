//! A row of the kernel's table of TCP sockets, and which rows are asked for.

use std::net::SocketAddr;

// linux/tcp_states.h
/// How a socket that is bound and nothing else is reported; it is asked for by a state of its own.
const TCP_CLOSE: u8 = 7;
const TCP_LISTEN: u8 = 10;
const TCP_BOUND_INACTIVE: u8 = 13;

/// A socket of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its local address; IPv4 addresses that are mapped into IPv6 are given as IPv4.
    pub(super) address: SocketAddr,
    /// The number that `/proc/PID/fd` shows; 0 for what no process holds any more.
    pub(super) inode: u64,
    /// The user who made it.
    pub(super) uid: u32,
    pub(super) state: u8,
    /// Of a socket that listens: how many connections nobody has accepted.
    pub(super) waiting: u32,
}

/// Which states to list, a bit each.
#[derive(Debug, Clone, Copy)]
pub(super) struct States(u32);

impl States {
    /// Listening.
    pub(super) const LISTENING: Self = Self(1 << TCP_LISTEN);
    /// Listening, or bound and not yet listening (which kernels before 6.8 do not list).
    pub(super) const HELD: Self = Self(1 << TCP_LISTEN | 1 << TCP_BOUND_INACTIVE);
    /// All there are.
    pub(super) const ALL: Self = Self(0x3ffe);

    /// As the kernel is asked for them.
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    pub(super) fn contain(self, state: u8) -> bool {
        state < 32 && self.0 >> state & 1 == 1
    }
}

impl Entry {
    pub(super) fn listens(&self) -> bool {
        self.state == TCP_LISTEN
    }

    /// Whether it listens or is bound in order to, as opposed to a connection.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, TCP_LISTEN | TCP_CLOSE)
    }
}
