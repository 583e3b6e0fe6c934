//! Starts one process of a service.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use contract::{Cause, Handoff, LogStream};
use proctree::{LaunchMarker, Launchable, MARKER_VARIABLE};
use stackfile::{ProbeKind, Ready, Service, is_same_variable};
use supervisor::lifecycle::RunId;

use super::check_command::CheckCommand;
use super::process_run::{LocalRun, RunObserver};
use super::{LaunchContext, ProcessObservation};
use crate::addresses::AddressTable;
use crate::environment::search_path;
use crate::known_programs::{ENVIRONMENT, KnownFailure};
use crate::notify::Notify;
use crate::output::{Output, ReadyLine};
use crate::programs;

/// What is started.
pub(super) struct ServiceStart<'a> {
    pub(super) name: &'a str,
    pub(super) service: &'a Service,
    pub(super) run: RunId,
    pub(super) output: &'a Output,
    /// Handed over, where the service inherits its sockets.
    pub(super) listeners: Vec<&'a TcpListener>,
    pub(super) addresses: &'a AddressTable<'a>,
}

/// Starts a process. Its port must be held, or with hand-off `number`, have been released just now.
pub(super) fn start(
    start: &ServiceStart<'_>,
    context: &LaunchContext,
    side: &tokio::runtime::Handle,
    observer: RunObserver,
) -> Result<LocalRun, Cause> {
    let ServiceStart { name, service, run, output, ref listeners, addresses } = *start;
    let runtime = &context.options.dirs.runtime;
    let notify = (service.ready == Ready::Notify).then(|| Notify::open(runtime)).transpose();
    let notify = notify.map_err(|error| format!("cannot open the socket for its notification: {error}"))?;
    let marker = context.marker.run(name, run.0);
    let ready = match &service.ready {
        Ready::Log(regex) => Some(ReadyLine::new(regex).map_err(|error| Cause::from(error.to_string()))?),
        Ready::Notify | Ready::Probe => None,
    };
    let check = check_command(start, context);
    let environment = environment(name, service, &marker, notify.as_ref(), addresses, context);
    let command: Vec<String> = service.command.iter().map(|part| part.fill(name, addresses)).collect();
    let known_failure = KnownFailure::of(&command, service.handoff);
    let Some((program, arguments)) = command.split_first() else {
        return Err("it has no command".into());
    };
    let path = search_path(&environment);
    let cwd = service.cwd.as_deref();
    let program = programs::find(program, &context.options, path, cwd)?;
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let inherits = service.handoff == Handoff::Socket;
    let names = service.all_ports().map(|(port, _)| port.unwrap_or(name));
    let listeners: Vec<(&str, &TcpListener)> =
        names.zip(listeners.iter().copied()).filter(|_| inherits).collect();
    let launchable = Launchable {
        program: &program,
        arguments: &arguments,
        environment: &environment,
        cwd,
        listeners: &listeners,
        marker: &marker,
    };
    let spawned =
        proctree::spawn(&launchable).map_err(|error| proctree::start_failure(&program, path, cwd, &error))?;
    let tree = spawned.tree(marker, service.stop_signal, service.stop_signal_to);
    let pipes = [(spawned.stdout, LogStream::Stdout), (spawned.stderr, LogStream::Stderr)];
    let printed = output.attach(pipes, ready.as_ref(), side);
    let (mut child, stdin) = (spawned.child, spawned.stdin);
    let pid = child.id().unwrap_or_default();
    let end = async move {
        let end = child.wait().await;
        drop(stdin);
        end
    };
    let output = (output.clone(), printed);
    let mut started = LocalRun::observe(pid, tree, end, known_failure, notify, output, observer);
    started.check = check.map(Arc::new);
    if let Some(ready) = ready {
        started.add_task(notify_when_printed(ready, started.observer.clone()));
    }
    Ok(started)
}

async fn notify_when_printed(ready: ReadyLine, observer: RunObserver) {
    ready.printed().await;
    observer.send(ProcessObservation::ReadyNotified).await;
}

/// The command by which this run is checked, where it is.
fn check_command(start: &ServiceStart<'_>, context: &LaunchContext) -> Option<CheckCommand> {
    let ServiceStart { name, service, run, addresses, .. } = *start;
    let ProbeKind::Command(command) = &service.health.probe else { return None };
    // It is none of the service's processes.
    let marker = context.marker.run(&format!("{name} check"), run.0);
    let environment = environment(name, service, &marker, None, addresses, context);
    let mut parts = command.iter().map(|part| part.fill(name, addresses));
    let program = programs::find(
        &parts.next().unwrap_or_default(),
        &context.options,
        search_path(&environment),
        service.cwd.as_deref(),
    );
    let arguments = parts.map(OsString::from).collect();
    Some(CheckCommand { program, arguments, environment, cwd: service.cwd.clone(), marker })
}

fn environment<'a>(
    name: &str,
    service: &'a Service,
    marker: &LaunchMarker,
    notify: Option<&Notify>,
    addresses: &'a AddressTable<'a>,
    context: &'a LaunchContext,
) -> Vec<(OsString, OsString)> {
    let services = &context.options.stack.services;
    let ports = |(service, addresses): (&'a Service, &'a Vec<SocketAddr>)| {
        service.all_ports().map(|(_, port)| port).zip(addresses)
    };
    let exported = services.values().zip(&addresses.addresses).flat_map(ports);
    let exported = exported.map(|(port, address)| (&port.exported, address));
    // What several have is told to each by its own.
    let told = services.get_index_of(name).and_then(|index| addresses.addresses.get(index));
    let told = told.into_iter().flat_map(|addresses| ports((service, addresses)));
    let told = told.map(|(port, address)| (&port.env, address));
    let variables =
        exported.chain(told).filter_map(|(variable, address)| Some((variable.as_ref()?, address.port())));
    let mut own: Vec<(OsString, OsString)> =
        variables.map(|(variable, port)| (variable.into(), port.to_string().into())).collect();
    own.extend(context.entrances.variables(name));
    for (variable, value) in ENVIRONMENT {
        if context.options.variable(variable).is_none() {
            own.push((variable.into(), value.into()));
        }
    }
    for (variable, value) in &service.env {
        own.push((variable.into(), value.fill(name, addresses).into()));
    }
    own.push((MARKER_VARIABLE.into(), marker.as_str().into()));
    if let Some(notify) = notify {
        own.extend(notify.variables().into_iter().map(|(name, value)| (name.into(), value.into())));
    }
    // One value for each name, whatever a program makes of two.
    let inherited = context.options.environment.iter();
    let inherited = inherited.filter(|(name, _)| !own.iter().any(|(other, _)| is_same_variable(other, name)));
    let mut all: Vec<_> = inherited.cloned().collect();
    for (index, (name, value)) in own.iter().enumerate() {
        if !own[index + 1..].iter().any(|(other, _)| is_same_variable(other, name)) {
            all.push((name.clone(), value.clone()));
        }
    }
    all
}
