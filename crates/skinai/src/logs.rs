//! `skinai logs`: what services printed.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;

use contract::LogLine;
use futures_util::StreamExt;
use futures_util::stream::{self, SelectAll};
use jiff::Timestamp;
use regex::Regex;
use userdirs::Dirs;

use crate::arguments::Logs;
use crate::instance::{self, Purpose};
use crate::{BAD_INPUT, Failure, NOTHING_RUNS, Outcome, output};

pub(crate) fn logs(arguments: &Logs) -> Outcome {
    let filter = Filter::new(arguments);
    crate::block_on(async {
        let client = match instance::connect(&arguments.instance, Purpose::Look).await {
            Err(failure) if failure.code == NOTHING_RUNS && !arguments.follow => {
                return saved(arguments, &filter, failure);
            }
            client => client?,
        };
        let snapshot = client.status().await?;
        let mut services = Vec::new();
        for name in &arguments.services {
            services.push(instance::service(&snapshot, name)?.name.clone());
        }
        if services.is_empty() {
            services.extend(snapshot.services.iter().map(|service| service.name.clone()));
        }
        // Followed before the older lines are asked for, so that none falls between.
        let mut following = SelectAll::new();
        let mut older: Vec<(usize, LogLine)> = Vec::new();
        for (index, service) in services.iter().enumerate() {
            if arguments.follow {
                following.push(client.follow(service).await?.map(move |line| (index, line)));
            }
            let lines = if filter.passes_all() { arguments.lines } else { usize::MAX };
            older.extend(client.logs(service, lines).await?.into_iter().map(|line| (index, line)));
        }
        let mut printer = Printer::new(arguments, services);
        let mut lines = stream::iter(newest(older, arguments, &filter)).chain(following);
        while let Some((index, line)) = lines.next().await {
            if filter.passes(&line) && !printer.print(index, &line)? {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What the log files have of an instance that does not run.
fn saved(arguments: &Logs, filter: &Filter<'_>, nothing_runs: Failure) -> Outcome {
    let dirs = Dirs::from_env(product::SKINAI);
    let folder = dirs.logs(&crate::project::usual_instance(&arguments.instance));
    let untrusted = |error| Failure::new(BAD_INPUT, format!("the folder {error}"));
    userdirs::trust::found(&folder).map_err(untrusted)?;
    let mut saved = engine::saved_logs(&folder).unwrap_or_default();
    if saved.is_empty() {
        return Err(nothing_runs);
    }
    let names: Vec<String> = saved.iter().map(|(name, _)| name.clone()).collect();
    if let Some(unknown) = arguments.services.iter().find(|name| !names.contains(name)) {
        let names = names.join(", ");
        return Err(Failure::new(
            BAD_INPUT,
            format!("there is no log of `{unknown}`; there are those of {names}"),
        ));
    }
    saved.retain(|(name, _)| arguments.services.is_empty() || arguments.services.contains(name));
    output::note("nothing runs; this is what the log files have");
    let (services, lines): (Vec<String>, Vec<Vec<LogLine>>) = saved.into_iter().unzip();
    let lines = lines.into_iter().enumerate();
    let all = lines.flat_map(|(index, lines)| lines.into_iter().map(move |line| (index, line))).collect();
    let mut printer = Printer::new(arguments, services);
    for (index, line) in newest(all, arguments, filter) {
        if !printer.print(index, &line)? {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest of those that pass, in the order of time.
fn newest(
    mut lines: Vec<(usize, LogLine)>,
    arguments: &Logs,
    filter: &Filter<'_>,
) -> impl Iterator<Item = (usize, LogLine)> + use<> {
    lines.retain(|(_, line)| filter.passes(line));
    lines.sort_by_key(|(_, line)| line.at);
    let surplus = lines.len().saturating_sub(arguments.lines);
    lines.into_iter().skip(surplus)
}

/// Prints lines of services, in the form that was asked for.
struct Printer {
    services: Vec<String>,
    terminals: Vec<Terminal>,
    json: bool,
}

impl Printer {
    fn new(arguments: &Logs, services: Vec<String>) -> Self {
        let terminals = Terminal::of_all(&services, arguments);
        Self { services, terminals, json: arguments.json }
    }

    /// Tells whether anybody still reads.
    fn print(&mut self, index: usize, line: &LogLine) -> Result<bool, Failure> {
        let terminal = &mut self.terminals[index];
        output::print(if self.json {
            terminal.json(&self.services[index], line)
        } else {
            terminal.text(line)
        })
    }
}

/// Which lines are shown.
struct Filter<'a> {
    since: Option<Timestamp>,
    grep: Option<&'a Regex>,
}

impl<'a> Filter<'a> {
    fn new(arguments: &'a Logs) -> Self {
        // Before all times there is no earliest line.
        let since = arguments.since.and_then(|since| Timestamp::now().checked_sub(since).ok());
        Self { since, grep: arguments.grep.as_ref() }
    }

    fn passes_all(&self) -> bool {
        self.since.is_none() && self.grep.is_none()
    }

    fn passes(&self, line: &LogLine) -> bool {
        self.since.is_none_or(|since| line.at >= since)
            && self.grep.is_none_or(|grep| grep.is_match(&line.text))
    }
}

/// The colours of services, in the numbers that terminals have for them.
const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];

/// Prints each line of a service once. On a terminal, one that has not ended is written over as it changes; whoever else
/// follows gets it when it has ended.
struct Terminal {
    /// What stands before a line: which of several services printed it.
    prefix: String,
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
    /// One for each service. Of several, each line waits for its end, since the next one may be another's.
    fn of_all(services: &[String], arguments: &Logs) -> Vec<Self> {
        let (follows, is_terminal) = (arguments.follow, std::io::stdout().is_terminal());
        if services.len() == 1 {
            return vec![Self::new(String::new(), follows, is_terminal && !arguments.json)];
        }
        let is_coloured = is_terminal && std::env::var_os("NO_COLOR").is_none();
        let width = services.iter().map(String::len).max().unwrap_or_default();
        let terminal = |(index, service): (usize, &String)| {
            let named = format!("{service:<width$} |");
            let colour = COLOURS[index % COLOURS.len()];
            let prefix = if is_coloured { format!("\x1b[{colour}m{named}\x1b[0m ") } else { named + " " };
            Self::new(prefix, follows, false)
        };
        services.iter().enumerate().map(terminal).collect()
    }

    /// A line that has not ended is written over where it can be, else waited for by who follows.
    fn new(prefix: String, follows: bool, can_write_over: bool) -> Self {
        Self {
            prefix,
            writes_over: follows && can_write_over,
            waits_for_ends: follows && !can_write_over,
            last: 0,
            unfinished: BTreeSet::new(),
            at: None,
        }
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
        !line.unfinished || !self.waits_for_ends
    }

    /// A line as an object.
    fn json(&mut self, service: &str, line: &LogLine) -> String {
        if !self.is_due(line) {
            return String::new();
        }
        let LogLine { at, stream, text, .. } = line;
        format!("{}\n", serde_json::json!({ "at": at, "service": service, "stream": stream, "text": text }))
    }

    fn text(&mut self, line: &LogLine) -> String {
        if !self.is_due(line) {
            return String::new();
        }
        let before = match self.at.take() {
            Some(number) if number == line.number => "\r\x1b[K",
            Some(_) => "\n",
            None => "",
        };
        self.at = Some(line.number).filter(|_| line.unfinished && self.writes_over);
        let after = if self.at.is_some() { "" } else { "\n" };
        format!("{before}{}{:.3} {}{after}", self.prefix, line.at, line.text)
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
        let mut terminal = Terminal::new(String::new(), true, true);
        assert_eq!(printed(&mut terminal, &LINES), "start\n10%\r\x1b[K20%\nwarning\n100%\n");
    }

    #[test]
    fn who_else_follows_gets_each_line_once() {
        let mut terminal = Terminal::new(String::new(), true, false);
        assert_eq!(printed(&mut terminal, &LINES), "start\nwarning\n100%\n");
    }

    #[test]
    fn who_asks_once_sees_a_question_that_waits() {
        assert_eq!(printed(&mut Terminal::new(String::new(), false, true), &[(7, "Name?", true)]), "Name?\n");
    }
}
