//! Finds each service a port: first choice, fallback, a port of the system's choosing, refusal.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use contract::{Handoff, PortSource};
use ports::{Allocator, Leases, PortRange, PortRequest, Reservation, TakenReason};
use supervisor::coordinator::{AssignedPort, PortAssignment};

use super::launch::{LaunchError, LaunchOptions};
use super::notice::Notice;
use super::port_overrides::{self, PortOverride, PortOverrides};

/// On Unix, the lower ones are not everybody's to bind.
const PERMITTED_MIN: u16 = 1024;

/// A port that is reserved for a service.
#[derive(Debug)]
pub(crate) struct ReservedPort {
    pub(crate) port: AssignedPort,
    pub(crate) reservation: Reservation,
}

impl ReservedPort {
    fn new(reservation: Reservation, source: PortSource) -> Self {
        Self { port: AssignedPort::new(reservation.port(), source), reservation }
    }
}

/// The ports that are reserved for a service.
#[derive(Debug)]
pub(crate) struct ServicePorts {
    pub(crate) assignment: PortAssignment,
    /// In the order of the assignment's ports.
    pub(crate) reservations: Vec<Reservation>,
}

/// Reserves a port for every service that has one, in the order of the stack file.
pub(crate) fn reserve(
    options: &LaunchOptions,
    overrides: &PortOverrides,
    remembered: &BTreeMap<String, u16>,
    allocator: &Allocator,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Option<ServicePorts>>, LaunchError> {
    let services = &options.stack.services;
    for (variable, others) in port_overrides::ambiguous(options) {
        let others = others.join(" or ");
        notices.push(Notice::warning(format!(
            "{variable} is set and sets no port, since several services have it; set {others}"
        )));
    }
    let mut reserved: Vec<Option<ReservedPort>> = services.iter().map(|_| None).collect();
    let host = |index: usize| overrides.host(&services[index]);
    let mut open = Vec::new();
    for (index, (_, service)) in services.iter().enumerate() {
        let Some(port) = &service.port else { continue };
        let Some(set) = overrides.ports.get(&index) else {
            open.push(index);
            continue;
        };
        let strict = port.strict && !service.left_out;
        reserved[index] = reserve_set(set, host(index), strict, allocator, notices)?;
        if reserved[index].is_none() {
            open.push(index);
        }
    }
    let range = options.ports.range.unwrap_or(options.stack.ports);
    let requested = |index: &usize| overrides.ports.get(index).map(|set| set.port);
    let handoff = |index: usize| services[index].handoff;
    // What was set for one service is not given to another, also while that one is looked after.
    let except: Vec<u16> = overrides.ports.values().map(|set| set.port).collect();
    for index in &open {
        let Some((name, service)) = services.get_index(*index) else { continue };
        let Some(port) = remembered.get(name).filter(|_| !overrides.ports.contains_key(index)) else {
            continue;
        };
        let fallback = service.port.as_ref().and_then(|port| port.fallback);
        let source = match fallback {
            _ if range.contains(*port) => PortSource::Range,
            Some(fallback) if fallback.contains(*port) => PortSource::Fallback,
            _ => continue,
        };
        let Ok(only) = PortRange::new(*port, *port) else { continue };
        let request = port_request(host(*index), handoff(*index));
        if let Ok(reservation) = first(allocator, request, only, &except) {
            reserved[*index] = Some(ReservedPort::new(reservation, source));
        }
    }
    open.retain(|index| reserved[*index].is_none());
    let requests: Vec<PortRequest> =
        open.iter().map(|index| port_request(host(*index), handoff(*index))).collect();
    match allocator.reserve_first(&requests, range, &except) {
        Ok(reservations) => {
            for (index, reservation) in open.iter().zip(reservations) {
                let mut port = ReservedPort::new(reservation, PortSource::Range);
                port.port.requested = requested(index);
                reserved[*index] = Some(port);
            }
        }
        Err(full) => {
            notices.push(Notice::warning(format!("{full}; looking in each service's own range")));
            for index in &open {
                let mut port = alone(options, *index, host(*index), allocator, &except, notices)?;
                port.port.requested = requested(index);
                reserved[*index] = Some(port);
            }
        }
    }
    for (index, set) in &overrides.ports {
        if let (Some(ReservedPort { port, .. }), Some((name, _))) =
            (&reserved[*index], services.get_index(*index))
            && port.requested.is_some()
        {
            let port = port.number;
            let message = format!("{name} uses port {port} in place of {} ({})", set.port, set.from);
            notices.push(Notice::info(message));
        }
    }
    let whole = |(index, reserved): (usize, Option<ReservedPort>)| {
        let ReservedPort { port, reservation } = reserved?;
        let assignment = PortAssignment::new(host(index), port, Vec::new());
        Some(ServicePorts { assignment, reservations: vec![reservation] })
    };
    Ok(reserved.into_iter().enumerate().map(whole).collect())
}

/// Finds what the system refuses whoever has the ports at this moment.
pub(crate) fn check(options: &LaunchOptions, overrides: &PortOverrides) -> Result<(), LaunchError> {
    let allocator = Allocator::new(Leases::none());
    let mut faults = Vec::new();
    for (index, (name, service)) in options.stack.services.iter().enumerate() {
        if service.port.is_none() {
            continue;
        }
        let host = overrides.host(service);
        if host != Ipv4Addr::LOCALHOST
            && allocator
                .reserve_any(host)
                .is_err_and(|taken| taken.reason == TakenReason::AddressNotAvailable)
        {
            let variable = options.product.variable("HOST");
            faults.push(LaunchError::BadPort(format!(
                "service {name} cannot listen at {host}, which is no address of this machine; correct its `host` in the \
                 stack file, or {variable}"
            )));
        } else if let Some(set) = overrides.ports.get(&index).filter(|set| set.port < PERMITTED_MIN)
            && let Err(taken) = allocator.reserve(set.port, host)
            && taken.reason == TakenReason::NotPermitted
        {
            faults.push(LaunchError::BadPort(format!("{}: {taken}", set.from)));
        }
    }
    LaunchError::together(faults)
}

/// The port that somebody set; `None` where another one is to be found.
fn reserve_set(
    set: &PortOverride,
    host: IpAddr,
    strict: bool,
    allocator: &Allocator,
    notices: &mut Vec<Notice>,
) -> Result<Option<ReservedPort>, LaunchError> {
    match allocator.reserve(set.port, host) {
        Ok(reservation) => {
            if ports::is_blocked_by_browsers(set.port) {
                notices.push(Notice::warning(format!(
                    "{} is {}, a port that browsers refuse to open; set another one",
                    set.from, set.port
                )));
            }
            Ok(Some(ReservedPort::new(reservation, PortSource::Set)))
        }
        Err(taken) => match &taken.reason {
            TakenReason::InUse | TakenReason::Leased if strict => {
                Err(LaunchError::Strict(format!("{}: {taken}", set.from)))
            }
            TakenReason::InUse | TakenReason::Leased => {
                notices.push(Notice::warning(format!("{}: {taken}; finding another one", set.from)));
                Ok(None)
            }
            _ => Err(LaunchError::BadPort(format!("{}: {taken}", set.from))),
        },
    }
}

/// The service's own fallback range, else whatever the system gives.
fn alone(
    options: &LaunchOptions,
    index: usize,
    host: IpAddr,
    allocator: &Allocator,
    except: &[u16],
    notices: &mut Vec<Notice>,
) -> Result<ReservedPort, LaunchError> {
    let Some((name, service)) = options.stack.services.get_index(index) else {
        unreachable!("an index of the stack")
    };
    let mut reasons = Vec::new();
    if let Some(fallback) = service.port.as_ref().and_then(|port| port.fallback) {
        match first(allocator, port_request(host, service.handoff), fallback, except) {
            Ok(reservation) => {
                let message = format!("{name} uses port {} of its own range {fallback}", reservation.port());
                notices.push(Notice::info(message));
                return Ok(ReservedPort::new(reservation, PortSource::Fallback));
            }
            Err(full) => reasons.push(full),
        }
    }
    match allocator.reserve_any(host) {
        Ok(reservation) => {
            notices.push(Notice::warning(format!(
                "{name} uses port {}, chosen by the system, since every range is full",
                reservation.port()
            )));
            Ok(ReservedPort::new(reservation, PortSource::System))
        }
        Err(taken) => {
            reasons.push(taken.to_string());
            Err(LaunchError::NoFreePort { service: name.clone(), reason: reasons.join("; ") })
        }
    }
}

/// A service that gets a number may test it by a plain bind, which connections in TIME_WAIT refuse.
fn port_request(host: IpAddr, handoff: Handoff) -> PortRequest {
    PortRequest { host, plain_bind: handoff == Handoff::Number }
}

fn first(
    allocator: &Allocator,
    request: PortRequest,
    range: PortRange,
    except: &[u16],
) -> Result<Reservation, String> {
    allocator
        .reserve_first(&[request], range, except)
        .map_err(|full| full.to_string())
        .and_then(|mut found| found.pop().ok_or_else(|| "none was given".to_owned()))
}

/// Another port for a service that has to move.
pub(crate) fn elsewhere(
    allocator: &Allocator,
    (host, handoff): (IpAddr, Handoff),
    range: PortRange,
    fallback: Option<PortRange>,
    except: &[u16],
) -> Result<ReservedPort, String> {
    let mut reasons = Vec::new();
    for (range, source) in [(Some(range), PortSource::Range), (fallback, PortSource::Fallback)] {
        let Some(range) = range else { continue };
        match first(allocator, port_request(host, handoff), range, except) {
            Ok(reservation) => return Ok(ReservedPort::new(reservation, source)),
            Err(reason) => reasons.push(reason),
        }
    }
    match allocator.reserve_any(host) {
        Ok(reservation) => Ok(ReservedPort::new(reservation, PortSource::System)),
        Err(taken) => {
            reasons.push(taken.to_string());
            Err(reasons.join("; "))
        }
    }
}

/// The very port that somebody set.
pub(crate) fn exactly(allocator: &Allocator, host: IpAddr, port: u16) -> Result<ReservedPort, String> {
    match allocator.reserve(port, host) {
        Ok(reservation) => Ok(ReservedPort::new(reservation, PortSource::Set)),
        Err(taken) => Err(taken.to_string()),
    }
}
