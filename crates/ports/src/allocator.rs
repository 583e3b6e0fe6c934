//! Taking ports: by number, out of a range, or one of the system's choosing.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::bind_check::{self, Proven};
use crate::blocked::is_blocked_by_browsers;
use crate::error::{RangeFull, Taken, TakenReason};
use crate::lease::{Lease, Leases};
use crate::os::{self, BindConflict, HeldPorts, TableScope};
use crate::range::PortRange;
use crate::reservation::Reservation;

/// Where a port is wanted, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRequest {
    /// The address that it will be bound at.
    pub host: IpAddr,
    /// Whoever binds it does so without SO_REUSEADDR, as far as one knows: a port with connections in
    /// TIME_WAIT is of no use to them.
    pub plain_bind: bool,
}

impl From<IpAddr> for PortRequest {
    /// For a socket that has SO_REUSEADDR, as those of this crate have.
    fn from(host: IpAddr) -> Self {
        Self { host, plain_bind: false }
    }
}

/// Takes ports. Clones share the leases.
#[derive(Debug, Clone)]
pub struct Allocator {
    leases: Leases,
}

impl Allocator {
    /// An allocator that keeps away from what other instances have leased.
    pub fn new(leases: Leases) -> Self {
        Self { leases }
    }

    /// Reserves `port` at `host`. Ports that browsers refuse are reserved as well: who asks for one by
    /// number is told by [`is_blocked_by_browsers`].
    ///
    /// # Errors
    /// If it is taken, leased by another instance, not permitted, or `host` is no address of this
    /// machine.
    pub fn reserve(&self, port: u16, host: IpAddr) -> Result<Reservation, Taken> {
        let host = host.to_canonical();
        let lease = self.leases.lease(port).ok_or_else(|| Taken::explain(port, TakenReason::Leased))?;
        bind_check::prove(port, host, false)
            .and_then(|proven| Reservation::new(proven, host, lease))
            .map_err(|reason| Taken::explain(port, reason))
    }

    /// Reserves the lowest free ports of `range`, one for each of `requests` in their order, in one
    /// pass; all or none. Ports in `except` and ports that browsers refuse are passed over. A request is an
    /// address, or a [`PortRequest`].
    ///
    /// # Errors
    /// If there are not as many.
    pub fn reserve_first<R: Into<PortRequest> + Copy>(
        &self,
        requests: &[R],
        range: PortRange,
        except: &[u16],
    ) -> Result<Vec<Reservation>, RangeFull> {
        let canonical = |request: &R| {
            let request: PortRequest = (*request).into();
            PortRequest { host: request.host.to_canonical(), ..request }
        };
        let requests: Vec<PortRequest> = requests.iter().map(canonical).collect();
        if let Some(reservations) = self.reserve_first_at_once(&requests, range, except) {
            return Ok(reservations);
        }
        let mut scan = Scan::new(&self.leases, (range.start(), range.end()), except);
        let mut reservations = Vec::with_capacity(requests.len());
        for request in &requests {
            let reservation = loop {
                let Some((proven, lease)) = scan.next_free(*request) else {
                    return Err(scan.into_error(requests.len(), reservations.len()));
                };
                let port = lease.port();
                match Reservation::new(proven, request.host, lease) {
                    Ok(reservation) => break reservation,
                    Err(reason) => scan.refuse(port, reason),
                }
            };
            reservations.push(reservation);
        }
        Ok(reservations)
    }

    /// The usual case: nobody is in the way from the first port on, but connections of an earlier launch
    /// linger. One look at the table is enough for all of them. `None` where anything is otherwise.
    fn reserve_first_at_once(
        &self,
        requests: &[PortRequest],
        range: PortRange,
        except: &[u16],
    ) -> Option<Vec<Reservation>> {
        let mut ports = (range.start()..=range.end())
            .filter(|port| !is_blocked_by_browsers(*port) && !except.contains(port));
        let mut found = Vec::with_capacity(requests.len());
        for request in requests {
            let port = ports.next()?;
            let lease = self.leases.lease(port)?;
            let bound = bind_check::bind(port, request.host).ok()?;
            if bound.is_contested && request.plain_bind {
                return None;
            }
            found.push((bound, request.host, lease));
        }
        let contested = found.iter().filter(|(bound, ..)| bound.is_contested);
        let attempts: Vec<_> =
            contested.map(|(bound, host, lease)| bound.attempt(lease.port(), *host)).collect();
        let count = found.iter().map(|(bound, ..)| bound.count()).sum();
        if !attempts.is_empty() && os::explain_conflict(&attempts, count) != BindConflict::Lingering {
            return None;
        }
        found
            .into_iter()
            .map(|(bound, host, lease)| Reservation::new(bound.proven, host, lease).ok())
            .collect()
    }

