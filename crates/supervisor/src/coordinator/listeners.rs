//! Where services listen, as opposed to where they were told to.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use contract::{Cause, HandedBy, Holder};

use super::times::{LATE_MIN, LOOK_EVERY, LOOK_WHILE_UP_EVERY, patience};
use super::{Answerer, Coordinator, Effect, Listeners, ProcessRun, Search};
use crate::lifecycle::{LifecycleEvent, RunId};

/// Those that do not listen on that port, for people.
fn but_for(port: u16, listeners: &[SocketAddr]) -> Vec<String> {
    listeners.iter().filter(|listener| listener.port() != port).map(SocketAddr::to_string).collect()
}

impl Coordinator {
    pub(super) fn probed(
        &mut self,
        index: usize,
        run: RunId,
        address: Option<SocketAddr>,
        result: Result<Answerer, Cause>,
        late: Duration,
    ) {
        if late >= LATE_MIN {
            // This program or the machine stood still; what is late by that says nothing.
            self.events.push_back((index, LifecycleEvent::Resumed(late)));
        }
        let Some(present) = self.services[index].runs.get(&run).map(ProcessRun::probe_address) else {
            return;
        };
        // It has moved since; the answer is about another address, and says nothing.
        if present != address {
            let timeout = self.services[index].spec.policy.timeout;
            return self.push(Effect::Probe { service: index, run, address: present, timeout });
        }
        let event = match result {
            Ok(Answerer::Stranger(holder)) if !self.services[index].spec.any_listener => {
                let port = address.map_or(0, |address| address.port());
                let cause = Cause::AnsweredByOther { port, holder: Box::new(holder) };
                self.log(index, cause.to_string());
                LifecycleEvent::PortLost(run, cause)
            }
            // The port was the launcher's until just before the start: who listens there came after it.
            Ok(answerer) => {
                self.note_answerer(index, run, answerer);
                LifecycleEvent::Answered(run)
            }
            Err(error) => {
                self.log_suspension(index, Some(&error));
                LifecycleEvent::NotAnswered(run, error)
            }
        };
        self.events.push_back((index, event));
    }

    /// Says in the service's log when it turns out that it is suspended.
    pub(super) fn log_suspension(&mut self, index: usize, cause: Option<&Cause>) {
        let known = self.services[index].machine.last_error();
        if let Some(cause) = cause.filter(|cause| cause.is_suspension() && known != Some(cause)) {
            self.log(index, cause.to_string());
        }
    }

    fn note_answerer(&mut self, index: usize, run: RunId, answerer: Answerer) {
        let Some(known) = self.services[index].runs.get_mut(&run) else { return };
        if known.answered_by == answerer {
            return;
        }
        let cause = answerer.cause();
        known.answered_by = answerer;
        if let Some(cause) = cause {
            self.log(index, cause.to_string());
        }
    }

