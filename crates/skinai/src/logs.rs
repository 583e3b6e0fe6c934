//! `skinai logs`: what services printed.

use std::io::IsTerminal;
use std::process::ExitCode;

use client::Client;
use contract::LogLine;
use futures_util::StreamExt;
use futures_util::stream::{self, SelectAll};
use jiff::Timestamp;
use regex::Regex;

use crate::arguments::Logs;
use crate::instance::{self, Purpose};
use crate::line_printer::{LinePrinter, LineStyle, Unfinished};
use crate::{BAD_INPUT, Failure, NOTHING_RUNS, Outcome, output, project};

/// Said of lines that are from the log files.
pub(crate) const SAVED: &str = "nothing runs; this is what the log files have";

pub(crate) fn logs(arguments: &Logs) -> Outcome {
    let filter = Filter::new(arguments);
    crate::block_on(async {
        let mut following = SelectAll::new();
        let printed = if arguments.follow {
            let (client, services) = running(arguments, Purpose::Look).await?;
            // Followed before the older lines are asked for, so that none falls between.
            for (index, service) in services.iter().enumerate() {
                following.push(client.follow(service).await?.map(move |line| (index, line)));
            }
            kept(arguments, &filter, &client, services).await?
        } else {
            newest(arguments, &filter, Purpose::Look).await?
        };
        if printed.saved {
            output::note(SAVED);
        }
        let mut printer = Printer::new(arguments, printed.services);
        let mut lines = stream::iter(printed.lines).chain(following);
        while let Some((index, line)) = lines.next().await {
            if filter.passes(&line) && !printer.print(index, &line)? {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The newest lines that pass a filter, in the order of time.
pub(crate) struct PrintedLines {
    pub(crate) services: Vec<String>,
    /// Each with the index of its service.
    pub(crate) lines: Vec<(usize, LogLine)>,
    /// They are from the log files, since nothing runs.
    pub(crate) saved: bool,
}

impl PrintedLines {
    fn new(
        services: Vec<String>,
        mut lines: Vec<(usize, LogLine)>,
        arguments: &Logs,
        filter: &Filter,
    ) -> Self {
        lines.retain(|(_, line)| filter.passes(line));
        lines.sort_by_key(|(_, line)| line.at);
        lines.drain(..lines.len().saturating_sub(arguments.lines));
        Self { services, lines, saved: false }
    }
}

/// What the instance keeps, or where it does not run, what the log files have of it.
pub(crate) async fn newest(
    arguments: &Logs,
    filter: &Filter<'_>,
    purpose: Purpose,
) -> Result<PrintedLines, Failure> {
    match running(arguments, purpose).await {
        Ok((client, services)) => kept(arguments, filter, &client, services).await,
        Err(failure) if failure.code == NOTHING_RUNS => saved(arguments, filter, failure),
        Err(failure) => Err(failure),
    }
}

/// The instance, and the services that are meant.
async fn running(arguments: &Logs, purpose: Purpose) -> Result<(Client, Vec<String>), Failure> {
    let client = instance::connect(&arguments.instance, purpose).await?;
    let snapshot = client.status().await?;
    let mut services = Vec::new();
    for name in &arguments.services {
        services.push(instance::service(&snapshot, name)?.name.clone());
    }
    if services.is_empty() {
        services.extend(snapshot.services.iter().map(|service| service.name.clone()));
    }
    Ok((client, services))
}

async fn kept(
    arguments: &Logs,
    filter: &Filter<'_>,
    client: &Client,
    services: Vec<String>,
) -> Result<PrintedLines, Failure> {
    let lines = if filter.passes_all() { arguments.lines } else { usize::MAX };
    let mut all = Vec::new();
    for (index, service) in services.iter().enumerate() {
        all.extend(client.logs(service, lines).await?.into_iter().map(|line| (index, line)));
    }
    Ok(PrintedLines::new(services, all, arguments, filter))
}

fn saved(arguments: &Logs, filter: &Filter<'_>, nothing_runs: Failure) -> Result<PrintedLines, Failure> {
    let folder = project::saved_logs(&arguments.instance)?;
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
    let (services, lines): (Vec<String>, Vec<Vec<LogLine>>) = saved.into_iter().unzip();
    let lines = lines.into_iter().enumerate();
    let all = lines.flat_map(|(index, lines)| lines.into_iter().map(move |line| (index, line))).collect();
    Ok(PrintedLines { saved: true, ..PrintedLines::new(services, all, arguments, filter) })
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
        let style = LineStyle { stamped: true, coloured: output::shows_colours(), unfinished };
        let printers = LinePrinter::of_all(&services, style);
        Self { services, printers, json: arguments.json }
    }

    /// Tells whether anybody still reads.
    fn print(&mut self, index: usize, line: &LogLine) -> Result<bool, Failure> {
        let printer = &mut self.printers[index];
        output::print(if self.json { printer.json(&self.services[index], line) } else { printer.text(line) })
    }
}

/// Which lines are shown.
pub(crate) struct Filter<'a> {
    since: Option<Timestamp>,
    grep: Option<&'a Regex>,
}

impl<'a> Filter<'a> {
    pub(crate) fn new(arguments: &'a Logs) -> Self {
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
