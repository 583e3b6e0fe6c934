//! `skinai logs`: what a service printed.

use std::io::Write;
use std::process::ExitCode;

use contract::LogLine;
use futures_util::StreamExt;

use crate::Outcome;
use crate::arguments::Logs;

pub(crate) fn logs(arguments: &Logs) -> Outcome {
    crate::block_on(async {
        let client = crate::instance::connect(&arguments.target.instance).await?;
        let service = &arguments.target.service;
        // Followed before the older lines are asked for, so that none falls between.
        let following = if arguments.follow { Some(client.follow(service).await?) } else { None };
        let mut last = 0;
        for line in client.logs(service, arguments.lines).await? {
            last = line.number;
            if !print(&line) {
                return Ok(ExitCode::SUCCESS);
            }
        }
        let Some(mut following) = following else { return Ok(ExitCode::SUCCESS) };
        while let Some(line) = following.next().await {
            if line.number > last && !print(&line) {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Tells whether anybody still reads.
fn print(line: &LogLine) -> bool {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{:.3} {}", line.at, line.text).and_then(|()| stdout.flush()).is_ok()
}
