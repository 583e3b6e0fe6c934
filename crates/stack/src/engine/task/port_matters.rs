//! Ports at run time: who listens, who took one, and where to go instead.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use contract::Wanted;

use super::{Task, conflict_of};
use crate::engine::places::{self, Place};
use crate::file::OnConflict;
use crate::life::{Event, PortCheck, RunId};

/// A service gets this long to bind the port that it was told before it is looked for elsewhere.
const LOOK_ELSEWHERE_AFTER: Duration = Duration::from_millis(200);
/// A port of its own choosing counts when it was seen this often in a row: some open another one first.
const SEEN_ELSEWHERE: u32 = 3;

impl Task {
    pub(super) fn current_ports(&self) -> Vec<u16> {
        let places =
            self.slots.iter().flat_map(|slot| [slot.place.as_ref(), slot.next_place.as_ref()]).flatten();
        places.map(|place| place.reservation.port()).collect()
    }

    /// Makes sure that the port is reserved before a start; else says what became of it.
    pub(super) fn take_port(&mut self, index: usize, prepared: bool) -> Option<PortCheck> {
        let place = self.slots[index].place_for_mut(prepared)?;
        place.found = None;
        if place.reservation.is_holding() {
            return None;
        }
        let taken = place.reservation.retake().err()?;
        Some(self.lost(index, prepared, &taken))
    }

    /// After the last process of a service told by number has ended, its port is reserved again at once.
    pub(super) fn port_after_end(&mut self, index: usize) -> PortCheck {
        let slot = &mut self.slots[index];
        let moving = slot.next_place.is_some();
        if slot.life.wanted() == Wanted::Down || !self.is_number(index) {
            return PortCheck::Ours;
        }
        let Some(place) = &mut self.slots[index].place else { return PortCheck::Ours };
        let retaken = if place.reservation.is_holding() { Ok(()) } else { place.reservation.retake() };
        match retaken {
            Ok(()) => PortCheck::Ours,
            // It is about to go elsewhere anyway.
            Err(_) if moving => PortCheck::Ours,
            Err(taken) => self.lost(index, false, &taken),
        }
    }

    /// Somebody has the port. Before anybody has seen the address it moves; afterwards that is for a person
    /// to say, unless they said so beforehand.
    fn lost(&mut self, index: usize, prepared: bool, taken: &ports::Taken) -> PortCheck {
        let slot = &self.slots[index];
        let on_conflict =
            slot.service.on_conflict.or(self.options.stack.on_conflict).unwrap_or(self.options.on_conflict);
        let asks = slot.published && on_conflict == OnConflict::Ask;
        if asks || self.is_strict(index) {
            return PortCheck::Taken(conflict_of(taken));
        }
        let Some(host) = slot.place_for(prepared).map(|place| place.host) else { return PortCheck::Ours };
        match self.place_elsewhere(index, host) {
            Ok(place) => {
                let port = place.address().port();
                self.slots[index].output.say(format!("{taken}; using port {port} instead"));
                tracing::warn!(service = self.slots[index].name, port, "{taken}; moved");
                if prepared {
                    self.slots[index].next_place = Some(place);
                } else {
                    self.settle_at(index, place);
                    self.rewire(index);
                }
                PortCheck::Moved
            }
            Err(reason) => {
                self.slots[index].output.say(format!("{taken}, and no other port is free: {reason}"));
                PortCheck::Taken(conflict_of(taken))
            }
        }
    }

    pub(super) fn is_strict(&self, index: usize) -> bool {
        let slot = &self.slots[index];
        slot.service.port.as_ref().is_some_and(|port| port.strict)
            && slot.place.as_ref().is_some_and(|place| place.source == contract::PortSource::Set)
    }

    pub(super) fn place_elsewhere(&self, index: usize, host: std::net::IpAddr) -> Result<Place, String> {
        let range = self.options.ports.range.unwrap_or(self.options.stack.ports);
        let fallback = self.slots[index].service.port.as_ref().and_then(|port| port.fallback);
        places::elsewhere(&self.allocator, host, range, fallback, &self.current_ports())
    }

