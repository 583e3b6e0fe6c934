//! Text that somebody else wrote, made fit to be shown: what a service prints, the names and command lines of
//! processes, what a stack file or a variable says. Escape sequences could change the terminal, and
//! bidirectional controls what is read into something else.

use std::borrow::Cow;
use std::io::{self, Write};

use vte::{Params, Parser, Perform};

/// A longer line is cut into pieces of this many characters.
pub const LINE_MAX: usize = 8 * 1024;
/// What a command for the terminal says is of no interest.
const COMMAND_BYTES_KEPT: usize = 16;

/// The text on one line, without escape sequences and controls.
pub fn plain<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    if !text.contains(|c: char| c.is_control() || is_line_end(c) || is_bidirectional(c)) {
        return text;
    }
    let mut line = TerminalLine::default();
    let mut pieces = line.write(text.replace(|c: char| c.is_ascii_whitespace(), " ").as_bytes());
    pieces.push(line.take());
    pieces.concat().into()
}

/// A line as it stands on a terminal to which a program writes: `\r` goes back to its beginning and what
/// follows overwrites it, as progress bars do.
#[derive(Default)]
pub struct TerminalLine {
    parser: Parser<COMMAND_BYTES_KEPT>,
    shown: Characters,
}

impl TerminalLine {
    /// Writes bytes without a line end. Returns what is cut off since the line is too long.
    pub fn write(&mut self, bytes: &[u8]) -> Vec<String> {
        self.parser.advance(&mut self.shown, bytes);
        std::mem::take(&mut self.shown.pieces)
    }

    /// Whether nothing stands on it.
    pub fn is_empty(&self) -> bool {
        self.shown.characters.is_empty()
    }

    /// What stands on it.
    pub fn text(&self) -> String {
        self.shown.characters.iter().collect()
    }

    /// Ends the line, and with it a command for the terminal that has not ended.
    pub fn take(&mut self) -> String {
        std::mem::take(self).text()
    }
}

#[derive(Default)]
struct Characters {
    characters: Vec<char>,
    column: usize,
    /// Nothing stays of the line when it is begun anew.
    erased: bool,
    pieces: Vec<String>,
}

impl Characters {
    fn go_to(&mut self, column: usize) {
        self.column = column.min(LINE_MAX - 1);
        if self.column == 0 && std::mem::take(&mut self.erased) {
            self.characters.clear();
        }
    }

    fn put(&mut self, character: char) {
        if self.column >= LINE_MAX {
            self.pieces.push(std::mem::take(&mut self.characters).into_iter().collect());
            self.column = 0;
        }
        if self.column >= self.characters.len() {
            self.characters.resize(self.column + 1, ' ');
        }
        self.characters[self.column] = character;
        self.column += 1;
    }
}

impl Perform for Characters {
    fn print(&mut self, character: char) {
        match character {
            c if c.is_control() || is_bidirectional(c) => {}
            c if is_line_end(c) => self.put(' '),
            c => self.put(c),
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\t' => self.put('\t'),
            b'\r' => self.go_to(0),
            b'\x08' => self.go_to(self.column.saturating_sub(1)),
            _ => {}
        }
    }

    /// What progress bars use (ECMA-48): erase in the line, and go to a column.
    fn csi_dispatch(&mut self, parameters: &Params, intermediates: &[u8], _ignored: bool, action: char) {
        if !intermediates.is_empty() {
            return;
        }
        let parameter = parameters.iter().next().and_then(|values| values.first()).copied().unwrap_or(0);
        let count = usize::from(parameter.max(1));
        match (action, parameter) {
            ('K', 0) => self.characters.truncate(self.column),
            // A line that only ends after this keeps what was printed: it is a log.
            ('K', 2) => {
                self.erased = true;
                self.go_to(self.column);
            }
            ('G', _) => self.go_to(count - 1),
            ('C', _) => self.go_to(self.column + count),
            ('D', _) => self.go_to(self.column.saturating_sub(count)),
            _ => {}
        }
    }
}

/// Unicode's own ends of lines and paragraphs.
fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The characters with the property `Bidi_Control` (UAX #9), which reorder what is around them.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A writer of whole lines, each of which is made plain: for logs.
pub struct PlainWriter<W>(pub W);

impl<W: Write> Write for PlainWriter<W> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        for line in String::from_utf8_lossy(lines).lines() {
            self.0.write_all(format!("{}\n", plain(line)).as_bytes())?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands on the line after these bytes, whatever the pieces in which they come.
    fn shown(bytes: &[u8]) -> String {
        let (mut whole, mut pieces) = (TerminalLine::default(), TerminalLine::default());
        whole.write(bytes);
        for byte in bytes {
            pieces.write(&[*byte]);
        }
        assert_eq!(whole.text(), pieces.text());
        whole.take()
    }

    #[test]
    fn what_changes_a_terminal_or_the_order_of_letters_is_left_out() {
        for (foreign, text) in [
            ("node", "node"),
            ("\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}", "red"),
            ("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("name\u{202e}txt.exe\u{2066}\u{200f}\u{61c}", "nametxt.exe"),
            ("two\nlines\tand\rmore\u{2028}here", "two lines and more here"),
            ("\u{0}\u{8}\u{7f}bell\u{7}", "bell"),
            ("never\u{1b}]ended", "never"),
            ("Grüße, 世界", "Grüße, 世界"),
        ] {
            assert_eq!(plain(foreign), text, "{foreign:?}");
        }
        let control = plain("c1 \u{9b}31m");
        assert!(!control.contains(char::is_control), "{control:?}");
        assert_eq!(plain("\u{7}".to_owned() + &"ü".repeat(3 * LINE_MAX)).chars().count(), 3 * LINE_MAX);
    }

    #[test]
    fn a_line_is_overwritten_as_on_a_terminal() {
        for (printed, text) in [
            ("10%\r 20%", " 20%"),
            ("fetching\rdone", "donehing"),
            ("fetching\r\x1b[Kdone", "done"),
            ("fetching\x1b[2K\rdone", "done"),
            ("fetching\r\x1b[2Kdone", "done"),
            ("fetched\x1b[2K", "fetched"),
            ("fetching\x1b[1Gdone", "donehing"),
            ("one\r", "one"),
            ("abc\x08\x08X", "aXc"),
            ("ab\x1b[2Cc\x1b[4Dd", "ad  c"),
            ("a\tb", "a\tb"),
            ("äöü\rÄ", "Äöü"),
        ] {
            assert_eq!(shown(printed.as_bytes()), text, "{printed:?}");
        }
        assert!(!shown(&[0, 159, 146, 150]).contains(char::is_control));
        assert!(shown(b"\x1b[65535C\x1b[65535Cx").len() <= LINE_MAX);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let mut line = TerminalLine::default();
        let long = "ü".repeat(2 * LINE_MAX + 7);
        let mut pieces = Vec::new();
        for bytes in long.as_bytes().chunks(1001) {
            pieces.extend(line.write(bytes));
        }
        pieces.push(line.take());
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces.concat(), long);
    }

    #[test]
    fn each_line_of_a_log_is_made_plain() {
        let mut log = PlainWriter(Vec::new());
        log.write_all("one \u{1b}[31mred\ntwo\u{202e}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log.0).unwrap(), "one red\ntwo\n");
    }
}
