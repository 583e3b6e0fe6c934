//! Ports that browsers refuse to open.

/// Whether browsers refuse to open `port`, whoever listens there.
///
/// Source: the fetch standard, "bad port" (<https://fetch.spec.whatwg.org/#port-blocking>). Port 0 is
/// among them.
pub fn is_blocked_by_browsers(port: u16) -> bool {
    BAD_PORTS.binary_search(&port).is_ok()
}

/// Ascending, for the binary search.
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_ascending_so_that_every_port_on_it_is_found() {
        assert!(BAD_PORTS.is_sorted_by(|a, b| a < b));
        assert!(BAD_PORTS.iter().all(|&port| is_blocked_by_browsers(port)));
        assert!(![80, 443, 8000, 8080, 9000].into_iter().any(is_blocked_by_browsers));
    }
}