    /// When some run's listeners are to be looked at.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.services.iter().flat_map(|service| service.runs.values()).filter_map(|run| run.next_look).min()
    }

    /// Looks at the listeners of the runs whose turn it is.
    pub(super) fn look_at_listeners(&mut self) {
        let now = self.now;
        let mut looks = Vec::new();
        for (index, service) in self.services.iter_mut().enumerate() {
            let (machine, policy) = (&service.machine, &service.spec.policy);
            for (&run, known) in &mut service.runs {
                if known.next_look.take_if(|at| *at <= now).is_none() || machine.is_retiring(run) {
                    continue;
                }
                let Some(told) = known.told() else { continue };
                let is_sought = policy.number && !machine.is_up() && machine.current_run() == Some(run);
                let search = match is_sought && known.found.is_none() {
                    true if now >= known.started + patience(policy) => Search::Anywhere,
                    true => Search::ToldPort,
                    false => Search::Nowhere,
                };
                let timeout = policy.timeout.min(LOOK_EVERY);
                let named = known.named();
                looks.push(Effect::FindListeners { service: index, run, told, named, search, timeout });
            }
        }
        looks.into_iter().for_each(|look| self.push(look));
    }

    /// All listeners are shown. While nobody answers where the service was told to listen, one that answers its check
    /// is the service. What is seen first proves little: debuggers and metrics open ports of their own, and the told
    /// port may open late.
    pub(super) fn listeners_found(&mut self, index: usize, run: RunId, listeners: Listeners) {
        let now = self.now;
        let service = &mut self.services[index];
        let (is_up, policy) = (service.machine.is_up(), &service.spec.policy);
        let Some(known) = service.runs.get_mut(&run) else { return };
        let Some(told) = known.told() else { return };
        // A service may listen at several addresses, one after the other.
        let is_settled = is_up && std::mem::replace(&mut known.was_up, is_up);
        known.next_look = Some(now + if is_settled { LOOK_WHILE_UP_EVERY } else { LOOK_EVERY });
        let has_changed = known.listeners != listeners.addresses;
        known.listeners.clone_from(&listeners.addresses);
        let named = known.named();
        let mut listeners = listeners;
        // That it listens there says nothing of where it listens by its main port.
        listeners.addresses.retain(|listener| !named.contains(&listener.port()));
        // One that listens nowhere yet may be slow.
        let is_elsewhere = listeners.addresses.iter().any(|listener| listener.port() != told.port());
        let limit = if is_elsewhere { patience(policy) } else { policy.start_timeout / 2 };
        let (is_overdue, number) = (now >= known.started + limit, policy.number);
        if has_changed {
            self.mark_changed(index);
        }
        match listeners.answered {
            _ if is_settled => self.hold_loopback(index, run, told),
            _ if is_up => {}
            Some(found) => self.found_elsewhere(index, run, told, found),
            None if is_overdue && number => self.answers_nowhere(index, run, told, &listeners),
            None if is_overdue && listeners.unaccepted => {
                self.socket_not_taken(index, run, told, &listeners.addresses);
            }
            None => {}
        }
    }

    /// Nobody else is to sit behind `localhost` at the port of a service that has bound it itself, unseen.
    fn hold_loopback(&mut self, index: usize, run: RunId, told: SocketAddr) {
        let service = &self.services[index];
        let Some(known) = service.runs.get(&run) else { return };
        let (served, staged) = (known.found.unwrap_or(told), known.staged);
        let is_own = service.spec.policy.number && !service.spec.any_listener;
        if is_own && served.port() == told.port() && service.machine.current_run() == Some(run) {
            self.push(Effect::HoldLoopback { service: index, run, staged, served: served.ip() });
        }
    }

    pub(super) fn loopback_held(&mut self, index: usize, run: RunId, taken: Option<(SocketAddr, Holder)>) {
        let Some(known) = self.services[index].runs.get_mut(&run) else { return };
        let taken = taken.map(|(address, holder)| Cause::LoopbackTaken {
            address: address.to_string(),
            holder: Box::new(holder),
        });
        if taken.is_some() {
            known.next_look = Some(self.now + LOOK_EVERY);
        }
        if known.loopback_taken != taken {
            known.loopback_taken.clone_from(&taken);
            self.mark_changed(index);
            if let Some(cause) = taken {
                self.log(index, cause.to_string());
            }
        }
    }

    fn found_elsewhere(&mut self, index: usize, run: RunId, told: SocketAddr, found: SocketAddr) {
        self.log(index, format!("it listens on {found}, not on {told} as it was told"));
        if let Some(known) = self.services[index].runs.get_mut(&run) {
            known.found = Some(found);
        }
        self.push(Effect::WatchToldPort { service: index, run, told, found });
        self.events.push_back((index, LifecycleEvent::Answered(run)));
    }

    fn answers_nowhere(&mut self, index: usize, run: RunId, told: SocketAddr, listeners: &Listeners) {
        let others = but_for(told.port(), &listeners.addresses);
        let cause = if let Some(holder) = listeners.hidden.clone().filter(|_| listeners.addresses.is_empty())
        {
            Cause::ListenersHidden { holder: Box::new(holder) }
        } else if others.is_empty() || others.len() < listeners.addresses.len() {
            return;
        } else {
            Cause::NotOnToldPort { port: told.port(), listeners: others.join(", ") }
        };
        self.hinder(index, run, cause);
    }

    /// The launcher's own queue takes connections whether anybody accepts them or not.
    fn socket_not_taken(&mut self, index: usize, run: RunId, told: SocketAddr, listeners: &[SocketAddr]) {
        let others = but_for(told.port(), listeners);
        let (address, handed) = (told.to_string(), HandedBy::HERE);
        let cause = if others.is_empty() {
            Cause::SocketNotTaken { address, handed }
        } else {
            Cause::ListensElsewhere { address, handed, listeners: others.join(", ") }
        };
        self.hinder(index, run, cause);
    }

    /// The output says it once, the row as long as it starts.
    fn hinder(&mut self, index: usize, run: RunId, cause: Cause) {
        let known = self.services[index].runs.get_mut(&run);
        if known.is_some_and(|known| !std::mem::replace(&mut known.said_elsewhere, true)) {
            self.log(index, cause.to_string());
        }
        self.events.push_back((index, LifecycleEvent::Hindered(run, cause)));
    }

    /// The told port wins whenever it opens.
    pub(super) fn told_port_opened(&mut self, index: usize, run: RunId) {
        let service = &mut self.services[index];
        let Some(known) = service.runs.get_mut(&run).filter(|known| known.found.is_some()) else { return };
        let Some(told) = known.told() else { return };
        known.found = None;
        let is_shown = service.machine.is_up() && service.machine.current_run() == Some(run);
        self.log(index, format!("it listens on the port {} that it was told", told.port()));
        if is_shown {
            self.show_where_it_listens(index, run);
        }
    }

    /// The map, and whoever depends on the service, gets to know where this run of it listens.
    pub(super) fn show_where_it_listens(&mut self, index: usize, run: RunId) {
        let service = &mut self.services[index];
        let Some((found, staged)) = service.runs.get(&run).map(|run| (run.found, run.staged)) else { return };
        if let Some(assignment) = service.assignment_for_mut(staged) {
            assignment.found = found;
        }
        self.mark_changed(index);
    }
}
