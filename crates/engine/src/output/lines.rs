//! From bytes to lines: bounded in length, fit to be shown, and bounded in number when a service floods.

use std::time::{Duration, Instant};

use contract::{LINE_MAX, LineText, TerminalLine};

/// What is printed beyond this within a second is counted, not kept.
pub(super) const KEPT_PER_SECOND: usize = 2 * 1024 * 1024;

/// What is kept is counted anew after this time.
const WINDOW: Duration = Duration::from_secs(1);
/// A line that has not ended after this time is shown as it stands: a question that waits for an answer, or
/// the bar of a progress.
const SHOWN_AFTER: Duration = Duration::from_millis(200);

#[derive(Default)]
pub(super) struct Lines {
    line: TerminalLine,
    /// When the line that has not ended is to be shown.
    due: Option<Instant>,
    window: Option<Instant>,
    kept: usize,
    flood: Option<Flood>,
}

/// What is not kept.
#[derive(Default)]
struct Flood {
    /// Whole lines.
    lines: usize,
    /// The last line, which often says why a service ends; cut to its end.
    last: Vec<u8>,
    /// Whether the last line is whole.
    whole: bool,
}

impl Flood {
    fn take(&mut self, bytes: &[u8]) {
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        let (body, whole) = bytes.strip_suffix(b"\n").map_or((bytes, false), |body| (body, true));
        let start = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if start > 0 || self.whole {
            self.last.clear();
        }
        self.last.extend_from_slice(&body[start..]);
        let surplus = self.last.len().saturating_sub(LINE_MAX);
        if surplus > 0 {
            // The cut falls between characters.
            let within = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
            let whole = self.last[surplus..].iter().take_while(within).count();
            self.last.drain(..surplus + whole);
        }
        self.whole = whole;
    }
}

