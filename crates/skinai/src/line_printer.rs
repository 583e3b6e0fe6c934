//! Lines of services as they are shown, each once.

use std::collections::BTreeSet;
use std::fmt::Display;

use contract::LogLine;

/// The colours of services, in the numbers that terminals have for them.
const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];

/// How lines are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineStyle {
    /// With their times.
    pub(crate) stamped: bool,
    pub(crate) coloured: bool,
    pub(crate) unfinished: Unfinished,
}

/// What becomes of a line that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// It is shown as it stands.
    Shown,
    /// It is shown, and written over as it changes, on a terminal.
    WrittenOver,
    /// It is shown when it has ended.
    WaitedFor,
}

/// Prints each line of a service once.
pub(crate) struct LinePrinter {
    /// What stands before a line: which of several services printed it.
    prefix: String,
    style: LineStyle,
    /// The newest line.
    last: u64,
    /// The lines up to it that have not ended.
    unfinished: BTreeSet<u64>,
    /// The line that the cursor is at the end of.
    at: Option<u64>,
}

impl LinePrinter {
    /// One for each service. Of several, no line is written over, since the next one may be another's.
    pub(crate) fn of_all(services: &[String], mut style: LineStyle) -> Vec<Self> {
        if services.len() == 1 {
            return vec![Self::new(String::new(), style)];
        }
        if style.unfinished == Unfinished::WrittenOver {
            style.unfinished = Unfinished::WaitedFor;
        }
        let width = services.iter().map(String::len).max().unwrap_or_default();
        let printer = |(index, service): (usize, &String)| {
            let named = format!("{service:<width$} |");
            let colour = COLOURS[index % COLOURS.len()];
            let prefix = if style.coloured { format!("\x1b[{colour}m{named}\x1b[0m ") } else { named + " " };
            Self::new(prefix, style)
        };
        services.iter().enumerate().map(printer).collect()
    }

    fn new(prefix: String, style: LineStyle) -> Self {
        Self { prefix, style, last: 0, unfinished: BTreeSet::new(), at: None }
    }

    /// A line of our own among those of the service.
    pub(crate) fn note(&self, text: impl Display) -> String {
        format!("{}{text}\n", self.prefix)
    }

    /// Whether there is something to show of a line.
    fn is_due(&mut self, line: &LogLine) -> bool {
        let is_new = line.number > self.last;
        if !self.unfinished.remove(&line.number) && !is_new {
            return false;
        }
        self.last = self.last.max(line.number);
        if line.unfinished {
            self.unfinished.insert(line.number);
        }
        !line.unfinished || self.style.unfinished != Unfinished::WaitedFor
    }

    /// A line as an object.
    pub(crate) fn json(&mut self, service: &str, line: &LogLine) -> String {
        if !self.is_due(line) {
            return String::new();
        }
        let LogLine { at, stream, text, .. } = line;
        format!("{}\n", serde_json::json!({ "at": at, "service": service, "stream": stream, "text": text }))
    }

    pub(crate) fn text(&mut self, line: &LogLine) -> String {
        if !self.is_due(line) {
            return String::new();
        }
        let before = match self.at.take() {
            Some(number) if number == line.number => "\r\x1b[K",
            Some(_) => "\n",
            None => "",
        };
        self.at =
            Some(line.number).filter(|_| line.unfinished && self.style.unfinished == Unfinished::WrittenOver);
        let after = if self.at.is_some() { "" } else { "\n" };
        let time = if self.style.stamped { format!("{:.3} ", line.at) } else { String::new() };
        let text = line.coloured.as_ref().filter(|_| self.style.coloured).unwrap_or(&line.text);
        format!("{before}{}{time}{text}{after}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use contract::LogStream;

    use super::*;

    /// What is printed of these lines: number, text, and whether it has not ended.
    fn printed(printer: &mut LinePrinter, lines: &[(u64, &str, bool)]) -> String {
        let line = |&(number, text, unfinished): &(u64, &str, bool)| LogLine {
            number,
            at: "1970-01-01T00:00:00Z".parse().unwrap(),
            stream: LogStream::Stdout,
            text: text.to_owned(),
            coloured: None,
            unfinished,
        };
        let texts: String = lines.iter().map(line).map(|line| printer.text(&line)).collect();
        texts
    }

    fn printer(unfinished: Unfinished) -> LinePrinter {
        LinePrinter::new(String::new(), LineStyle { stamped: false, coloured: false, unfinished })
    }

    const LINES: [(u64, &str, bool); 6] = [
        (1, "start", false),
        (2, "10%", true),
        (2, "20%", true),
        (3, "warning", false),
        (2, "100%", false),
        (2, "100%", false),
    ];

    #[test]
    fn a_terminal_shows_a_line_as_it_changes() {
        let mut printer = printer(Unfinished::WrittenOver);
        assert_eq!(printed(&mut printer, &LINES), "start\n10%\r\x1b[K20%\nwarning\n100%\n");
    }

    #[test]
    fn who_else_follows_gets_each_line_once() {
        let mut printer = printer(Unfinished::WaitedFor);
        assert_eq!(printed(&mut printer, &LINES), "start\nwarning\n100%\n");
    }

    #[test]
    fn who_asks_once_sees_a_question_that_waits() {
        assert_eq!(printed(&mut printer(Unfinished::Shown), &[(7, "Name?", true)]), "Name?\n");
    }

    #[test]
    fn each_of_several_services_has_a_name_in_its_own_colour_before_its_lines() {
        let names = ["web".to_owned(), "worker".to_owned()];
        let style = LineStyle { stamped: true, coloured: true, unfinished: Unfinished::WrittenOver };
        let mut printers = LinePrinter::of_all(&names, style);
        let mut line = LogLine {
            number: 1,
            at: "1970-01-01T00:00:00Z".parse().unwrap(),
            stream: LogStream::Stdout,
            text: "hot".to_owned(),
            coloured: Some("\x1b[31mhot\x1b[m".to_owned()),
            unfinished: false,
        };
        let text = printers[0].text(&line);
        assert_eq!(text, "\x1b[36mweb    |\x1b[0m 1970-01-01T00:00:00.000Z \x1b[31mhot\x1b[m\n");
        line.coloured = None;
        assert_eq!(printers[1].text(&line), "\x1b[33mworker |\x1b[0m 1970-01-01T00:00:00.000Z hot\n");
        line = LogLine { number: 2, unfinished: true, ..line };
        assert_eq!(printers[1].text(&line), "", "the next line may be another's");
        let plain = LineStyle { coloured: false, stamped: false, ..style };
        let mut one = LinePrinter::of_all(&names[..1], plain);
        line = LogLine { coloured: Some("\x1b[31mhot\x1b[m".to_owned()), unfinished: false, ..line };
        assert_eq!(one[0].text(&line), "hot\n");
    }
}
