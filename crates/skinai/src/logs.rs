//! `skinai logs`: what a service printed.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;

use contract::LogLine;
use futures_util::StreamExt;

use crate::arguments::Logs;
use crate::instance::Purpose;
use crate::{Outcome, output};

pub(crate) fn logs(arguments: &Logs) -> Outcome {
    crate::block_on(async {
        let client = crate::instance::connect(&arguments.target.instance, Purpose::Look).await?;
        let service = &arguments.target.service;
        // Followed before the older lines are asked for, so that none falls between.
        let following = if arguments.follow { Some(client.follow(service).await?) } else { None };
        let mut terminal = Terminal::new(arguments.follow);
        for line in client.logs(service, arguments.lines).await? {
            if !output::print(terminal.text(&line))? {
                return Ok(ExitCode::SUCCESS);
            }
        }
        let Some(mut following) = following else { return Ok(ExitCode::SUCCESS) };
        while let Some(line) = following.next().await {
            if !output::print(terminal.text(&line))? {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Prints each line once. On a terminal, one that has not ended is written over as it changes; whoever else
/// follows gets it when it has ended.
struct Terminal {
    writes_over: bool,
    waits_for_ends: bool,
    /// The newest line.
    last: u64,
    /// The lines up to it that have not ended.
    unfinished: BTreeSet<u64>,
    /// The line that the cursor is at the end of.
    at: Option<u64>,
}

impl Terminal {
    fn new(follow: bool) -> Self {
        let writes_over = follow && std::io::stdout().is_terminal();
        Self {
            writes_over,
            waits_for_ends: follow && !writes_over,
            last: 0,
            unfinished: BTreeSet::new(),
            at: None,
        }
    }

    fn text(&mut self, line: &LogLine) -> String {
        let is_new = line.number > self.last;
        if !self.unfinished.remove(&line.number) && !is_new {
            return String::new();
        }
        self.last = self.last.max(line.number);
        if line.unfinished {
            self.unfinished.insert(line.number);
            if self.waits_for_ends {
                return String::new();
            }
        }
        let before = match self.at.take() {
            Some(number) if number == line.number => "\r\x1b[K",
            Some(_) => "\n",
            None => "",
        };
        self.at = Some(line.number).filter(|_| line.unfinished && self.writes_over);
        let after = if self.at.is_some() { "" } else { "\n" };
        format!("{before}{:.3} {}{after}", line.at, line.text)
    }
}

#[cfg(test)]
mod tests {
    use contract::LogStream;

    use super::*;

    /// What is printed of these lines: number, text, and whether it has not ended.
    fn printed(terminal: &mut Terminal, lines: &[(u64, &str, bool)]) -> String {
        let line = |&(number, text, unfinished): &(u64, &str, bool)| LogLine {
            number,
            at: "1970-01-01T00:00:00Z".parse().unwrap(),
            stream: LogStream::Stdout,
            text: text.to_owned(),
            unfinished,
        };
        let texts: String = lines.iter().map(line).map(|line| terminal.text(&line)).collect();
        texts.replace("1970-01-01T00:00:00.000Z ", "")
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
        let mut terminal = Terminal { writes_over: true, ..Terminal::new(false) };
        assert_eq!(printed(&mut terminal, &LINES), "start\n10%\r\x1b[K20%\nwarning\n100%\n");
    }

    #[test]
    fn who_else_follows_gets_each_line_once() {
        let mut terminal = Terminal { waits_for_ends: true, ..Terminal::new(false) };
        assert_eq!(printed(&mut terminal, &LINES), "start\nwarning\n100%\n");
    }

    #[test]
    fn who_asks_once_sees_a_question_that_waits() {
        assert_eq!(printed(&mut Terminal::new(false), &[(7, "Name?", true)]), "Name?\n");
    }
}
