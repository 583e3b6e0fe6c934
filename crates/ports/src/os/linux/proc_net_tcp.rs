//! The kernel's table of TCP sockets as text, by proc(5): twenty times slower than sock_diag, without
//! the sockets that are bound and do not listen, and there where sock_diag is not.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::sock_diag::{Entry, States};

/// Gives the sockets at local ports from `start` to `end`.
pub(super) fn read(start: u16, end: u16, states: States, take: &mut impl FnMut(Entry)) -> io::Result<()> {
    let four = fs::read_to_string("/proc/net/tcp")?;
    // Missing where the kernel has no IPv6.
    let six = fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    four.lines()
        .chain(six.lines())
        .filter_map(entry)
        .filter(|entry| (start..=end).contains(&entry.address.port()) && states.contain(entry.state))
        .for_each(take);
    Ok(())
}

/// Reads a line: number, local address, remote address, state, queues, timer, retransmits, uid,
/// timeout, inode. `None` for the heading.
fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    let uid = fields.nth(3)?;
    let inode = fields.nth(1)?;
    Some(Entry {
        address: SocketAddr::new(ip(address)?, u16::from_str_radix(port, 16).ok()?),
        inode: inode.parse().ok()?,
        uid: uid.parse().ok()?,
        state: u8::from_str_radix(state, 16).ok()?,
    })
}

/// An address, written as the numbers of 32 bits that it has in memory.
fn ip(text: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(text.get(at * 8..at * 8 + 8)?, 16).ok();
    if text.len() == 8 {
        return Some(IpAddr::V4(Ipv4Addr::from(word(0)?.to_ne_bytes())));
    }
    let mut bytes = [0; 16];
    for at in 0..4 {
        bytes[at * 4..at * 4 + 4].copy_from_slice(&word(at)?.to_ne_bytes());
    }
    Some(IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::linux::sock_diag;
    use std::net::TcpListener;

    #[test]
    fn the_text_and_the_kernel_name_the_same_listeners() {
        for host in ["127.0.0.1", "[::1]", "[::]", "0.0.0.0"] {
            let listener = TcpListener::bind(format!("{host}:0")).unwrap();
            let address = listener.local_addr().unwrap();
            let port = address.port();
            let key = |entry: &Entry| (entry.address, entry.inode, entry.uid);
            let keys = |entries: &[Entry]| entries.iter().map(key).collect::<Vec<_>>();
            // The text is read in pieces, between which other tests make and close listeners: a row can be
            // passed over or come twice.
            let same = (0..100).find_map(|_| {
                let mut text = Vec::new();
                read(port, port, States::LISTENING, &mut |entry| text.push(entry)).unwrap();
                let told = sock_diag::dump(port, port, States::LISTENING).unwrap();
                (keys(&text) == keys(&told)).then_some(text)
            });
            let text = same.expect("they name the same when nothing changes between them");
            assert!(text.iter().any(|entry| entry.address == address && entry.inode != 0));
        }
    }
}
