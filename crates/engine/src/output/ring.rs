//! The newest lines of a service, bounded in number and in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use contract::{LogLine, LogWindow};

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

    pub(super) fn part(&self, window: LogWindow) -> Vec<LogLine> {
        let LogWindow { lines, until, since } = window;
        let within = |line: &&Arc<LogLine>| {
            let at = line.at.as_millisecond();
            until.is_none_or(|until| at <= until) && since.is_none_or(|since| at >= since)
        };
        let within = self.lines.iter().filter(within);
        let left_out = within.clone().count().saturating_sub(lines);
        within.skip(left_out).map(|line| LogLine::clone(line)).collect()
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
        let newest = ring.part(3.into());
        assert_eq!(newest.iter().map(|line| line.number).collect::<Vec<_>>(), [9997, 9998, 9999]);
        let (bytes, text) = (ring.bytes, "changed".to_owned());
        ring.put(Arc::new(LogLine { text, ..newest[1].clone() }));
        assert_eq!((ring.part(2.into())[0].text.as_str(), ring.bytes), ("changed", bytes - 1000 + 7));
        assert!(ring.has(9999) && !ring.has(1));
    }

    #[test]
    fn a_part_is_the_newest_of_a_time() {
        let mut ring = Ring::default();
        for number in 0..100 {
            // Three of each millisecond.
            let at = jiff::Timestamp::from_nanosecond(i128::from(number / 3) * 1_000_000 + 7).unwrap();
            let (stream, text) = (contract::LogStream::Stdout, String::new());
            ring.put(Arc::new(LogLine { number, at, stream, text, coloured: None, unfinished: false }));
        }
        let part = |lines, until, since| {
            let part = ring.part(LogWindow { lines, until, since });
            part.iter().map(|line| line.number).collect::<Vec<_>>()
        };
        assert_eq!(part(4, Some(10), None), [29, 30, 31, 32]);
        assert_eq!(part(4, None, Some(10)), [96, 97, 98, 99]);
        assert_eq!(part(9, Some(11), Some(11)), [33, 34, 35]);
        assert_eq!(part(usize::MAX, Some(-1), None), [0; 0]);
    }
}
