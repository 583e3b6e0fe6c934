//! Gives each service its place: first choice, fallback, a port of the system's choosing, refusal.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use contract::{Handoff, PortSource};
use ports::{Allocator, PortRange, PortRequest, Reservation, TakenReason};

use super::wishes::{Wish, Wishes};
use super::{LaunchError, LaunchOptions, Notice};

/// Where a service is, and how it came there.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) reservation: Reservation,
    pub(crate) host: IpAddr,
    pub(crate) source: PortSource,
    /// A wish that could not be met.
    pub(crate) requested: Option<u16>,
    /// Where its newest healthy process listens instead, by its own choice.
    pub(crate) found: Option<SocketAddr>,
}

impl Place {
    fn new(reservation: Reservation, host: IpAddr, source: PortSource, requested: Option<u16>) -> Self {
        Self { reservation, host, source, requested, found: None }
    }

    /// How it came to where it is.
    pub(crate) fn source(&self) -> PortSource {
        if self.found.is_some() { PortSource::Found } else { self.source }
    }

    /// The port that was wished for, by a person or by the engine, where it is not that one.
    pub(crate) fn requested(&self) -> Option<u16> {
        self.requested.or(self.found.map(|_| self.reservation.port()))
    }

    /// Where it is told to listen.
    pub(crate) fn told(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.reservation.port())
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.found.unwrap_or_else(|| self.told())
    }
}

/// Places for all services that have a port, in the order of the stack file.
pub(crate) fn reserve(
    options: &LaunchOptions,
    wishes: &Wishes,
    allocator: &Allocator,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Option<Place>>, LaunchError> {
    let services = &options.stack.services;
    let mut places: Vec<Option<Place>> = services.iter().map(|_| None).collect();
    let host = |index: usize| {
        services
            .get_index(index)
            .and_then(|(_, service)| service.host)
            .or(wishes.host)
            .unwrap_or(Ipv4Addr::LOCALHOST.into())
    };
    let mut open = Vec::new();
    for (index, (_, service)) in services.iter().enumerate() {
        let Some(port) = &service.port else { continue };
        let Some(wish) = wishes.ports.get(&index) else {
            open.push(index);
            continue;
        };
        places[index] = wished(wish, host(index), port.strict, allocator, notices)?;
        if places[index].is_none() {
            open.push(index);
        }
    }
    let range = options.ports.range.unwrap_or(options.stack.ports);
    let requested = |index: &usize| wishes.ports.get(index).map(|wish| wish.port);
    let handoff = |index: usize| services[index].handoff;
    let requests: Vec<PortRequest> =
        open.iter().map(|index| port_request(host(*index), handoff(*index))).collect();
    // What was set for one service is not given to another, also while that one is looked after.
    let except: Vec<u16> = wishes.ports.values().map(|wish| wish.port).collect();
    match allocator.reserve_first(&requests, range, &except) {
        Ok(reservations) => {
            for (index, reservation) in open.iter().zip(reservations) {
                places[*index] =
                    Some(Place::new(reservation, host(*index), PortSource::Range, requested(index)));
            }
        }
        Err(full) => {
            notices.push(Notice::warning(format!("{full}; looking in each service's own range")));
            for index in &open {
                let mut place = alone(options, *index, host(*index), allocator, &except, notices)?;
                place.requested = requested(index);
                places[*index] = Some(place);
            }
        }
    }
    for (index, wish) in &wishes.ports {
        if let (Some(place), Some((name, _))) = (&places[*index], services.get_index(*index))
            && place.requested.is_some()
        {
            let port = place.address().port();
            let message = format!("{name} uses port {port} in place of {} ({})", wish.port, wish.from);
            notices.push(Notice::info(message));
        }
    }
    Ok(places)
}

/// The port that somebody set; `None` where another one is to be found.
fn wished(
    wish: &Wish,
    host: IpAddr,
    strict: bool,
    allocator: &Allocator,
    notices: &mut Vec<Notice>,
) -> Result<Option<Place>, LaunchError> {
    match allocator.reserve(wish.port, host) {
        Ok(reservation) => {
            if ports::is_blocked_by_browsers(wish.port) {
                notices.push(Notice::warning(format!(
                    "{} is {}, a port that browsers refuse to open; set another one",
                    wish.from, wish.port
                )));
            }
            Ok(Some(Place::new(reservation, host, PortSource::Set, None)))
        }
        Err(taken) => match &taken.reason {
            TakenReason::InUse | TakenReason::Leased if strict => {
                Err(LaunchError::Strict(format!("{}: {taken}", wish.from)))
            }
            TakenReason::InUse | TakenReason::Leased => {
                notices.push(Notice::warning(format!("{}: {taken}; finding another one", wish.from)));
                Ok(None)
            }
            _ => Err(LaunchError::BadPort(format!("{}: {taken}", wish.from))),
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
) -> Result<Place, LaunchError> {
    let Some((name, service)) = options.stack.services.get_index(index) else {
        unreachable!("an index of the stack")
    };
    let mut reasons = Vec::new();
    if let Some(fallback) = service.port.as_ref().and_then(|port| port.fallback) {
        match first(allocator, port_request(host, service.handoff), fallback, except) {
            Ok(reservation) => {
                let message = format!("{name} uses port {} of its own range {fallback}", reservation.port());
                notices.push(Notice::info(message));
                return Ok(Place::new(reservation, host, PortSource::Fallback, None));
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
            Ok(Place::new(reservation, host, PortSource::System, None))
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

/// Another place for a service that has to move.
pub(crate) fn elsewhere(
    allocator: &Allocator,
    (host, handoff): (IpAddr, Handoff),
    range: PortRange,
    fallback: Option<PortRange>,
    except: &[u16],
) -> Result<Place, String> {
    let mut reasons = Vec::new();
    for (range, source) in [(Some(range), PortSource::Range), (fallback, PortSource::Fallback)] {
        let Some(range) = range else { continue };
        match first(allocator, port_request(host, handoff), range, except) {
            Ok(reservation) => return Ok(Place::new(reservation, host, source, None)),
            Err(reason) => reasons.push(reason),
        }
    }
    match allocator.reserve_any(host) {
        Ok(reservation) => Ok(Place::new(reservation, host, PortSource::System, None)),
        Err(taken) => {
            reasons.push(taken.to_string());
            Err(reasons.join("; "))
        }
    }
}

/// The very port that somebody set.
pub(crate) fn exactly(allocator: &Allocator, host: IpAddr, port: u16) -> Result<Place, String> {
    match allocator.reserve(port, host) {
        Ok(reservation) => Ok(Place::new(reservation, host, PortSource::Set, None)),
        Err(taken) => Err(taken.to_string()),
    }
}
