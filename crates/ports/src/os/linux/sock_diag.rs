//! The kernel's table of TCP sockets, by sock_diag(7).
//!
//! The requests are put together by hand: with a thousand listeners that takes half the time of the
//! netlink crates, and this is where the time of a crowded range goes.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::libc;
use nix::sys::socket::{self, AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType};
use nix::sys::time::{TimeVal, TimeValLike};

use super::proc_net_tcp;
use super::socket_entry::{Entry, States};

/// The sockets at local ports from `start` to `end`, as far as the system has a table of them.
pub(super) fn dump(start: u16, end: u16, states: States) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for_each(start, end, states, |entry| entries.push(entry))?;
    Ok(entries)
}

/// Like [`dump`], without keeping them.
pub(super) fn for_each(start: u16, end: u16, states: States, mut take: impl FnMut(Entry)) -> io::Result<()> {
    match ask_kernel(start, end, states, &mut take) {
        // Kernels and sandboxes without sock_diag.
        Err(error) if is_missing(&error) => proc_net_tcp::read(start, end, states, &mut take),
        outcome => outcome,
    }
}

fn is_missing(error: &io::Error) -> bool {
    let codes = [
        libc::ENOENT,
        libc::EPROTONOSUPPORT,
        libc::EAFNOSUPPORT,
        libc::EOPNOTSUPP,
        libc::EINVAL,
        libc::EPERM,
        libc::EACCES,
        libc::ECONNREFUSED,
    ];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// By a request over netlink.
fn ask_kernel(start: u16, end: u16, states: States, take: &mut impl FnMut(Entry)) -> io::Result<()> {
    let netlink = socket::socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )?;
    // The answer is there at once; a kernel that gives none must not hold a launch up.
    socket::setsockopt(&netlink, socket::sockopt::ReceiveTimeout, &TimeVal::seconds(2))?;
    socket::send(netlink.as_raw_fd(), &request(start, end, states), MsgFlags::empty())?;
    receive(&netlink, take)
}

// linux/inet_diag.h
const TCPDIAG_GETSOCK: u16 = 18;
const INET_DIAG_REQ_BYTECODE: u16 = 1;
const INET_DIAG_BC_S_GE: u8 = 2;
const INET_DIAG_BC_S_LE: u8 = 3;

const HEADER_BYTES: usize = 16;
const REQUEST_BYTES: usize = 60;
const FILTER_BYTES: usize = 4 + 16;
const MESSAGE_BYTES: usize = 72;

/// A dump request: nlmsghdr, inet_diag_req, and a filter program that the kernel runs per socket.
///
/// This is the older of the two forms of the request, since it alone walks the table once for both
/// families.
fn request(start: u16, end: u16, states: States) -> Vec<u8> {
    let length = HEADER_BYTES + REQUEST_BYTES + FILTER_BYTES;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend((length as u32).to_ne_bytes());
    bytes.extend(TCPDIAG_GETSOCK.to_ne_bytes());
    bytes.extend(((libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16).to_ne_bytes());
    bytes.extend([0; 8]); // sequence, port id

    bytes.extend([0; 4]); // family (not looked at), lengths of the addresses, no extensions
    bytes.extend([0; 48]); // any addresses, ports, interface, cookie
    bytes.extend(states.bits().to_ne_bytes());
    bytes.extend([0; 4]); // unused

    bytes.extend((FILTER_BYTES as u16).to_ne_bytes());
    bytes.extend(INET_DIAG_REQ_BYTECODE.to_ne_bytes());
    // Each operation: code, how far to go on if true, how far if false (past the end: refused); the
    // port to compare with stands in the next one.
    let mut compare = |code: u8, port: u16, otherwise: u16| {
        bytes.extend([code, 8]);
        bytes.extend(otherwise.to_ne_bytes());
        bytes.extend([0, 0]);
        bytes.extend(port.to_ne_bytes());
    };
    compare(INET_DIAG_BC_S_GE, start, 20);
    compare(INET_DIAG_BC_S_LE, end, 12);
    bytes
}

/// The kernel's first part is never longer than this.
const FIRST_READ: usize = 8 * 1024;
/// It fills as much of a read as it can, up to this.
const READ_MAX: usize = 32 * 1024;

/// Reads the answer to its end.
fn receive(netlink: &OwnedFd, take: &mut impl FnMut(Entry)) -> io::Result<()> {
    let mut buffer = vec![0; FIRST_READ];
    loop {
        let length = match socket::recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Err(nix::Error::EINTR) => continue,
            outcome => outcome?,
        };
        let mut rest = &buffer[..length];
        while rest.len() >= HEADER_BYTES {
            let message_length = (u32_at(rest, 0) as usize).clamp(HEADER_BYTES, rest.len());
            let payload = &rest[HEADER_BYTES..message_length];
            match i32::from(u16_at(rest, 4)) {
                libc::NLMSG_DONE => return Ok(()),
                libc::NLMSG_ERROR if payload.len() >= 4 => {
                    return Err(io::Error::from_raw_os_error((u32_at(payload, 0) as i32).wrapping_neg()));
                }
                _ if payload.len() >= MESSAGE_BYTES => take(entry(payload)),
                _ => {}
            }
            rest = &rest[message_length.next_multiple_of(4).min(rest.len())..];
        }
        buffer.resize(READ_MAX, 0);
    }
}

/// Reads an inet_diag_msg, which is at least [`MESSAGE_BYTES`] long.
fn entry(message: &[u8]) -> Entry {
    let mut source = [0; 16];
    source.copy_from_slice(&message[8..24]);
    let ip = if i32::from(message[0]) == libc::AF_INET {
        IpAddr::V4(Ipv4Addr::new(source[0], source[1], source[2], source[3]))
    } else {
        IpAddr::V6(Ipv6Addr::from(source)).to_canonical()
    };
    Entry {
        address: SocketAddr::new(ip, u16::from_be_bytes([message[4], message[5]])),
        inode: u32_at(message, 68).into(),
        uid: u32_at(message, 64),
        state: message[1],
        waiting: u32_at(message, 56),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
