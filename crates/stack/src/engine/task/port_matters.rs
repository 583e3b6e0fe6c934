//! Ports at run time: who listens, who took one, and where to go instead.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use contract::Wanted;

use super::{Task, conflict_of};
use crate::engine::places::{self, Place};
use crate::engine::run;
use crate::life::{Event, PortCheck, RunId};
use stackfile::{OnConflict, ProbeKind};

/// A service gets this long to bind the port that it was told before its other listeners are asked; less where
/// it has less time to start.
const LOOK_ELSEWHERE_AFTER: Duration = Duration::from_secs(3);
/// From one look at a service's other listeners to the next.
const LOOK_ELSEWHERE_EVERY: Duration = Duration::from_secs(1);

impl Task {
    pub(super) fn current_ports(&self) -> Vec<u16> {
        let places =
            self.slots.iter().flat_map(|slot| [slot.place.as_ref(), slot.next_place.as_ref()]).flatten();
        places.map(|place| place.reservation.port()).collect()
    }

    /// Makes sure that the port is reserved before a start; else says what became of it.
    pub(super) fn take_port(&mut self, index: usize, prepared: bool) -> Option<PortCheck> {
        let place = self.slots[index].place_for_mut(prepared)?;
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
        let handoff = self.slots[index].service.handoff;
        places::elsewhere(&self.allocator, (host, handoff), range, fallback, &self.current_ports())
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

    /// The present addresses of the services on which this one depends.
    pub(super) fn addresses_for(&self, index: usize, prepared: bool) -> Vec<(usize, SocketAddr)> {
        let address = |other: &usize| Some((*other, self.slots[*other].place_for(prepared)?.address()));
        self.depends[index].iter().filter_map(address).collect()
    }

    /// Starts anew every service that runs with an address that has changed, whatever changed it. Each change
    /// is acted upon once.
    pub(super) fn restart_for_changed_addresses(&mut self) {
        for index in 0..self.slots.len() {
            let life = &self.slots[index].life;
            let Some(run) = life.current_run().filter(|run| !life.is_retiring(*run)) else { continue };
            let Some(known) = self.slots[index].runs.get(&run) else { continue };
            let present = self.addresses_for(index, known.prepared);
            if life.wanted() == Wanted::Up && known.given != present {
                if let Some(known) = self.slots[index].runs.get_mut(&run) {
                    known.given = present;
                }
                self.events.push_back((index, Event::Rewire));
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

    /// A service that does not listen where it was told to may listen somewhere else. What is seen first proves
    /// little: debuggers and metrics open ports of their own, and the told port may open late.
    pub(super) fn look_elsewhere(&mut self, index: usize, run: RunId) {
        if !self.is_number(index) {
            return;
        }
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get_mut(&run) else { return };
        let now = Instant::now();
        let patience = LOOK_ELSEWHERE_AFTER.min(slot.service.start_timeout / 2);
        let is_due = known.next_look.is_some_and(|at| at <= now) && now >= known.started + patience;
        if !is_due || known.found.is_some() || slot.life.is_up() {
            return;
        }
        known.next_look = Some(now + LOOK_ELSEWHERE_EVERY);
        let Some(told) = known.told else { return };
        let Ok(listeners) = ports::listeners_of(&known.members.pids()) else { return };
        if listeners.is_empty() || listeners.iter().any(|listener| listener.port() == told.port()) {
            return;
        }
        let probe = slot.service.health.probe.clone();
        if matches!(probe, ProbeKind::Http(_)) {
            known.next_look = None;
            let timeout = slot.service.health.timeout.min(LOOK_ELSEWHERE_EVERY);
            run::ask_elsewhere(probe, listeners, timeout, (index, run), self.facts_sender.clone());
        } else {
            self.say_elsewhere(
                index,
                run,
                &listeners,
                "a tcp check does not tell whether that is the service",
            );
        }
    }

    /// Says once that a service listens, but not where it counts.
    fn say_elsewhere(&mut self, index: usize, run: RunId, listeners: &[SocketAddr], why: &str) {
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get_mut(&run) else { return };
        let Some(told) = known.told else { return };
        if !std::mem::replace(&mut known.said_elsewhere, true) {
            let listeners: Vec<String> = listeners.iter().map(SocketAddr::to_string).collect();
            let (listeners, port) = (listeners.join(", "), told.port());
            slot.output
                .say(format!("it listens on {listeners}, not on the port {port} that it was told; {why}"));
        }
    }

    /// A listener that answers the service's own check is the service, as long as the told port is shut.
    pub(super) fn asked_elsewhere(&mut self, index: usize, run: RunId, answered: Option<SocketAddr>) {
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get_mut(&run) else { return };
        known.next_look = Some(Instant::now() + LOOK_ELSEWHERE_EVERY);
        let Some(told) = known.told else { return };
        let Ok(listeners) = ports::listeners_of(&known.members.pids()) else { return };
        if slot.life.is_up() || listeners.iter().any(|listener| listener.port() == told.port()) {
            return;
        }
        match answered.filter(|answered| listeners.contains(answered)) {
            Some(found) => {
                known.is_found_at(found, (index, run), self.facts_sender.clone());
                let port = told.port();
                slot.output.say(format!("it listens on {found}, not on the port {port} that it was told"));
                self.events.push_back((index, Event::Answered(run)));
            }
            None => self.say_elsewhere(index, run, &listeners, "it does not answer its health check there"),
        }
    }

    /// The told port wins whenever it opens.
    pub(super) fn look_at_told_port(&mut self, index: usize, run: RunId) {
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get_mut(&run).filter(|known| known.found.is_some()) else { return };
        let Some(told) = known.told else { return };
        if ports::listening_inodes(told.port()).is_ok_and(|sockets| sockets.is_empty()) {
            return;
        }
        let Ok(listeners) = ports::listeners_of(&known.members.pids()) else { return };
        if !listeners.iter().any(|listener| listener.port() == told.port()) {
            return;
        }
        known.is_where_told();
        slot.output.say(format!("it listens on the port {} that it was told", told.port()));
        if slot.life.is_up() && slot.life.current_run() == Some(run) {
            self.show_where_it_listens(index, run);
        }
    }

    /// The map, and whoever depends on the service, gets to know where this run of it listens.
    pub(super) fn show_where_it_listens(&mut self, index: usize, run: RunId) {
        let slot = &mut self.slots[index];
        let Some((found, prepared)) = slot.runs.get(&run).map(|run| (run.found, run.prepared)) else {
            return;
        };
        if let Some(place) = slot.place_for_mut(prepared) {
            place.found = found;
        }
        self.changed[index] = true;
    }
}