impl Lines {
    /// Takes what was read, gives the lines that are whole by now.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<LineText> {
        self.take_at(bytes, Instant::now())
    }

    fn take_at(&mut self, bytes: &[u8], now: Instant) -> Vec<LineText> {
        let mut texts = Vec::new();
        if self.window.is_none_or(|window| now.saturating_duration_since(window) >= WINDOW) {
            texts.extend(self.end_flood());
            self.window = Some(now);
            self.kept = 0;
        }
        if self.kept >= KEPT_PER_SECOND {
            let line = &mut self.line;
            let begun = || Flood { last: line.take().plain.into_bytes(), ..Flood::default() };
            self.due = None;
            self.flood.get_or_insert_with(begun).take(bytes);
            return texts;
        }
        self.kept += bytes.len();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            texts.extend(self.line.write(&rest[..end]));
            texts.push(self.line.take());
            self.due = None;
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            texts.extend(self.line.write(rest));
            self.due.get_or_insert(now + SHOWN_AFTER);
        }
        texts
    }

    /// When to ask for [`Lines::unfinished`] if nothing more is read.
    #[cfg_attr(
        all(windows, not(test)),
        expect(dead_code, reason = "a pipe is read without a time limit there")
    )]
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The line that has not ended, if it is to be shown by now.
    #[cfg_attr(
        all(windows, not(test)),
        expect(dead_code, reason = "a pipe is read without a time limit there")
    )]
    pub(super) fn unfinished(&mut self) -> Option<LineText> {
        self.due.take_if(|due| *due <= Instant::now())?;
        Some(self.line.text())
    }

    /// When to call [`Lines::end_flood`] if nothing more is read.
    #[cfg_attr(
        all(windows, not(test)),
        expect(dead_code, reason = "a pipe is read without a time limit there")
    )]
    pub(super) fn flood_ends(&self) -> Option<Instant> {
        self.flood.as_ref().and(self.window).map(|window| window + WINDOW)
    }

    /// Says what was not kept, and the last of it.
    pub(super) fn end_flood(&mut self) -> Vec<LineText> {
        let Some(flood) = self.flood.take() else { return Vec::new() };
        let mut texts = Vec::new();
        let lines = flood.lines - usize::from(flood.whole);
        if lines > 0 {
            texts.push(
                format!("[{lines} lines not kept: more than {KEPT_PER_SECOND} bytes in a second]").into(),
            );
        }
        texts.extend(self.line.write(&flood.last));
        if flood.whole {
            texts.push(self.line.take());
        } else {
            self.due = Some(Instant::now());
        }
        texts
    }

    /// What is left at the end, though no line end came.
    pub(super) fn rest(&mut self) -> Vec<LineText> {
        let mut texts = self.end_flood();
        if !self.line.is_empty() {
            texts.push(self.line.take());
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines without their colours.
    #[derive(Default)]
    struct PlainLines(Lines);

    impl PlainLines {
        fn take(&mut self, bytes: &[u8]) -> Vec<String> {
            plain(self.0.take(bytes))
        }

        fn take_at(&mut self, bytes: &[u8], now: Instant) -> Vec<String> {
            plain(self.0.take_at(bytes, now))
        }

        fn unfinished(&mut self) -> Option<String> {
            self.0.unfinished().map(|text| text.plain)
        }

        fn rest(&mut self) -> Vec<String> {
            plain(self.0.rest())
        }
    }

    fn plain(texts: Vec<LineText>) -> Vec<String> {
        texts.into_iter().map(|text| text.plain).collect()
    }

    #[test]
    fn lines_are_whole_whatever_the_chunks() {
        let mut lines = PlainLines::default();
        assert_eq!(lines.take(b"one\ntw"), ["one"]);
        assert_eq!(lines.take(b"o\r\nthree"), ["two"]);
        assert_eq!(lines.rest(), ["three"]);
    }

    #[test]
    fn a_line_that_has_not_ended_is_shown_after_a_pause_and_again_when_it_has_changed() {
        let mut lines = PlainLines::default();
        let early = Instant::now().checked_sub(SHOWN_AFTER).unwrap();
        assert_eq!(lines.take(b"one\nName? "), ["one"]);
        assert_eq!(lines.unfinished(), None, "more may be on its way");
        let mut lines = PlainLines::default();
        assert_eq!(lines.take_at(b"one\n 10%", early), ["one"]);
        assert_eq!(lines.unfinished().as_deref(), Some(" 10%"));
        assert_eq!((lines.0.due(), lines.unfinished()), (None, None));
        assert_eq!(lines.take_at(b"\r 20%", early), [""; 0]);
        assert_eq!(lines.unfinished().as_deref(), Some(" 20%"));
        assert_eq!(lines.take(b"\r100%\n"), ["100%"]);
        assert_eq!(lines.0.due(), None);
    }

    #[test]
    fn the_end_of_a_flood_begins_with_a_whole_character() {
        let mut flood = Flood::default();
        flood.take("ü".repeat(LINE_MAX).as_bytes());
        flood.take(b"x");
        assert!(String::from_utf8(flood.last).is_ok());
    }

    #[test]
    fn escape_sequences_and_binary_are_never_shown_raw() {
        let mut lines = PlainLines::default();
        assert_eq!(lines.take(b"\x1b[31mred\x1b[0m\x1b]0;title\x07\n"), ["red"]);
        let binary = lines.take(&[0, 159, 146, 150, b'\n']).join("");
        assert!(!binary.chars().any(char::is_control), "{binary:?}");
    }

    #[test]
    fn a_line_without_end_is_cut_into_pieces() {
        let mut lines = PlainLines::default();
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
        let mut lines = PlainLines::default();
        let start = Instant::now();
        let line = [[b'x'; 1023].as_slice(), b"\n"].concat();
        let kept: usize = (0..10_000).map(|_| lines.take_at(&line, start).len()).sum();
        assert_eq!(kept, KEPT_PER_SECOND / 1024);
        assert_eq!(lines.0.flood_ends(), Some(start + WINDOW));
        let after = lines.take_at(b"calm\n", start + WINDOW);
        assert_eq!(after.len(), 3);
        assert!(after[0].contains(&format!("{} lines not kept", 10_000 - kept - 1)), "{after:?}");
        assert_eq!((after[1].len(), after[2].as_str()), (1023, "calm"));
        assert_eq!(lines.0.flood_ends(), None);
    }

    #[test]
    fn the_last_line_of_a_flood_is_kept_whatever_the_chunks() {
        let full = [[b'x'; 1023].as_slice(), b"\n"].concat().repeat(KEPT_PER_SECOND / 1024);
        for last in [[b"x\nwhy it ".as_slice(), b"ended\n"], [b"x\nwhy it ended".as_slice(), b"\n"]] {
            let mut lines = PlainLines::default();
            let start = Instant::now();
            lines.take_at(&full, start);
            for bytes in last {
                lines.take_at(bytes, start);
            }
            assert_eq!(lines.rest().last().map(String::as_str), Some("why it ended"));
        }
        let mut lines = PlainLines::default();
        let start = Instant::now();
        lines.take_at(&full[4..], start);
        lines.take_at(b"one ", start);
        lines.take_at(b"line", start);
        assert_eq!(lines.rest(), ["one line"]);
    }
}