    /// The service's place is another one from now on. A wish that is not met by it stays known.
    pub(super) fn settle_at(&mut self, index: usize, mut place: Place) {
        let slot = &mut self.slots[index];
        if let Some(old) = &slot.place {
            let wish = if old.source == contract::PortSource::Set {
                Some(old.reservation.port())
            } else {
                old.requested
            };
            place.requested = wish.filter(|wish| *wish != place.address().port());
        }
        slot.place = Some(place);
    }

    /// Starts anew what was started with an address that is no longer true.
    pub(super) fn rewire(&mut self, index: usize) {
        self.rewire_all_but(index, &BTreeSet::new());
    }

    /// As [`Task::rewire`], but for those that have been told already.
    pub(super) fn rewire_all_but(&mut self, index: usize, told: &BTreeSet<usize>) {
        let name = self.slots[index].name.clone();
        for (other, slot) in self.slots.iter().enumerate() {
            if other != index
                && !told.contains(&other)
                && !slot.runs.is_empty()
                && slot.life.wanted() == Wanted::Up
                && slot.depends_on(&name)
            {
                self.events.push_back((other, Event::Rewire));
            }
        }
    }

    pub(super) fn try_port(&mut self, index: usize) {
        if let Some(place) = &mut self.slots[index].place
            && place.reservation.retake().is_ok()
        {
            self.events.push_back((index, Event::PortRegained));
        }
    }

    /// An answer counts if it came from the service's own processes.
    pub(super) fn whose_answer(&mut self, index: usize, run: RunId, address: SocketAddr) -> Event {
        if !self.is_number(index) {
            return Event::Answered(run);
        }
        let Some(known) = self.slots[index].runs.get_mut(&run) else { return Event::Answered(run) };
        let port = address.port();
        let Ok(sockets) = ports::listening_inodes(port) else { return Event::Answered(run) };
        if !sockets.is_empty() && sockets.iter().all(|socket| known.own_sockets.contains(socket)) {
            return Event::Answered(run);
        }
        let Ok(listeners) = ports::listeners_of(&known.members.pids()) else { return Event::Answered(run) };
        if listeners.iter().any(|listener| listener.port() == port) {
            known.own_sockets = sockets;
            return Event::Answered(run);
        }
        let holder =
            ports::holder(port).map_or_else(|| "another process".to_owned(), |holder| holder.to_string());
        self.slots[index].output.say(format!("port {port} is answered by {holder}, not by this service"));
        Event::PortLost(run)
    }

    /// A service that does not listen where it was told to may listen somewhere else.
    pub(super) fn look_elsewhere(&mut self, index: usize, run: RunId, address: SocketAddr) {
        if !self.is_number(index) {
            return;
        }
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get_mut(&run) else { return };
        if known.started.elapsed() < LOOK_ELSEWHERE_AFTER || slot.life.is_up() {
            return;
        }
        let Ok(mut listeners) = ports::listeners_of(&known.members.pids()) else { return };
        listeners.sort_by_key(SocketAddr::port);
        if listeners.iter().any(|listener| listener.port() == address.port()) {
            known.elsewhere = None;
            return;
        }
        let Some(found) = listeners.first().copied() else { return };
        let seen = match known.elsewhere {
            Some((before, seen)) if before == found => seen + 1,
            _ => 1,
        };
        known.elsewhere = Some((found, seen));
        if seen < SEEN_ELSEWHERE {
            return;
        }
        known.elsewhere = None;
        let prepared = known.prepared;
        if let Some(place) = slot.place_for_mut(prepared) {
            place.found = Some(found);
        }
        slot.output
            .say(format!("it listens on {found}, not on the port {} that it was told", address.port()));
        self.rewire(index);
    }
}
