//! From bytes to lines: bounded in length, without escape sequences, and bounded in number when a service
//! floods.

use std::time::{Duration, Instant};

/// A longer line is cut into pieces of this many bytes.
const LINE_MAX: usize = 8 * 1024;
/// What is printed beyond this within a second is counted, not kept.
pub(super) const KEPT_PER_SECOND: usize = 2 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
    window: Option<Instant>,
    kept: usize,
    dropped: usize,
}

impl Lines {
    /// Takes what was read, gives the lines that are whole by now.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.take_at(bytes, Instant::now())
    }

    fn take_at(&mut self, bytes: &[u8], now: Instant) -> Vec<String> {
        let mut texts = Vec::new();
        if self.window.is_none_or(|window| now.saturating_duration_since(window) >= Duration::from_secs(1)) {
            self.window = Some(now);
            self.kept = 0;
            texts.extend(self.say_dropped());
        }
        if self.kept >= KEPT_PER_SECOND {
            self.dropped += bytes.iter().filter(|byte| **byte == b'\n').count().max(1);
            self.partial.clear();
            return texts;
        }
        self.kept += bytes.len();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end], &mut texts);
            texts.push(self.text());
            rest = &rest[end + 1..];
        }
        self.extend(rest, &mut texts);
        texts
    }

    /// What is left at the end, though no line end came.
    pub(super) fn rest(&mut self) -> Vec<String> {
        let mut texts: Vec<_> = self.say_dropped().into_iter().collect();
        if !self.partial.is_empty() {
            texts.push(self.text());
        }
        texts
    }

    fn say_dropped(&mut self) -> Option<String> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped > 0)
            .then(|| format!("[{dropped} lines not kept: more than {KEPT_PER_SECOND} bytes in a second]"))
    }

    fn extend(&mut self, mut bytes: &[u8], texts: &mut Vec<String>) {
        while self.partial.len() + bytes.len() > LINE_MAX {
            let (piece, rest) = bytes.split_at(LINE_MAX - self.partial.len());
            self.partial.extend_from_slice(piece);
            texts.push(self.text());
            bytes = rest;
        }
        self.partial.extend_from_slice(bytes);
    }

    fn text(&mut self) -> String {
        let plain = if self.partial.iter().any(|byte| *byte < 0x20 || *byte == 0x7f) {
            strip_ansi_escapes::strip(&self.partial)
        } else {
            self.partial.clone()
        };
        self.partial.clear();
        let text = String::from_utf8_lossy(&plain);
        text.trim_end_matches('\r')
            .chars()
            .map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_whatever_the_chunks() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"one\ntw"), ["one"]);
        assert_eq!(lines.take(b"o\r\nthree"), ["two"]);
        assert_eq!(lines.rest(), ["three"]);
    }

    #[test]
    fn escape_sequences_and_binary_are_never_shown_raw() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"\x1b[31mred\x1b[0m\x1b]0;title\x07\n"), ["red"]);
        let binary = lines.take(&[0, 159, 146, 150, b'\n']).join("");
        assert!(!binary.chars().any(char::is_control), "{binary:?}");
    }

    #[test]
    fn a_line_without_end_is_cut_into_pieces() {
        let mut lines = Lines::default();
        let mut texts = Vec::new();
        for _ in 0..10 {
            texts.extend(lines.take(&[b'x'; 5000]));
        }
        texts.extend(lines.rest());
        assert_eq!(texts.iter().map(String::len).sum::<usize>(), 50_000);
        assert!(texts.iter().all(|text| text.len() <= LINE_MAX));
    }

    #[test]
    fn a_flood_is_counted_and_said_once_the_second_is_over() {
        let mut lines = Lines::default();
        let start = Instant::now();
        let line = [[b'x'; 1023].as_slice(), b"\n"].concat();
        let kept: usize = (0..10_000).map(|_| lines.take_at(&line, start).len()).sum();
        assert_eq!(kept, KEPT_PER_SECOND / 1024);
        let after = lines.take_at(b"calm\n", start + Duration::from_secs(1));
        assert_eq!(after.len(), 2);
        assert!(after[0].contains(&format!("{} lines not kept", 10_000 - kept)), "{after:?}");
    }
}
