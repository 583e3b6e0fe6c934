//! The newest lines of a service, bounded in number and in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use contract::LogLine;

const LINES_MAX: usize = 2000;
const BYTES_MAX: usize = 1024 * 1024;

#[derive(Default)]
pub(super) struct Ring {
    lines: VecDeque<Arc<LogLine>>,
    bytes: usize,
}

impl Ring {
    /// Whether a line of that number is kept.
    pub(super) fn has(&self, number: u64) -> bool {
        self.place_of(number).is_some()
    }

    /// Puts a line in the place of the one that has its number, else at the end.
    pub(super) fn put(&mut self, line: Arc<LogLine>) {
        self.bytes += size(&line);
        match self.place_of(line.number) {
            Some(place) => {
                let before = std::mem::replace(&mut self.lines[place], line);
                self.bytes -= size(&before);
            }
            None => self.lines.push_back(line),
        }
        while self.lines.len() > LINES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= size(&oldest);
        }
    }

    fn place_of(&self, number: u64) -> Option<usize> {
        self.lines.binary_search_by_key(&number, |line| line.number).ok()
    }

    pub(super) fn newest(&self, count: usize) -> Vec<LogLine> {
        self.lines
            .iter()
            .skip(self.lines.len().saturating_sub(count))
            .map(|line| LogLine::clone(line))
            .collect()
    }
}

/// How many bytes its texts take.
pub(super) fn size(line: &LogLine) -> usize {
    line.text.len() + line.coloured.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_within_both_bounds() {
        let mut ring = Ring::default();
        for number in 0..10_000 {
            let text = "x".repeat(1000);
            let (at, stream) = (jiff::Timestamp::UNIX_EPOCH, contract::LogStream::Stdout);
            ring.put(Arc::new(LogLine { number, at, stream, text, coloured: None, unfinished: false }));
        }
        assert!(ring.bytes <= BYTES_MAX && ring.lines.len() <= LINES_MAX);
        let newest = ring.newest(3);
        assert_eq!(newest.iter().map(|line| line.number).collect::<Vec<_>>(), [9997, 9998, 9999]);
        let (bytes, text) = (ring.bytes, "changed".to_owned());
        ring.put(Arc::new(LogLine { text, ..newest[1].clone() }));
        assert_eq!((ring.newest(2)[0].text.as_str(), ring.bytes), ("changed", bytes - 1000 + 7));
        assert!(ring.has(9999) && !ring.has(1));
    }
}
