//! Where services listen, as opposed to where they were told to.

use std::net::SocketAddr;
use std::time::Duration;

use contract::{Cause, Holder};

use super::core::LATE_MIN;
use super::{Answerer, Coordinator, Effect, ProcessRun};
use crate::lifecycle::{Event, RunId};

/// A service gets this long to bind the port that it was told before its other listeners are asked; less where it
/// has less time to start.
const LOOK_ELSEWHERE_AFTER: Duration = Duration::from_secs(3);
/// From one look at a service's other listeners to the next.
const LOOK_ELSEWHERE_EVERY: Duration = Duration::from_secs(1);

impl Coordinator {
    pub(super) fn probed(
        &mut self,
        index: usize,
        run: RunId,
        address: SocketAddr,
        result: Result<Answerer, Cause>,
        late: Duration,
    ) {
        if late >= LATE_MIN {
            // This program or the machine stood still; what is late by that says nothing.
            self.events.push_back((index, Event::Resumed(late)));
        }
        let Some(present) = self.services[index].runs.get(&run).and_then(ProcessRun::probe_address) else {
            return;
        };
        // It has moved since; the answer is about another address, and says nothing.
        if present != address {
            let timeout = self.services[index].spec.policy.timeout;
            return self.push(Effect::Probe { service: index, run, address: present, timeout });
        }
        let event = match result {
            Ok(Answerer::Own) => {
                self.note_listener(index, run, None);
                Event::Answered(run)
            }
            // The port was the launcher's until just before the start: who listens there came after it.
            Ok(Answerer::Stranger(holder)) if self.services[index].spec.any_listener => {
                self.note_listener(index, run, Some(holder));
                Event::Answered(run)
            }
            Ok(Answerer::Stranger(holder)) => {
                let cause = Cause::AnsweredByOther { port: address.port(), holder: Box::new(holder) };
                self.log(index, cause.to_string());
                Event::PortLost(run, cause)
            }
            Err(error) => {
                self.look_elsewhere(index, run);
                Event::NotAnswered(run, error)
            }
        };
        self.events.push_back((index, event));
    }

    /// Who listens at its port on its behalf.
    fn note_listener(&mut self, index: usize, run: RunId, holder: Option<Holder>) {
        let Some(known) = self.services[index].runs.get_mut(&run) else { return };
        if known.served_by == holder {
            return;
        }
        known.served_by.clone_from(&holder);
        if let Some(holder) = holder {
            self.log(index, Cause::ServedBy { holder: Box::new(holder) }.to_string());
        }
    }

    /// A service that does not listen where it was told to may listen somewhere else. What is seen first proves
    /// little: debuggers and metrics open ports of their own, and the told port may open late.
    fn look_elsewhere(&mut self, index: usize, run: RunId) {
        let now = self.now;
        let service = &mut self.services[index];
        if !service.is_told_a_number() || service.machine.is_up() {
            return;
        }
        let Some(known) = service.runs.get_mut(&run) else { return };
        let patience = LOOK_ELSEWHERE_AFTER.min(service.spec.policy.start_timeout / 2);
        let is_due = known.next_look.is_some_and(|at| at <= now) && now >= known.started + patience;
        let Some(told) = known.told.filter(|_| is_due && known.found.is_none()) else { return };
        known.next_look = None;
        let timeout = service.spec.policy.timeout.min(LOOK_ELSEWHERE_EVERY);
        self.push(Effect::FindListeners { service: index, run, told, timeout });
    }

    /// A listener that answers the service's own check is the service, as long as the told port is shut.
    pub(super) fn listeners_found(
        &mut self,
        index: usize,
        run: RunId,
        listeners: &[SocketAddr],
        answered: Option<SocketAddr>,
    ) {
        let now = self.now;
        let service = &mut self.services[index];
        let Some(known) = service.runs.get_mut(&run) else { return };
        known.next_look = Some(now + LOOK_ELSEWHERE_EVERY);
        let Some(told) = known.told else { return };
        let is_where_told = listeners.iter().any(|listener| listener.port() == told.port());
        if service.machine.is_up() || listeners.is_empty() || is_where_told {
            return;
        }
        let why = match answered.filter(|answered| listeners.contains(answered)) {
            Some(found) => {
                known.found = Some(found);
                self.log(
                    index,
                    format!("it listens on {found}, not on the port {} that it was told", told.port()),
                );
                self.push(Effect::WatchToldPort { service: index, run, told });
                self.events.push_back((index, Event::Answered(run)));
                return;
            }
            None if service.spec.has_http_check => "it does not answer its health check there",
            None => "a tcp check does not tell whether that is the service",
        };
        if !std::mem::replace(&mut known.said_elsewhere, true) {
            let listeners: Vec<String> = listeners.iter().map(SocketAddr::to_string).collect();
            let (listeners, port) = (listeners.join(", "), told.port());
            self.log(
                index,
                format!("it listens on {listeners}, not on the port {port} that it was told; {why}"),
            );
        }
    }

    /// The told port wins whenever it opens.
    pub(super) fn told_port_opened(&mut self, index: usize, run: RunId) {
        let service = &mut self.services[index];
        let Some(known) = service.runs.get_mut(&run).filter(|known| known.found.is_some()) else { return };
        let Some(told) = known.told else { return };
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
