//! Text that somebody else wrote, made fit to be shown: what a service prints, the names and command lines of
//! processes, what a stack file or a variable says. Escape sequences could change the terminal, and
//! bidirectional controls what is read into something else.

use std::borrow::Cow;
use std::io::{self, Write};

use vte::{Params, Parser, Perform};

/// A longer line is cut into pieces of this many characters.
pub const LINE_MAX: usize = 8 * 1024;
/// The colours of a line that takes more bytes with them are left out: so many take its characters alone, at most.
const COLOURED_BYTES_MAX: usize = 4 * LINE_MAX;
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
    pieces.into_iter().map(|piece| piece.plain).collect::<String>().into()
}

/// Text of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineText {
    /// Without escape sequences.
    pub plain: String,
    /// With those that set colours and the like (ECMA-48, SGR) and no others, each of which ends within the text; `None`
    /// where there are none.
    pub coloured: Option<String>,
}

impl From<String> for LineText {
    fn from(plain: String) -> Self {
        Self { plain, coloured: None }
    }
}

/// What the system says, without the number that it has for it: ` (os error 2)`, and without the full stop that Windows
/// puts before that, since it may stand within a sentence.
pub fn without_codes(text: &str) -> String {
    let text = text.replace(". (os error ", " (os error ");
    let mut pieces = text.split(" (os error ");
    let first = pieces.next().unwrap_or("").to_owned();
    pieces.fold(first, |said, piece| {
        said + piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').trim_start_matches(')')
    })
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
    pub fn write(&mut self, bytes: &[u8]) -> Vec<LineText> {
        self.parser.advance(&mut self.shown, bytes);
        std::mem::take(&mut self.shown.pieces)
    }

    /// Whether nothing stands on it.
    pub fn is_empty(&self) -> bool {
        self.shown.characters.is_empty()
    }

    /// What stands on it.
    pub fn text(&self) -> LineText {
        self.shown.text()
    }

    /// Ends the line, and with it a command for the terminal that has not ended.
    pub fn take(&mut self) -> LineText {
        std::mem::take(self).text()
    }
}

#[derive(Default)]
struct Characters {
    characters: Vec<Character>,
    column: usize,
    styles: Styles,
    /// Nothing stays of the line when it is begun anew.
    erased: bool,
    pieces: Vec<LineText>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Character {
    character: char,
    style: Style,
}

/// One of the [`Styles`] of a line.
type Style = u8;

/// How characters without colours look.
const PLAIN: Style = 0;

/// How characters of a line look: the escape sequences that make it so.
#[derive(Default)]
struct Styles {
    /// All but the plain one, which is `None`: a line without colours takes no room for them.
    others: Vec<String>,
    current: Style,
}

impl Styles {
    /// Sequences that only add to each other are not kept any longer.
    const SEQUENCES_MAX: usize = 64;

    fn sequences(&self, style: Style) -> &str {
        usize::from(style).checked_sub(1).map_or("", |index| &self.others[index])
    }

    /// Takes the parameters of a sequence.
    fn set(&mut self, parameters: &Params) {
        let numbers = |values: &[u16]| values.iter().map(u16::to_string).collect::<Vec<_>>().join(":");
        let mut all: Vec<String> = parameters.iter().map(numbers).collect();
        let mut sequences = self.sequences(self.current).to_owned();
        if all.first().is_some_and(|number| number == "0") {
            all.remove(0);
            sequences.clear();
        }
        if !all.is_empty() {
            let sequence = format!("\x1b[{}m", all.join(";"));
            if sequences.len() + sequence.len() > Self::SEQUENCES_MAX {
                sequences.clear();
            }
            sequences.push_str(&sequence);
        }
        self.current = self.style(sequences);
    }

