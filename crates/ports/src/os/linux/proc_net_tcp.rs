//! The kernel's table of TCP sockets as text (`/proc/net/tcp`): twenty times slower than sock_diag, without
//! the sockets that are bound and do not listen, and available where sock_diag is not.

use std::io;
use std::net::SocketAddr;

use procfs::net::{TcpNetEntry, tcp, tcp6};

use super::socket_entry::{Entry, States};

/// Gives the sockets at local ports from `start` to `end`.
pub(super) fn read(start: u16, end: u16, states: States, take: &mut impl FnMut(Entry)) -> io::Result<()> {
    let four = tcp().map_err(io::Error::other)?;
    // Missing where the kernel has no IPv6.
    let six = tcp6().unwrap_or_default();
    four.into_iter()
        .chain(six)
        .map(entry)
        .filter(|entry| (start..=end).contains(&entry.address.port()) && states.contain(entry.state))
        .for_each(take);
    Ok(())
}

fn entry(row: TcpNetEntry) -> Entry {
    let address = SocketAddr::new(row.local_address.ip().to_canonical(), row.local_address.port());
    Entry { address, inode: row.inode, uid: row.uid, state: row.state.to_u8(), waiting: row.rx_queue }
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
