//! `skinai events`: what happened.

use std::process::ExitCode;

use client::Client;
use contract::Happening;
use futures_util::StreamExt;

use crate::arguments::EventsArguments;
use crate::instance::{self, Purpose};
use crate::{FAILED, Failure, NOTHING_RUNS, Outcome, output, project};

/// Said of events that are from the file.
pub(crate) const SAVED: &str = "nothing runs; this is what happened until the end";

pub(crate) fn events(arguments: &EventsArguments) -> Outcome {
    crate::block_on(async {
        if !arguments.follow {
            let happened = happened(arguments, Purpose::Look).await?;
            if happened.saved {
                output::note(SAVED);
            }
            return print(&happened.happenings, arguments).map(|_| ExitCode::SUCCESS);
        }
        let client = running(arguments, Purpose::Look).await?;
        // Followed before the older ones are asked for, so that none falls between.
        let mut following = client.follow_happenings().await?;
        let older = client.happenings(usize::MAX).await?;
        let mut last = older.last().map_or(0, |happening| happening.number);
        if !print(&newest(older, arguments), arguments)? {
            return Ok(ExitCode::SUCCESS);
        }
        while let Some(happening) = following.next().await {
            let is_new = happening.number > last;
            last = last.max(happening.number);
            if is_new && is_meant(&happening, arguments) && !print(&[happening], arguments)? {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The newest of what happened.
pub(crate) struct EventList {
    pub(crate) happenings: Vec<Happening>,
    /// It is from the file, since nothing runs.
    pub(crate) saved: bool,
}

/// What the instance says, or where it does not run, what the file has of it.
pub(crate) async fn happened(arguments: &EventsArguments, purpose: Purpose) -> Result<EventList, Failure> {
    match running(arguments, purpose).await {
        Ok(client) => {
            let happenings = newest(client.happenings(usize::MAX).await?, arguments);
            Ok(EventList { happenings, saved: false })
        }
        Err(failure) if failure.code == NOTHING_RUNS => saved(arguments, failure),
        Err(failure) => Err(failure),
    }
}

/// The instance, which has the services that are meant.
async fn running(arguments: &EventsArguments, purpose: Purpose) -> Result<Client, Failure> {
    let client = instance::connect(&arguments.instance, purpose).await?;
    let snapshot = client.status().await?;
    for name in &arguments.services {
        instance::service(&snapshot, name)?;
    }
    Ok(client)
}

fn saved(arguments: &EventsArguments, nothing_runs: Failure) -> Result<EventList, Failure> {
    let saved = engine::saved_happenings(&project::saved_logs(&arguments.instance)?);
    if saved.is_empty() {
        return Err(nothing_runs);
    }
    Ok(EventList { happenings: newest(saved, arguments), saved: true })
}

/// The newest of those that were asked for.
fn newest(mut happenings: Vec<Happening>, arguments: &EventsArguments) -> Vec<Happening> {
    happenings.retain(|happening| is_meant(happening, arguments));
    happenings.drain(..happenings.len().saturating_sub(arguments.lines));
    happenings
}

fn is_meant(happening: &Happening, arguments: &EventsArguments) -> bool {
    let services = &arguments.services;
    services.is_empty() || happening.service.as_ref().is_some_and(|service| services.contains(service))
}

/// When it happened, and what.
pub(crate) fn line(happening: &Happening) -> String {
    format!("{:.3} {}", happening.at, contract::plain(&happening.text))
}

/// Tells whether anybody still reads.
fn print(happenings: &[Happening], arguments: &EventsArguments) -> Result<bool, Failure> {
    let mut text = String::new();
    for happening in happenings {
        let line = if arguments.json {
            serde_json::to_string(happening).map_err(|error| Failure::new(FAILED, error))?
        } else {
            line(happening)
        };
        text.push_str(&line);
        text.push('\n');
    }
    output::print(text)
}
