//! `skinai events`: what happened.

use std::process::ExitCode;

use contract::Happening;
use futures_util::StreamExt;
use userdirs::Dirs;

use crate::arguments::Events;
use crate::instance::{self, Purpose};
use crate::{BAD_INPUT, FAILED, Failure, NOTHING_RUNS, Outcome, output};

pub(crate) fn events(arguments: &Events) -> Outcome {
    crate::block_on(async {
        let client = match instance::connect(&arguments.instance, Purpose::Look).await {
            Err(failure) if failure.code == NOTHING_RUNS && !arguments.follow => {
                return saved(arguments, failure);
            }
            client => client?,
        };
        let snapshot = client.status().await?;
        for name in &arguments.services {
            instance::service(&snapshot, name)?;
        }
        // Followed before the older ones are asked for, so that none falls between.
        let following = if arguments.follow { Some(client.follow_happenings().await?) } else { None };
        let older = client.happenings(usize::MAX).await?;
        let mut last = older.last().map_or(0, |happening| happening.number);
        if !print(&newest(older, arguments), arguments)? {
            return Ok(ExitCode::SUCCESS);
        }
        let mut following = futures_util::stream::iter(following).flatten();
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

/// What the file has of an instance that does not run.
fn saved(arguments: &Events, nothing_runs: Failure) -> Outcome {
    let folder = Dirs::from_env(product::SKINAI).logs(&crate::project::usual_instance(&arguments.instance));
    let untrusted = |error| Failure::new(BAD_INPUT, format!("the folder {error}"));
    userdirs::trust::found(&folder).map_err(untrusted)?;
    let saved = engine::saved_happenings(&folder);
    if saved.is_empty() {
        return Err(nothing_runs);
    }
    output::note("nothing runs; this is what happened until the end");
    print(&newest(saved, arguments), arguments).map(|_| ExitCode::SUCCESS)
}

/// The newest of those that were asked for.
fn newest(mut happenings: Vec<Happening>, arguments: &Events) -> Vec<Happening> {
    happenings.retain(|happening| is_meant(happening, arguments));
    happenings.drain(..happenings.len().saturating_sub(arguments.lines));
    happenings
}

fn is_meant(happening: &Happening, arguments: &Events) -> bool {
    let services = &arguments.services;
    services.is_empty() || happening.service.as_ref().is_some_and(|service| services.contains(service))
}

/// Tells whether anybody still reads.
fn print(happenings: &[Happening], arguments: &Events) -> Result<bool, Failure> {
    let mut text = String::new();
    for happening in happenings {
        let line = if arguments.json {
            serde_json::to_string(happening).map_err(|error| Failure::new(FAILED, error))?
        } else {
            format!("{:.3} {}", happening.at, contract::plain(&happening.text))
        };
        text.push_str(&line);
        text.push('\n');
    }
    output::print(text)
}
