//! `skinai logs`: what services printed.

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
use crate::line_printer::{LinePrinter, Look, Unfinished};
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
    printers: Vec<LinePrinter>,
    json: bool,
}

impl Printer {
    fn new(arguments: &Logs, services: Vec<String>) -> Self {
        let unfinished = match arguments.follow {
            true if std::io::stdout().is_terminal() && !arguments.json => Unfinished::WrittenOver,
            true => Unfinished::WaitedFor,
            false => Unfinished::Shown,
        };
        let look = Look { stamped: true, coloured: output::shows_colours(), unfinished };
        let printers = LinePrinter::of_all(&services, look);
        Self { services, printers, json: arguments.json }
    }

    /// Tells whether anybody still reads.
    fn print(&mut self, index: usize, line: &LogLine) -> Result<bool, Failure> {
        let printer = &mut self.printers[index];
        output::print(if self.json { printer.json(&self.services[index], line) } else { printer.text(line) })
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
