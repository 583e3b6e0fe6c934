//! Finds each service a port: first choice, fallback, a port of the system's choosing, refusal.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use contract::{Cause, Handoff, Holder, PortSource};
use ports::{Allocator, Leases, PortRange, PortRequest, RangeFull, Reservation, TakenReason};
use stackfile::{PortSpec, Service};
use supervisor::coordinator::{AssignedPort, PortAssignment};

use super::happenings::ChangedPort;
use super::launch_error::LaunchError;
use super::launch_options::LaunchOptions;
use super::notice::Notice;
use super::port_memory;
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
    /// Those of them that are others than they were.
    pub(crate) lost: Vec<ChangedPort>,
}

/// The ports of the last launch of a stack file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'a> {
    /// By the keys of [`port_memory`].
    pub(crate) ports: &'a BTreeMap<String, u16>,
    /// This instance had them. Another one beside it loses nothing where it gets others.
    pub(crate) own: bool,
}

/// A port that is to be reserved.
struct WantedPort<'a> {
    /// The index of the service, and that of its port: 0 is the main one.
    at: (usize, usize),
    /// `SERVICE`, or `SERVICE.PORT`.
    name: String,
    spec: &'a PortSpec,
    host: IpAddr,
    handoff: Handoff,
    strict: bool,
}

impl WantedPort<'_> {
    fn request(&self) -> PortRequest {
        port_request(self.host, self.handoff)
    }
}

/// The ports of all services in the order in which they are reserved: the main ones first.
fn wanted<'a>(options: &'a LaunchOptions, overrides: &PortOverrides) -> Vec<WantedPort<'a>> {
    let services = options.stack.services.iter().enumerate();
    let of_service = |(index, (service, described)): (usize, (&'a String, &'a Service))| {
        let host = overrides.host(described);
        described.all_ports().enumerate().map(move |(port, (name, spec))| WantedPort {
            at: (index, port),
            name: port_memory::key(service, name),
            spec,
            host,
            handoff: described.handoff,
            strict: spec.strict && !described.left_out,
        })
    };
    let mut wanted: Vec<_> = services.flat_map(of_service).collect();
    wanted.sort_by_key(|wanted| wanted.at.1 > 0);
    wanted
}

