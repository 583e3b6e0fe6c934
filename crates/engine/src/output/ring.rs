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
    pub(super) fn push(&mut self, line: Arc<LogLine>) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    pub(super) fn newest(&self, count: usize) -> Vec<LogLine> {
        self.lines
            .iter()
            .skip(self.lines.len().saturating_sub(count))
            .map(|line| LogLine::clone(line))
            .collect()
    }
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
            ring.push(Arc::new(LogLine { number, at, stream, text }));
        }
        assert!(ring.bytes <= BYTES_MAX && ring.lines.len() <= LINES_MAX);
        let newest = ring.newest(3);
        assert_eq!(newest.iter().map(|line| line.number).collect::<Vec<_>>(), [9997, 9998, 9999]);
    }
}
