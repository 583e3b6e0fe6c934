//! `skinai status`: the port map of a running instance.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use client::{Client, ConnectError};
use contract::{ApiError, Cause, ErrorCode, ServiceSnapshot, ServiceState, Snapshot, Wanted};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use userdirs::Dirs;

use crate::arguments::StatusArguments;
use crate::instance::Purpose;
use crate::{FAILED, Failure, Outcome, STILL_STARTING, output, run_output};

pub(crate) fn status(arguments: StatusArguments) -> Outcome {
    crate::block_on(async {
        let (snapshots, silent) = if arguments.all {
            all().await
        } else {
            (
                vec![crate::instance::connect(&arguments.instance, Purpose::Look).await?.status().await?],
                Vec::new(),
            )
        };
        if snapshots.is_empty() && silent.is_empty() {
            return Err(ConnectError::NothingRuns.into());
        }
        output::print(shown(&snapshots, &arguments).map_err(|error| Failure::new(FAILED, error))?)?;
        silent.iter().for_each(output::note);
        let code = if silent.is_empty() { exit_code(&snapshots) } else { FAILED };
        Ok(ExitCode::from(code))
    })
}

/// 0 where all services are healthy, else whether time alone will mend it.
fn exit_code(snapshots: &[Snapshot]) -> u8 {
    let services = || snapshots.iter().flat_map(|snapshot| &snapshot.services);
    if services().all(|service| service.is_well()) {
        0
    } else if services().all(|service| service.is_well() || is_starting(service)) {
        STILL_STARTING
    } else {
        FAILED
    }
}

/// It starts, or ends in order to start anew.
fn is_starting(service: &ServiceSnapshot) -> bool {
    match service.state {
        ServiceState::Starting => !run_output::does_not_go_on(service),
        ServiceState::Stopping => service.wanted == Wanted::Up,
        _ => false,
    }
}

/// What every instance says, and the errors of those that do not answer.
pub(crate) async fn all() -> (Vec<Snapshot>, Vec<ApiError>) {
    let (mut snapshots, mut silent) = (Vec::new(), Vec::new());
    for dirs in std::iter::once(Dirs::from_env(product::SKINAI)).chain(Dirs::of_caller(product::SKINAI)) {
        let running = client::running(&dirs).await;
        for answer in join_all(running.iter().map(Client::status)).await {
            match answer {
                Ok(snapshot) => snapshots.push(snapshot),
                Err(error) if error.code == ErrorCode::NotAnswering => silent.push(error),
                // One that ends while the list is made is not in it.
                Err(_) => {}
            }
        }
    }
    (snapshots, silent)
}

fn shown(snapshots: &[Snapshot], arguments: &StatusArguments) -> serde_json::Result<String> {
    if arguments.json && arguments.all {
        return serde_json::to_string(snapshots).map(|list| list + "\n");
    }
    if arguments.json {
        return snapshots.iter().map(|one| serde_json::to_string(one).map(|line| line + "\n")).collect();
    }
    let tables: Vec<_> = snapshots.iter().map(|snapshot| table(snapshot, Timestamp::now())).collect();
    Ok(tables.join("\n"))
}

pub(crate) fn table(snapshot: &Snapshot, now: Timestamp) -> String {
    let of_service = |service: &Arc<ServiceSnapshot>| {
        std::iter::once(row(service, now)).chain(named_ports(service)).collect::<Vec<_>>()
    };
    let rows: Vec<[String; 6]> = snapshot.services.iter().flat_map(of_service).collect();
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
        for note in note(service).into_iter().chain(lacks(service, snapshot)) {
            let _ = writeln!(text, "{}: {note}", service.name);
        }
        for line in last_lines(service) {
            let _ = writeln!(text, "  | {line}");
        }
    }
    text
}

/// What a service needs and somebody has to see to, where it does not say itself that it waits for it.
fn lacks(service: &ServiceSnapshot, snapshot: &Snapshot) -> Option<String> {
    if service.wanted == Wanted::Down || matches!(service.cause, Some(Cause::HeldBack { .. })) {
        return None;
    }
    let mut needs = service.needs.iter().filter_map(|name| snapshot.service(name));
    let lost = |need: &&ServiceSnapshot| matches!(need.state, ServiceState::Failed | ServiceState::Conflict);
    let needed = needs.find(lost)?;
    let (label, state) = (needed.label.clone(), needed.state);
    Some(Cause::Needs { label, state, because: None }.to_string())
}

/// What a service printed before it failed.
pub(crate) fn last_lines(service: &ServiceSnapshot) -> &[String] {
    match &service.last_exit {
        Some(exit) if service.state == ServiceState::Failed => &exit.last_lines,
        _ => &[],
    }
}

pub(crate) fn headline(snapshot: &Snapshot) -> String {
    if snapshot.all_healthy() {
        return "all healthy".to_owned();
    }
    let state = snapshot.state;
    let launched = snapshot.services.iter().filter(|service| !service.left_out);
    let those = launched.clone().filter(|service| service.state == state && !service.is_well()).count();
    match launched.count() {
        all if (1..all).contains(&those) => format!("{those} of {all} {state}"),
        _ => state.to_string(),
    }
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

/// A service's other ports, below its row.
fn named_ports(service: &ServiceSnapshot) -> impl Iterator<Item = [String; 6]> {
    let host = if service.host.contains(':') { format!("[{}]", service.host) } else { service.host.clone() };
    service.ports.iter().map(move |(name, port)| {
        let address = format!("{host}:{}", port.port);
        [format!("  {name}"), String::new(), address, String::new(), String::new(), String::new()]
    })
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
pub(crate) fn note(service: &ServiceSnapshot) -> Option<String> {
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
        _ => why(service),
    }
}

/// Why a service is in its state. One that is about to be started again says how it ended.
pub(crate) fn why(service: &ServiceSnapshot) -> Option<String> {
    let error = service.health.last_error.as_ref();
    let exit = service.last_exit.as_ref().filter(|_| service.state == ServiceState::Backoff);
    let parts: Vec<&str> = match exit {
        Some(exit) => std::iter::once(&exit.reason).chain(&service.detail).map(String::as_str).collect(),
        None => service.detail.as_ref().or(error).into_iter().map(String::as_str).collect(),
    };
    (!parts.is_empty()).then(|| parts.join("; "))
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
