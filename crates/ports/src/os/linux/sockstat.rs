//! How many TCP sockets there are, by the kernel's own counters (`/proc/net/sockstat`): an answer in
//! microseconds, where the table takes milliseconds once it holds thousands of connections.

use std::fs;
use std::io::ErrorKind;

/// TCP sockets that neither listen nor are connected: those that are only bound, and those that are not even
/// that. More than there are where other network namespaces have sockets; `None` where it is not known, or
/// changes while it is counted.
pub(super) fn sockets_outside_the_table() -> Option<usize> {
    let before = inuse6()?;
    let text = fs::read_to_string("/proc/net/sockstat").ok()?;
    let (all, inuse) = (field(&text, "TCP:", "alloc")?, field(&text, "TCP:", "inuse")?);
    (inuse6()? == before).then(|| all.checked_sub(inuse + before))?
}

fn inuse6() -> Option<usize> {
    match fs::read_to_string("/proc/net/sockstat6") {
        Ok(text) => field(&text, "TCP6:", "inuse"),
        // A kernel without IPv6.
        Err(error) if error.kind() == ErrorKind::NotFound => Some(0),
        Err(_) => None,
    }
}

/// The number that follows a name in the line that begins with `protocol`.
fn field(text: &str, protocol: &str, name: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix(protocol))?;
    let mut words = line.split_ascii_whitespace().skip_while(|word| *word != name);
    words.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_stand_after_their_names() {
        let text = "sockets: used 58\nTCP: inuse 4 orphan 0 tw 111 alloc 7 mem 9\nUDP: inuse 2 mem 0\n";
        assert_eq!((field(text, "TCP:", "inuse"), field(text, "TCP:", "alloc")), (Some(4), Some(7)));
        assert_eq!((field(text, "TCP6:", "inuse"), field(text, "UDP:", "alloc")), (None, None));
    }
}
