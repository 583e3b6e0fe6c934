//! One service of a running instance, and its row of the snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use contract::{Cause, Health, LastExit, PortSource, ServiceSnapshot, ServiceState};
use jiff::Timestamp;

use super::addresses::reachable;
use super::places::Place;
use super::run::Run;
use crate::life::{Life, Policy, RunId};
use crate::output::Output;
use stackfile::{Service, url};

pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) service: Service,
    pub(crate) life: Life,
    /// `None` for a service without a port.
    pub(crate) place: Option<Place>,
    /// Where it is to be, while a move is being prepared.
    pub(crate) next_place: Option<Place>,
    pub(crate) runs: BTreeMap<RunId, Run>,
    pub(crate) output: Output,
    pub(crate) health: Health,
    pub(crate) last_exit: Option<LastExit>,
    /// Whether anybody may have seen its address.
    pub(crate) published: bool,
    /// Why it cannot start yet, in words.
    pub(crate) waits_for: Option<String>,
    row: Arc<ServiceSnapshot>,
}

impl Slot {
    pub(crate) fn new(name: String, service: Service, place: Option<Place>, output: Output) -> Self {
        let row = ServiceSnapshot {
            name: name.clone(),
            label: service.label.clone(),
            wanted: contract::Wanted::Down,
            state: ServiceState::Stopped,
            host: String::new(),
            port: None,
            port_source: PortSource::Range,
            requested_port: None,
            url: None,
            open_url: None,
            pid: None,
            handoff: service.handoff,
            restarts: 0,
            since: Timestamp::now(),
            started_at: None,
            health: Health { latency_us: None, checked_at: None, last_error: None, cause: None },
            conflict: None,
            last_exit: None,
            detail: None,
            cause: None,
            needs: service.needs.clone(),
        };
        Self {
            life: Life::new(Policy::of(&service), service.needs.is_empty()),
            health: row.health.clone(),
            name,
            service,
            place,
            next_place: None,
            runs: BTreeMap::new(),
            output,
            last_exit: None,
            published: false,
            waits_for: None,
            row: Arc::new(row),
        }
    }

    /// Where the service is, or with `prepared`, where it is to be.
    pub(crate) fn place_for(&self, prepared: bool) -> Option<&Place> {
        self.next_place.as_ref().filter(|_| prepared).or(self.place.as_ref())
    }

    /// As [`Slot::place_for`], to change it.
    pub(crate) fn place_for_mut(&mut self, prepared: bool) -> Option<&mut Place> {
        self.next_place.as_mut().filter(|_| prepared).or(self.place.as_mut())
    }

    /// The run that people see.
    pub(crate) fn shown_run(&self) -> Option<&Run> {
        self.runs.get(&self.life.current_run()?)
    }

    /// Whether another service's address has a part in how this one is started.
    pub(crate) fn depends_on(&self, name: &str) -> bool {
        let in_templates = self
            .service
            .command
            .iter()
            .chain(self.service.env.values())
            .any(|text| text.references().any(|other| other == name));
        in_templates || self.service.needs.iter().any(|need| need == name)
    }

    /// The row, shared with the snapshot before where nothing changed.
    pub(crate) fn row(&mut self, token: &str, now: Instant) -> (Arc<ServiceSnapshot>, bool) {
        let fresh = self.fresh_row(token, now);
        let changed = fresh != *self.row;
        if changed {
            self.row = Arc::new(fresh);
        }
        (Arc::clone(&self.row), changed)
    }

    fn fresh_row(&self, token: &str, now: Instant) -> ServiceSnapshot {
        let state = self.life.state();
        let run = self.shown_run();
        let place = self.place_for(run.is_some_and(|run| run.prepared));
        let address = place.map(Place::address);
        let web = address.map(|address| url(&reachable(address.ip()).to_string(), address.port()));
        let open_url = self.service.open.as_ref().zip(web.as_ref()).map(|(path, web)| {
            let separator = if path.contains('?') { '&' } else { '?' };
            format!("{web}{path}{separator}token={token}")
        });
        let mut health = self.health.clone();
        health.last_error = self.life.last_error().map(Cause::to_string);
        health.cause = self.life.last_error().and_then(Cause::known).cloned();
        let detail = self.detail(state, now);
        ServiceSnapshot {
            name: self.name.clone(),
            label: self.service.label.clone(),
            wanted: self.life.wanted(),
            state,
            host: address.map(|address| address.ip().to_string()).unwrap_or_default(),
            port: address.map(|address| address.port()),
            port_source: place.map_or(PortSource::Range, Place::source),
            requested_port: place.and_then(Place::requested),
            url: web,
            open_url,
            pid: run.map(|run| run.pid),
            handoff: self.service.handoff,
            restarts: self.life.restarts(),
            since: if state == self.row.state { self.row.since } else { Timestamp::now() },
            started_at: run.map(|run| run.started_at),
            health,
            conflict: self.life.conflict().cloned(),
            last_exit: self.last_exit.clone(),
            detail: detail.as_ref().map(Cause::to_string),
            cause: detail.as_ref().and_then(Cause::known).cloned(),
            needs: self.service.needs.clone(),
        }
    }

    /// Who waits for the end of a service sees how much of it is left.
    fn ending(&self, now: Instant) -> Option<Cause> {
        let left: Option<usize> = self
            .runs
            .values()
            .filter_map(|run| run.left)
            .reduce(|all, more| all + more)
            .filter(|left| *left > 0);
        let then = self.life.detail(now);
        let Some(left) = left else { return then };
        let count = u32::try_from(left).unwrap_or(u32::MAX);
        Some(if then.is_some() { Cause::EndingThenStarting { count } } else { Cause::Ending { count } })
    }

    fn detail(&self, state: ServiceState, now: Instant) -> Option<Cause> {
        match state {
            ServiceState::Starting if self.life.is_waiting() => {
                self.waits_for.clone().map(|label| Cause::WaitingFor { label })
            }
            ServiceState::Stopping => self.ending(now),
            _ => self.life.detail(now),
        }
    }
}