    /// Reserves a port of the system's choosing at `host`, passing over those that browsers refuse
    /// and those that are not free at every address that conflicts.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn reserve_any(&self, host: IpAddr) -> Result<Reservation, Taken> {
        const TRIES_MAX: usize = 128;
        let host = host.to_canonical();
        let mut last = (0, TakenReason::InUse);
        for _ in 0..TRIES_MAX {
            let (port, proven) = match bind_check::prove_any(host) {
                Ok(found) => found,
                Err(TakenReason::InUse) => continue,
                Err(reason) => return Err(Taken::explain(0, reason)),
            };
            if is_blocked_by_browsers(port) {
                continue;
            }
            let outcome = match self.leases.lease(port) {
                Some(lease) => Reservation::new(proven, host, lease),
                None => Err(TakenReason::Leased),
            };
            match outcome {
                Ok(reservation) => return Ok(reservation),
                Err(reason) => last = (port, reason),
            }
        }
        Err(Taken { port: last.0, reason: last.1, holders: Vec::new() })
    }
}

/// One pass over a range, lowest port first.
pub(crate) struct Scan<'a> {
    leases: &'a Leases,
    ends: (u16, u16),
    rest: RangeInclusive<u16>,
    except: &'a [u16],
    refusals: Vec<(u16, TakenReason)>,
    /// Ports with lingering connections that were of no use to a request so far; they may be of use to a later one.
    lingering: VecDeque<u16>,
    stopped: bool,
    /// Binds that failed since the table was read.
    misses: usize,
    scope: Option<TableScope>,
    held: Option<HeldPorts>,
}

/// After so many binds in vain the kernel's table costs less than the ones it saves.
const MISSES_BEFORE_TABLE: usize = 2;

impl<'a> Scan<'a> {
    pub(crate) fn new(leases: &'a Leases, ends: (u16, u16), except: &'a [u16]) -> Self {
        Self {
            leases,
            ends,
            rest: ends.0..=ends.1,
            except,
            refusals: Vec::new(),
            lingering: VecDeque::new(),
            stopped: false,
            misses: 0,
            scope: None,
            held: None,
        }
    }

    /// The next port that is free for `request`, bound and leased.
    pub(crate) fn next_free(&mut self, request: PortRequest) -> Option<(Proven, Lease)> {
        let PortRequest { host, plain_bind } = request;
        if !plain_bind {
            while let Some(port) = self.lingering.pop_front() {
                if let Some(lease) = self.leases.lease(port)
                    && let Ok(proven) = bind_check::prove(port, host, false)
                {
                    return Some((proven, lease));
                }
            }
        }
        while !self.stopped {
            let port = self.rest.next()?;
            if is_blocked_by_browsers(port) || self.except.contains(&port) {
                continue;
            }
            if self.held.as_ref().is_some_and(|held| held.contains(port, host)) {
                self.refuse(port, TakenReason::InUse);
                continue;
            }
            let Some(lease) = self.leases.lease(port) else {
                self.refuse(port, TakenReason::Leased);
                continue;
            };
            match bind_check::prove(port, host, plain_bind) {
                Ok(proven) => return Some((proven, lease)),
                Err(reason) => {
                    if reason == TakenReason::Lingering {
                        self.lingering.push_back(port);
                    }
                    self.refuse(port, reason);
                    self.misses += 1;
                }
            }
            if self.misses == MISSES_BEFORE_TABLE {
                self.read_table();
            }
        }
        None
    }

    /// Notes that `port` cannot be had.
    pub(crate) fn refuse(&mut self, port: u16, reason: TakenReason) {
        // The same answer awaits at every other port.
        self.stopped |= matches!(reason, TakenReason::AddressNotAvailable | TakenReason::Refused(_));
        if self.refusals.len() < RangeFull::REFUSALS_MAX {
            self.refusals.push((port, reason));
        } else if self.stopped {
            self.refusals[0] = (port, reason);
        }
    }

    /// Finds out which of the remaining ports are hopeless. Where listeners are not what is in the
    /// way, the bound sockets are asked for as well.
    fn read_table(&mut self) {
        let scope = match self.scope {
            None => TableScope::Listening,
            Some(TableScope::Listening) => TableScope::Bound,
            Some(TableScope::Bound) => return,
        };
        self.scope = Some(scope);
        self.misses = 0;
        // Without a table every port is tried, which is right as well, and slower.
        self.held = os::held_ports(*self.rest.start(), *self.rest.end(), scope).ok();
    }

    pub(crate) fn into_error(self, wanted: usize, found: usize) -> RangeFull {
        RangeFull::new(self.ends, wanted, found, self.refusals)
    }
}