/// Reserves the ports of every service that has any, in the order of the stack file.
pub(crate) fn reserve(
    options: &LaunchOptions,
    overrides: &PortOverrides,
    before: Before<'_>,
    allocator: &Allocator,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Option<ServicePorts>>, LaunchError> {
    for (variable, others) in port_overrides::ambiguous(options) {
        let others = others.join(" or ");
        notices.push(Notice::warning(format!(
            "{variable} is set and sets no port, since several services have it; set {others}"
        )));
    }
    let all = wanted(options, overrides);
    let mut reserved: BTreeMap<(usize, usize), ReservedPort> = BTreeMap::new();
    let mut lost: BTreeMap<(usize, usize), (AssignedPort, Option<Cause>)> = BTreeMap::new();
    for wanted in &all {
        if let Some(set) = overrides.ports.get(&wanted.at)
            && let Some(port) = reserve_set(set, wanted.host, wanted.strict, allocator, notices)?
        {
            reserved.insert(wanted.at, port);
        }
    }
    let range = options.ports.range.unwrap_or(options.stack.ports);
    // What was set for one service is not given to another, also while that one is looked after.
    let except: Vec<u16> = overrides.ports.values().map(|set| set.port).collect();
    for wanted in all.iter().filter(|wanted| !overrides.ports.contains_key(&wanted.at)) {
        let Some(port) = before.ports.get(&wanted.name) else { continue };
        let source = match wanted.spec.fallback {
            _ if range.contains(*port) => PortSource::Range,
            Some(fallback) if fallback.contains(*port) => PortSource::Fallback,
            _ => continue,
        };
        let Ok(only) = PortRange::new(*port, *port) else { continue };
        match allocator.reserve_first(&[wanted.request()], only, &except) {
            Ok(found) => {
                let found = found.into_iter().map(|reservation| ReservedPort::new(reservation, source));
                reserved.extend(found.map(|found| (wanted.at, found)));
            }
            Err(full) if before.own => {
                lost.insert(wanted.at, (AssignedPort::new(*port, source), why_lost(*port, &full)));
            }
            Err(_) => {}
        }
    }
    let open: Vec<&WantedPort<'_>> = all.iter().filter(|wanted| !reserved.contains_key(&wanted.at)).collect();
    let requests: Vec<PortRequest> = open.iter().map(|wanted| wanted.request()).collect();
    let found: Vec<ReservedPort> = match allocator.reserve_first(&requests, range, &except) {
        Ok(reservations) => reservations
            .into_iter()
            .map(|reservation| ReservedPort::new(reservation, PortSource::Range))
            .collect(),
        Err(full) => {
            notices.push(Notice::warning(format!("{full}; looking in each service's own range")));
            let alone = |wanted: &&WantedPort<'_>| alone(wanted, allocator, &except, notices);
            open.iter().map(alone).collect::<Result<_, _>>()?
        }
    };
    for (wanted, mut found) in open.into_iter().zip(found) {
        if let Some(set) = overrides.ports.get(&wanted.at) {
            found.port.requested = Some(set.port);
            let (name, port) = (&wanted.name, found.port.number);
            let message = format!("{name} uses port {port} in place of {} ({})", set.port, set.from);
            notices.push(Notice::info(message));
        }
        if let Some((from, cause)) = lost.get(&wanted.at) {
            let (name, to, from) = (&wanted.name, found.port.number, from.number);
            let because = cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
            notices.push(Notice::info(format!("{name} moved from port {from} to {to}{because}")));
        }
        reserved.insert(wanted.at, found);
    }
    let services = &options.stack.services;
    let mut ports: Vec<Option<ServicePorts>> = services.iter().map(|_| None).collect();
    // By service, the main port first.
    for (at @ (service, _), ReservedPort { port, reservation }) in reserved {
        let before = lost.remove(&at);
        let moved =
            before.clone().map(|(from, cause)| ChangedPort { from: from.number, to: port.number, cause });
        match &mut ports[service] {
            Some(ports) => {
                ports.assignment.named.push(port);
                ports.reservations.push(reservation);
                ports.lost.extend(moved);
            }
            none => {
                let host = overrides.host(&services[service]);
                let mut assignment = PortAssignment::new(host, port, Vec::new());
                assignment.moved_from = before.map(|(from, _)| from);
                let (reservations, lost) = (vec![reservation], moved.into_iter().collect());
                *none = Some(ServicePorts { assignment, reservations, lost });
            }
        }
    }
    Ok(ports)
}

/// Why a port could not be had again. The system is asked who has it.
fn why_lost(port: u16, full: &RangeFull) -> Option<Cause> {
    let (_, reason) = full.refusals.first()?;
    match reason {
        TakenReason::InUse | TakenReason::Leased => {
            let holder = full.holders().first().map_or(Holder::UNKNOWN, |(_, holder)| holder.clone());
            Some(Cause::PortTaken { port, holder: Box::new(holder) })
        }
        TakenReason::Lingering => Some(Cause::ConnectionsLinger { port }),
        TakenReason::NotPermitted | TakenReason::AddressNotAvailable | TakenReason::Refused(_) => None,
    }
}

/// Finds what the system refuses whoever has the ports at this moment.
pub(crate) fn check(options: &LaunchOptions, overrides: &PortOverrides) -> Result<(), LaunchError> {
    let allocator = Allocator::new(Leases::none());
    let mut faults = Vec::new();
    for WantedPort { at, name, host, .. } in wanted(options, overrides) {
        // All of a service's ports are at one address.
        if at.1 == 0
            && host != Ipv4Addr::LOCALHOST
            && allocator
                .reserve_any(host)
                .is_err_and(|taken| taken.reason == TakenReason::AddressNotAvailable)
        {
            let variable = options.product.variable("HOST");
            faults.push(LaunchError::BadPort(format!(
                "service {name} cannot listen at {host}, which is no address of this machine; correct its `host` in the \
                 stack file, or {variable}"
            )));
        } else if let Some(set) = overrides.ports.get(&at).filter(|set| set.port < PERMITTED_MIN)
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

/// The port's own fallback range, else whatever the system gives.
fn alone(
    wanted: &WantedPort<'_>,
    allocator: &Allocator,
    except: &[u16],
    notices: &mut Vec<Notice>,
) -> Result<ReservedPort, LaunchError> {
    let name = &wanted.name;
    let mut reasons = Vec::new();
    if let Some(fallback) = wanted.spec.fallback {
        match first(allocator, wanted.request(), fallback, except) {
            Ok(reservation) => {
                let message = format!("{name} uses port {} of its own range {fallback}", reservation.port());
                notices.push(Notice::info(message));
                return Ok(ReservedPort::new(reservation, PortSource::Fallback));
            }
            Err(full) => reasons.push(full),
        }
    }
    match allocator.reserve_any(wanted.host) {
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
