//! `skinai ports`: the ports of this machine.

use std::io::{self, IsTerminal};
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use contract::{Holder, ServiceSnapshot};
use ports::{Allocator, Leases, TakenReason};
use serde_json::json;

use crate::arguments::{CheckPort, EndHolder, Find, Ports};
use crate::{BAD_INPUT, FAILED, Failure, Outcome, output};

/// How long what a process started may take to end after it.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) fn ports(command: Ports) -> Outcome {
    match command {
        Ports::Find(arguments) => find(&arguments),
        Ports::Check(arguments) => check(&arguments),
        Ports::End(arguments) => end(&arguments),
    }
}

/// The leases of running instances, so that what they are about to bind is not called free.
fn allocator() -> Allocator {
    let (leases, warning) = Leases::open(&userdirs::Dirs::from_env(product::SKINAI).runtime);
    if let Some(warning) = warning {
        output::note(format_args!("warning: {warning}"));
    }
    Allocator::new(leases)
}

fn find(arguments: &Find) -> Outcome {
    let hosts = vec![arguments.host; usize::from(arguments.count)];
    let found =
        allocator().reserve_first(&hosts, arguments.range, &[]).map_err(|full| Failure::new(FAILED, full))?;
    let ports: Vec<u16> = found.iter().map(ports::Reservation::port).collect();
    if arguments.json {
        output::print_line(json!({ "ports": ports }))?;
    } else {
        output::print(ports.iter().map(|port| format!("{port}\n")).collect::<String>())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known of a port.
pub(crate) struct Checked {
    pub(crate) free: bool,
    pub(crate) holders: Vec<Holder>,
    /// That in a sentence.
    pub(crate) text: String,
}

pub(crate) fn look_at(port: u16, host: IpAddr) -> Result<Checked, Failure> {
    let (free, holders, text) = match allocator().reserve(port, host) {
        Ok(_) if ports::is_blocked_by_browsers(port) => {
            (true, vec![], format!("port {port} is free, but browsers refuse to open it"))
        }
        Ok(_) => (true, vec![], format!("port {port} is free")),
        Err(taken) => match taken.reason {
            TakenReason::InUse | TakenReason::Leased => (false, taken.holders.clone(), taken.to_string()),
            _ => return Err(Failure::new(BAD_INPUT, taken)),
        },
    };
    Ok(Checked { free, holders, text })
}

fn check(arguments: &CheckPort) -> Outcome {
    let CheckPort { port, host, .. } = *arguments;
    let Checked { free, holders, text } = look_at(port, host)?;
    if arguments.json {
        output::print_line(json!({ "port": port, "host": host, "free": free, "holders": holders }))?;
    } else {
        let commands = holders.iter().filter_map(|holder| holder.command.as_ref());
        let commands: String = commands.map(|command| format!("  {command}\n")).collect();
        output::print(format_args!("{text}\n{commands}"))?;
    }
    Ok(if free { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn end(arguments: &EndHolder) -> Outcome {
    crate::block_on(async {
        let port = arguments.port;
        let Some(holder) = ports::holder(port) else {
            output::note(format_args!("nobody has port {port}"));
            return Ok(ExitCode::SUCCESS);
        };
        if let Some(service) = own_service(port).await {
            return Err(Failure::new(BAD_INPUT, service));
        }
        if !arguments.yes {
            let command = holder.command.as_ref().map(|command| format!(": {command}")).unwrap_or_default();
            if !confirms(&format!("End {holder}, which has port {port}{command}?"))? {
                return Err(Failure::new(FAILED, "nothing was ended"));
            }
        }
        engine::end_holder(port, &holder).await?;
        // What it started may have the port too, and be about to end with it.
        let deadline = Instant::now() + ENDS_WITHIN;
        loop {
            match ports::holder(port) {
                None => break,
                Some(_) if Instant::now() < deadline => tokio::time::sleep(LOOK_EVERY).await,
                Some(other) => {
                    let text = format!("{holder} has ended, and port {port} is used by {other}");
                    return Err(Failure::new(FAILED, text));
                }
            }
        }
        output::print_line(format_args!("{holder} has ended; port {port} is free"))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// What is to be said where the port is that of a service of an instance, which has commands of its own.
pub(crate) async fn own_service(port: u16) -> Option<String> {
    let dirs = userdirs::Dirs::from_env(product::SKINAI);
    for client in client::running(&dirs).await {
        let Ok(snapshot) = client.status().await else { continue };
        if let Some(service) = snapshot.services.iter().find(|service| has(service, port)) {
            let (name, instance) = (&service.name, client.instance());
            return Some(format!(
                "port {port} is that of {name} in instance {instance}; \
                 `skinai stop {name} --instance {instance}` stops it"
            ));
        }
    }
    None
}

/// Whether a service has that port, main or named, and has not lost it to somebody else.
fn has(service: &ServiceSnapshot, port: u16) -> bool {
    let named = service.ports.values().map(|named| named.port);
    service.port.into_iter().chain(named).any(|own| own == port)
        && service.conflict.as_ref().is_none_or(|conflict| conflict.port != port)
}

/// Asks on the terminal.
fn confirms(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(BAD_INPUT, format!("{question} Nobody can be asked here; --yes ends it")));
    }
    output::note(format_args!("{question} [y/N]"));
    writing::finish();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::new(FAILED, error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
