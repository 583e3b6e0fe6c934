//! Why a port could not be had.

use std::fmt;
use std::io;
use std::sync::OnceLock;

use contract::Holder;
use thiserror::Error;

use crate::owners;

/// A port that could not be had, why, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Taken {
    /// The port in question.
    pub port: u16,
    /// Why it could not be had.
    pub reason: TakenReason,
    /// Who has it, as far as the system lets us see; empty where nobody is to blame.
    pub holders: Vec<Holder>,
}

/// Why a port could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenReason {
    /// Somebody else has it, bound or listening.
    InUse,
    /// Nobody has it, but connections of an earlier holder linger (TIME_WAIT, a minute on Linux), so that a
    /// plain bind is refused. Only a reason where one is wanted, see [`PortRequest`](crate::PortRequest).
    Lingering,
    /// Another instance of this user has leased it, and may not have bound it at this moment.
    Leased,
    /// The system does not let this user bind it (on Unix: below 1024).
    NotPermitted,
    /// The host is no address of this machine.
    AddressNotAvailable,
    /// The system refused for another reason, in its own words (no descriptors left, …).
    Refused(String),
}

/// A range that has not as many free ports as were asked for.
#[derive(Debug, Clone, Error)]
pub struct RangeFull {
    /// The lowest port that was looked at.
    pub start: u16,
    /// The highest port that was looked at.
    pub end: u16,
    /// How many ports were asked for.
    pub wanted: usize,
    /// How many of them were free.
    pub found: usize,
    /// The first ports that could not be had, at most [`RangeFull::REFUSALS_MAX`], and why.
    pub refusals: Vec<(u16, TakenReason)>,
    holders: OnceLock<Vec<(u16, Holder)>>,
}

impl Taken {
    /// Finds out who has `port`.
    pub(crate) fn explain(port: u16, reason: TakenReason) -> Self {
        let holders = match reason {
            TakenReason::InUse | TakenReason::Leased => owners::holders(port),
            _ => Vec::new(),
        };
        Self { port, reason, holders }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match (&self.reason, self.holders.first()) {
            (TakenReason::InUse, Some(holder)) => {
                write!(f, "port {port} is taken by {holder}")?;
                holder.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; to see more, run: {hint}"))
            }
            (TakenReason::InUse, None) => write!(f, "port {port} is taken"),
            (TakenReason::Leased, Some(holder)) => {
                write!(f, "port {port} is reserved by another instance, and {holder} listens there")
            }
            (TakenReason::Leased, None) => write!(f, "port {port} is reserved by another instance"),
            (TakenReason::Lingering, _) => {
                write!(f, "connections of an earlier holder of port {port} linger for up to a minute")
            }
            (TakenReason::NotPermitted, _) => {
                write!(f, "port {port} is not permitted to this user; choose one from 1024 to 65535")
            }
            (TakenReason::AddressNotAvailable, _) => {
                write!(f, "port {port} cannot be bound: the host is no address of this machine")
            }
            (TakenReason::Refused(why), _) => write!(f, "port {port} cannot be bound: {why}"),
        }
    }
}

impl From<io::Error> for TakenReason {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::InUse,
            // Windows permits every port, and keeps some ranges, or the ports of other users, from everybody.
            io::ErrorKind::PermissionDenied if cfg!(windows) => Self::InUse,
            io::ErrorKind::PermissionDenied => Self::NotPermitted,
            io::ErrorKind::AddrNotAvailable => Self::AddressNotAvailable,
            _ => Self::Refused(error.to_string()),
        }
    }
}

impl RangeFull {
    /// How many refused ports are remembered, for the message.
    pub const REFUSALS_MAX: usize = 3;

    pub(crate) fn new(
        (start, end): (u16, u16),
        wanted: usize,
        found: usize,
        refusals: Vec<(u16, TakenReason)>,
    ) -> Self {
        Self { start, end, wanted, found, refusals, holders: OnceLock::new() }
    }

    /// Who has the first ports of the range. The system is asked when this (or the message) is
    /// wanted for the first time, since it takes long beside the search.
    pub fn holders(&self) -> &[(u16, Holder)] {
        self.holders.get_or_init(|| {
            let owner = |&(port, ref reason): &(u16, TakenReason)| match reason {
                TakenReason::InUse | TakenReason::Leased => owners::holder(port).map(|holder| (port, holder)),
                _ => None,
            };
            self.refusals.iter().filter_map(owner).collect()
        })
    }
}

impl fmt::Display for RangeFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, end, wanted, found, .. } = self;
        if start > end {
            return write!(f, "port range {start}-{end} starts above its end; did you mean {end}-{start}?");
        }
        match found {
            0 => write!(f, "no free port in {start}-{end}")?,
            found => write!(f, "only {found} of {wanted} ports free in {start}-{end}")?,
        }
        let mut separator = ": ";
        for (port, holder) in self.holders() {
            write!(f, "{separator}{port} is held by {holder}")?;
            separator = ", ";
        }
        for (port, reason) in &self.refusals {
            if self.holders().iter().any(|(held, _)| held == port) {
                continue;
            }
            let taken = Taken { port: *port, reason: reason.clone(), holders: Vec::new() };
            write!(f, "{separator}{taken}")?;
            separator = ", ";
        }
        Ok(())
    }
}
