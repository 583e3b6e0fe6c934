//! `skinai ports`: the ports of this machine.

use std::process::ExitCode;

use ports::{Allocator, Leases, TakenReason};
use serde_json::json;

use crate::arguments::{CheckPort, Find, Ports};
use crate::{BAD_INPUT, FAILED, Failure, Outcome, output};

pub(crate) fn ports(command: Ports) -> Outcome {
    match command {
        Ports::Find(arguments) => find(&arguments),
        Ports::Check(arguments) => check(&arguments),
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

fn check(arguments: &CheckPort) -> Outcome {
    let port = arguments.port;
    let result = allocator().reserve(port, arguments.host);
    let (free, holders, text) = match &result {
        Ok(_) if ports::is_blocked_by_browsers(port) => {
            (true, vec![], format!("port {port} is free, but browsers refuse to open it"))
        }
        Ok(_) => (true, vec![], format!("port {port} is free")),
        Err(taken) => match taken.reason {
            TakenReason::InUse | TakenReason::Leased => (false, taken.holders.clone(), taken.to_string()),
            _ => return Err(Failure::new(BAD_INPUT, taken)),
        },
    };
    if arguments.json {
        output::print_line(
            json!({ "port": port, "host": arguments.host, "free": free, "holders": holders }),
        )?;
    } else {
        let commands = holders.iter().filter_map(|holder| holder.command.as_ref());
        let commands: String = commands.map(|command| format!("  {command}\n")).collect();
        output::print(format_args!("{text}\n{commands}"))?;
    }
    Ok(if free { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}