    /// The style that these sequences make; the plain one where a line has too many.
    fn style(&mut self, sequences: String) -> Style {
        if sequences.is_empty() {
            return PLAIN;
        }
        let known = self.others.iter().position(|other| *other == sequences);
        let index = known.unwrap_or(self.others.len());
        let Ok(style) = Style::try_from(index + 1) else { return PLAIN };
        if known.is_none() {
            self.others.push(sequences);
        }
        style
    }
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
            self.pieces.push(self.text());
            self.characters.clear();
            self.column = 0;
        }
        if self.column >= self.characters.len() {
            self.characters.resize(self.column + 1, Character { character: ' ', style: PLAIN });
        }
        self.characters[self.column] = Character { character, style: self.styles.current };
        self.column += 1;
    }

    fn text(&self) -> LineText {
        let plain = self.characters.iter().map(|shown| shown.character).collect();
        let coloured = self.characters.iter().any(|shown| shown.style != PLAIN).then(|| {
            let alike = self.characters.chunk_by(|one, next| one.style == next.style);
            alike.fold(String::new(), |mut text, characters| {
                let sequences = self.styles.sequences(characters[0].style);
                text.push_str(sequences);
                text.extend(characters.iter().map(|shown| shown.character));
                text.push_str(if sequences.is_empty() { "" } else { "\x1b[m" });
                text
            })
        });
        LineText { plain, coloured: coloured.filter(|text| text.len() <= COLOURED_BYTES_MAX) }
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

    /// What progress bars use (ECMA-48): erase in the line, and go to a column; and colours.
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
            ('m', _) => self.styles.set(parameters),
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

    #[test]
    fn what_the_system_says_is_said_without_its_number() {
        let error = std::io::Error::from_raw_os_error(2);
        let said = error.to_string().replace(" (os error 2)", "");
        let said = said.trim_end_matches('.');
        assert_eq!(without_codes(&error.to_string()), said);
        assert_eq!(
            without_codes(&format!("cannot read x: {error}; make it")),
            format!("cannot read x: {said}; make it")
        );
        assert_eq!(without_codes("x: Access is denied. (os error 5): y"), "x: Access is denied: y");
        assert_eq!(without_codes("as it is (5)"), "as it is (5)");
    }

    /// What stands on the line after these bytes, whatever the pieces in which they come.
    fn shown(bytes: &[u8]) -> String {
        let (mut whole, mut pieces) = (TerminalLine::default(), TerminalLine::default());
        whole.write(bytes);
        for byte in bytes {
            pieces.write(&[*byte]);
        }
        assert_eq!(whole.text(), pieces.text());
        whole.take().plain
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
        assert_eq!(pieces.into_iter().map(|piece| piece.plain).collect::<String>(), long);
    }

    #[test]
    fn colours_are_kept_beside_the_plain_text_and_end_with_the_line() {
        for (printed, coloured) in [
            ("none", None),
            ("\x1b[31mred\x1b[0m \x1b[1;4mbold", Some("\x1b[31mred\x1b[m \x1b[1;4mbold\x1b[m")),
            ("\x1b[1m\x1b[31mboth\x1b[mx", Some("\x1b[1m\x1b[31mboth\x1b[mx")),
            ("\x1b[31m\x1b[0;32mgreen", Some("\x1b[32mgreen\x1b[m")),
            (
                "\x1b[38;2;1;2;3mtrue \x1b[38:5:9mindexed",
                Some("\x1b[38;2;1;2;3mtrue \x1b[m\x1b[38;2;1;2;3m\x1b[38:5:9mindexed\x1b[m"),
            ),
            ("\x1b[31m10%\r\x1b[0;32m20", Some("\x1b[32m20\x1b[m\x1b[31m%\x1b[m")),
            ("\x1b[31m", None),
            ("\x1b[31mred\x1b]0;title\x07\x1b[2J\x1b[9A", Some("\x1b[31mred\x1b[m")),
        ] {
            let mut line = TerminalLine::default();
            line.write(printed.as_bytes());
            assert_eq!(line.take().coloured.as_deref(), coloured, "{printed:?}");
        }
    }

    #[test]
    fn colours_without_end_take_little_room() {
        let mut line = TerminalLine::default();
        for number in 0..1000 {
            line.write(format!("\x1b[38;5;{number}mx").as_bytes());
        }
        assert!(line.text().coloured.is_some_and(|coloured| coloured.len() < 1000 * 70));
        assert!(line.shown.styles.others.len() <= usize::from(Style::MAX));
        let (one, mut other) = ("\x1b[31;1;4mx\x1b[0mx", TerminalLine::default());
        other.write(one.repeat(LINE_MAX / 2).as_bytes());
        let text = other.take();
        assert_eq!((text.plain.len(), text.coloured), (LINE_MAX, None));
    }

    #[test]
    fn each_line_of_a_log_is_made_plain() {
        let mut log = PlainWriter(Vec::new());
        log.write_all("one \u{1b}[31mred\ntwo\u{202e}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log.0).unwrap(), "one red\ntwo\n");
    }
}
