//! `skinai status`: the port map of a running instance.

use std::fmt::Write as _;
use std::process::ExitCode;

use client::{Client, instances};
use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot};
use jiff::{SignedDuration, Timestamp};
use userdirs::Dirs;

use crate::arguments::Status;
use crate::{FAILED, Failure, NOTHING_RUNS, Outcome};

pub(crate) fn status(arguments: Status) -> Outcome {
    crate::block_on(async {
        let snapshots = if arguments.all {
            all().await
        } else {
            vec![crate::instance::connect(&arguments.instance).await?.status().await?]
        };
        if snapshots.is_empty() {
            return Err(Failure::new(NOTHING_RUNS, "nothing runs; start it with `skinai run`"));
        }
        print(&snapshots, &arguments)?;
        let well = snapshots.iter().all(Snapshot::all_healthy);
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
    })
}

async fn all() -> Vec<Snapshot> {
    let mut snapshots = Vec::new();
    for dirs in std::iter::once(Dirs::from_env(product::SKINAI)).chain(Dirs::of_caller(product::SKINAI)) {
        for name in instances(&dirs).await {
            // One that ends while the list is made is not in it.
            if let Ok(client) = Client::connect(&dirs, Some(&name)).await
                && let Ok(snapshot) = client.status().await
            {
                snapshots.push(snapshot);
            }
        }
    }
    snapshots
}

fn print(snapshots: &[Snapshot], arguments: &Status) -> Result<(), Failure> {
    let json = |value: serde_json::Result<String>| value.map_err(|error| Failure::new(FAILED, error));
    match (arguments.json, snapshots) {
        (true, snapshots) if arguments.all => println!("{}", json(serde_json::to_string(snapshots))?),
        (true, snapshots) => {
            for snapshot in snapshots {
                println!("{}", json(serde_json::to_string(snapshot))?);
            }
        }
        (false, snapshots) => {
            let tables: Vec<_> = snapshots.iter().map(|snapshot| table(snapshot, Timestamp::now())).collect();
            print!("{}", tables.join("\n"));
        }
    }
    Ok(())
}

fn table(snapshot: &Snapshot, now: Timestamp) -> String {
    let rows: Vec<[String; 6]> = snapshot.services.iter().map(|service| row(service, now)).collect();
    let heads = ["SERVICE", "STATE", "ADDRESS", "PID", "UPTIME", "RESTARTS"].map(str::to_owned);
    let mut widths = [0; 6];
    for row in rows.iter().chain([&heads]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = format!(
        "{} ({}, process {}): {}\n",
        snapshot.stack,
        snapshot.instance,
        snapshot.pid,
        headline(snapshot)
    );
    for row in [&heads].into_iter().chain(&rows) {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    for service in &snapshot.services {
        if let Some(note) = note(service) {
            let _ = writeln!(text, "{}: {note}", service.name);
        }
        for line in last_lines(service) {
            let _ = writeln!(text, "  | {line}");
        }
    }
    text
}

/// What a service printed before it failed.
fn last_lines(service: &ServiceSnapshot) -> &[String] {
    match &service.last_exit {
        Some(exit) if service.state == ServiceState::Failed => &exit.last_lines,
        _ => &[],
    }
}

fn headline(snapshot: &Snapshot) -> String {
    if snapshot.all_healthy() { "all healthy".to_owned() } else { snapshot.state.to_string() }
}

fn row(service: &ServiceSnapshot, now: Timestamp) -> [String; 6] {
    let dash = || "-".to_owned();
    [
        service.name.clone(),
        service.state.to_string(),
        service.url.clone().unwrap_or_else(dash),
        service.pid.map_or_else(dash, |pid| pid.to_string()),
        service.started_at.map_or_else(dash, |started| uptime(now.duration_since(started))),
        service.restarts.to_string(),
    ]
}

fn uptime(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (0, hours, minutes, _) => format!("{hours}h {minutes}m"),
        (days, hours, ..) => format!("{days}d {hours}h"),
    }
}

/// What a row's few words cannot say.
fn note(service: &ServiceSnapshot) -> Option<String> {
    match service.state {
        ServiceState::Conflict => {
            let conflict = service.conflict.as_ref()?;
            let command =
                conflict.holder.command.as_ref().map(|command| format!(": {command}")).unwrap_or_default();
            let hint = conflict
                .holder
                .hint
                .as_ref()
                .map(|hint| format!("; to see more, run: {hint}"))
                .unwrap_or_default();
            let moves = format!("`skinai reallocate {}` moves it", service.name);
            let answered = match &service.health.cause {
                Some(cause @ Cause::AnsweredByOther { .. }) => format!("; {cause}"),
                _ => String::new(),
            };
            Some(format!(
                "port {} is used by {}{command}{hint}; {moves}{answered}",
                conflict.port, conflict.holder
            ))
        }
        ServiceState::Healthy => {
            let requested =
                service.requested_port.map(|port| format!("port {port} was asked for and not to be had"));
            let others: Vec<String> = service.other_listeners.iter().map(ToString::to_string).collect();
            let others = (!others.is_empty()).then(|| format!("it listens on {} too", others.join(", ")));
            let notes: Vec<String> =
                service.detail.clone().into_iter().chain(requested).chain(others).collect();
            (!notes.is_empty()).then(|| notes.join("; "))
        }
        _ => service.detail.clone().or_else(|| service.health.last_error.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_shows_its_two_largest_units() {
        let cases = [(5, "5s"), (65, "1m 5s"), (3_700, "1h 1m"), (90_000, "1d 1h"), (-3, "0s")];
        for (seconds, text) in cases {
            assert_eq!(uptime(SignedDuration::from_secs(seconds)), text);
        }
    }
}
