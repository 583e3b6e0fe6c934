//! What waits for something: instructions for the end of a move, services for their ports.

use contract::Request;

use super::{LostPort, PortPreferences, PortWanted, RequestId};
use crate::lifecycle::RunId;

/// What a person asked for.
#[derive(Debug)]
pub(super) enum Instruction {
    Request(RequestId, Request),
    Apply(RequestId, PortPreferences),
}

/// A service's ports that are being bound again.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) service: usize,
    pub(super) staged: bool,
    /// Which ports, should the service get another one in the meantime.
    pub(super) ports: Vec<u16>,
    pub(super) purpose: ClaimPurpose,
}

/// What ports are being reserved for.
#[derive(Debug)]
pub(super) enum Reserving {
    /// A lost port.
    Replacement(Replacement),
    /// A move that begins once they are there.
    Move(PendingMove),
}

#[derive(Debug)]
pub(super) struct PendingMove {
    pub(super) request: RequestId,
    pub(super) wanted: Vec<PortWanted>,
    /// A service that has failed is tried at its new port only if it was asked for by name: a broken service must
    /// not keep the others from being moved.
    pub(super) by_name: bool,
    /// The settings that come into force with it.
    pub(super) settings: Option<PortPreferences>,
}

/// A port in place of a lost one.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) service: usize,
    pub(super) port: usize,
    pub(super) staged: bool,
    pub(super) lost: LostPort,
    pub(super) purpose: ClaimPurpose,
}

/// What ports are bound again for.
#[derive(Debug, Clone, Copy)]
pub(super) enum ClaimPurpose {
    /// A run is to be started on it.
    Start(RunId),
    /// The last process of that run has ended, and nobody else is to get it.
    AfterEnd(RunId),
    /// Somebody had it, and may have let go.
    Retry,
}
