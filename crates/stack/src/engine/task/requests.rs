//! What people ask for: restart, move, stop.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use contract::{ApiError, Cause, ErrorCode, Request, ServiceState, Target, Wanted};

use super::Task;
use crate::engine::handle::{Command, unknown_service};
use crate::engine::jobs::{Job, Kind, Reply};
use crate::engine::places::{self, Place};
use crate::engine::{PortSettings, run};
use crate::life::Event;

impl Task {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::StopAll => self.stop_all(None),
            Command::KillAll => self.kill_all(),
            Command::Request(_, reply) | Command::Apply(_, _, reply) if self.finishing => {
                refuse(reply, ApiError::new(ErrorCode::Stopping, "the instance is stopping"));
            }
            Command::Request(Request::Stop(target), reply) => self.stop(&target, reply),
            // A move touches several services at once, and nothing else may change them meanwhile.
            command if self.is_moving() => self.queued.push_back(command),
            Command::Request(Request::Restart(target), reply) => match self.services_of(&target) {
                Ok(services) => self.restart(services, reply),
                Err(error) => refuse(reply, error),
            },
            Command::Request(Request::Reallocate(target), reply) => match self.new_places(&target) {
                Ok(places) => self.move_to(places, target.service.is_some(), reply),
                Err(error) => refuse(reply, error),
            },
            Command::Apply(ports, on_conflict, reply) => match self.places_by_settings(&ports) {
                Ok(places) => {
                    let ports = std::mem::replace(&mut self.options.ports, ports);
                    let on_conflict = std::mem::replace(&mut self.options.on_conflict, on_conflict);
                    self.settings_before = Some((ports, on_conflict));
                    self.move_to(places, false, reply);
                }
                Err(error) => refuse(reply, error),
            },
        }
    }

    fn is_moving(&self) -> bool {
        self.jobs.iter().any(|job| job.kind == Kind::Move)
    }

    fn services_of(&self, target: &Target) -> Result<Vec<usize>, ApiError> {
        let Some(name) = &target.service else { return Ok((0..self.slots.len()).collect()) };
        let names = self.slots.iter().map(|slot| slot.name.as_str());
        match names.clone().position(|other| other == name) {
            Some(index) => Ok(vec![index]),
            None => Err(unknown_service(name, names)),
        }
    }

    // Restart -------------------------------------------------------------------------------------

    fn restart(&mut self, services: Vec<usize>, reply: Reply) {
        // A restart takes the place of a stop that has not ended yet.
        let superseded = || Err(ApiError::new(ErrorCode::Superseded, "a restart was asked for meanwhile"));
        for job in self.jobs.iter_mut().filter(|job| matches!(job.kind, Kind::Stop { .. })) {
            for index in &services {
                job.settle(*index, superseded());
            }
        }
        self.jobs.push(Job::new(Kind::Restart, services, Some(reply)));
    }

    // Stop ----------------------------------------------------------------------------------------

    fn stop(&mut self, target: &Target, reply: Reply) {
        if target.service.is_none() {
            return self.stop_all(Some(reply));
        }
        match self.services_of(target) {
            Ok(services) => {
                let limit = self.limit(&services);
                // A stop wins over what was still to come of an earlier request.
                for job in &mut self.jobs {
                    for index in &services {
                        job.forgo(*index);
                    }
                }
                self.jobs.push(Job::new(Kind::Stop { limit, last: false }, services, Some(reply)));
            }
            Err(error) => refuse(reply, error),
        }
    }

    /// The longest grace among them: all of them together take no longer.
    fn limit(&self, services: &[usize]) -> Instant {
        let longest = services.iter().map(|index| self.slots[*index].service.stop_grace).max();
        Instant::now() + longest.unwrap_or(Duration::ZERO)
    }

    fn stop_all(&mut self, reply: Option<Reply>) {
        if self.finishing && reply.is_none() {
            return;
        }
        self.finishing = true;
        self.give_up_jobs();
        let all: Vec<usize> = (0..self.slots.len()).collect();
        let limit = self.limit(&all);
        self.jobs.push(Job::new(Kind::Stop { limit, last: true }, all, reply));
    }

    fn kill_all(&mut self) {
        self.finishing = true;
        self.give_up_jobs();
        let limit = Some(Instant::now());
        for index in 0..self.slots.len() {
            self.events.push_back((index, Event::Stop { limit }));
            self.events.push_back((index, Event::Kill));
        }
    }

    fn give_up_jobs(&mut self) {
        let stopping = || ApiError::new(ErrorCode::Stopping, "the instance is stopping");
        for mut job in self.jobs.drain(..) {
            if !matches!(job.kind, Kind::Stop { .. }) {
                job.error = Some(stopping());
            }
            job.answer();
        }
        for command in self.queued.drain(..) {
            if let Command::Request(_, reply) | Command::Apply(_, _, reply) = command {
                refuse(reply, stopping());
            }
        }
    }

    // Move ----------------------------------------------------------------------------------------

    /// Reserves another port for each service of the target. Nothing has changed if one cannot be had.
    fn new_places(&self, target: &Target) -> Result<Vec<(usize, Place)>, ApiError> {
        let mut found: Vec<(usize, Place)> = Vec::new();
        for index in self.services_of(target)? {
            let slot = &self.slots[index];
            let Some(place) = &slot.place else {
                if target.service.is_some() {
                    return Err(ApiError::new(
                        ErrorCode::BadRequest,
                        format!("{} has no port", slot.service.label),
                    ));
                }
                continue;
            };
            if self.is_strict(index) {
                if target.service.is_some() {
                    let port = place.address().port();
                    let text = format!(
                        "{} is to keep port {port} (strict = true in the stack file)",
                        slot.service.label
                    );
                    return Err(ApiError::new(ErrorCode::PortIsStrict, text));
                }
                continue;
            }
            let place = self
                .place_elsewhere(index, place.host)
                .map_err(|reason| ApiError::new(ErrorCode::NoFreePort, reason))?;
            found.push((index, place));
        }
        Ok(found)
    }

    /// The services whose port was set to another one than they have.
    fn places_by_settings(&self, settings: &PortSettings) -> Result<Vec<(usize, Place)>, ApiError> {
        let mut found = Vec::new();
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(place) = &slot.place else { continue };
            let by_environment = slot
                .service
                .port
                .as_ref()
                .and_then(|port| port.env.as_deref())
                .and_then(|name| self.options.variable(name));
            let Some(port) = settings.fixed.get(&slot.name).copied() else { continue };
            if by_environment.is_some_and(|text| !text.is_empty()) || port == place.address().port() {
                continue;
            }
            let place = places::exactly(&self.allocator, place.host, port).map_err(|reason| {
                ApiError::new(ErrorCode::PortTaken, format!("{}: {reason}", slot.service.label))
            })?;
            found.push((index, place));
        }
        Ok(found)
    }

    /// Moves services. One that has failed is tried at its new place only if it was asked for `by_name`: a
    /// broken service must not keep the others from being moved.
    fn move_to(&mut self, places: Vec<(usize, Place)>, by_name: bool, reply: Reply) {
        let mut affected = BTreeSet::new();
        for (index, place) in places {
            let life = &self.slots[index].life;
            let broken = life.state() == ServiceState::Failed && !by_name;
            if life.wanted() == Wanted::Down || life.is_waiting() || broken {
                self.settle_at(index, place);
                self.changed[index] = true;
            } else {
                self.slots[index].next_place = Some(place);
                affected.insert(index);
            }
        }
        let order: Vec<usize> = affected.iter().copied().collect();
        for moved in order {
            let name = self.slots[moved].name.clone();
            let follows = |(index, slot): (usize, &crate::engine::slot::Slot)| {
                // What is in trouble of its own is told when the move is done.
                let runs = matches!(
                    slot.life.state(),
                    ServiceState::Healthy | ServiceState::Unhealthy | ServiceState::Starting
                );
                (slot.life.wanted() == Wanted::Up
                    && runs
                    && !slot.life.is_waiting()
                    && slot.depends_on(&name))
                .then_some(index)
            };
            affected.extend(self.slots.iter().enumerate().filter_map(follows));
        }
        self.jobs.push(Job::new(Kind::Move, affected, Some(reply)));
    }

    fn commit(&mut self, job: &Job) {
        self.settings_before = None;
        for index in &job.done {
            if let Some(place) = self.slots[*index].next_place.take() {
                self.settle_at(*index, place);
            }
            for run in self.slots[*index].runs.values_mut() {
                run.prepared = false;
            }
            self.events.push_back((*index, Event::Promote));
        }
    }

    fn roll_back(&mut self, job: &mut Job) {
        if let Some((ports, on_conflict)) = self.settings_before.take() {
            self.options.ports = ports;
            self.options.on_conflict = on_conflict;
        }
        for slot in &mut self.slots {
            slot.next_place = None;
            slot.runs.values_mut().for_each(|run: &mut run::Run| run.prepared = false);
        }
        for index in job.done.iter().chain(&job.running) {
            self.events.push_back((*index, Event::Abandon));
        }
        if let Some(error) = job.error.take() {
            let because = Box::new(error.cause.map_or_else(|| error.message.into(), |cause| *cause));
            job.error = Some(ApiError::because(error.code, Cause::RolledBack { because }));
        }
    }

    // Carrying out --------------------------------------------------------------------------------

    /// Begins what can be begun and ends what is over; tells whether there was any of it.
    pub(super) fn advance_jobs(&mut self) -> bool {
        let now = Instant::now();
        let mut went_on = false;
        let mut jobs = std::mem::take(&mut self.jobs);
        for job in &mut jobs {
            for index in job.take_ready(&self.needs, now) {
                went_on = true;
                let event = match job.kind {
                    Kind::Restart => Event::Restart,
                    Kind::Move => Event::Prepare,
                    Kind::Stop { limit, .. } => Event::Stop { limit: Some(limit) },
                };
                self.events.push_back((index, event));
            }
        }
        self.jobs = jobs;
        self.handle_events();
        self.settle_stops();
        let (over, going): (Vec<Job>, Vec<Job>) =
            std::mem::take(&mut self.jobs).into_iter().partition(Job::is_over);
        self.jobs = going;
        for mut job in over {
            went_on = true;
            match job.kind {
                Kind::Move if job.error.is_none() => self.commit(&job),
                Kind::Move => self.roll_back(&mut job),
                Kind::Restart | Kind::Stop { .. } => {}
            }
            self.handle_events();
            // Whoever asked finds in the snapshot what they were told.
            self.publish();
            job.answer();
        }
        while !self.is_moving()
            && let Some(command) = self.queued.pop_front()
        {
            went_on = true;
            self.on_command(command);
        }
        went_on
    }

    fn settle_stops(&mut self) {
        for job in self.jobs.iter_mut().filter(|job| matches!(job.kind, Kind::Stop { .. })) {
            for index in job.running.clone() {
                let life = &self.slots[index].life;
                if life.is_gone() && life.state() == ServiceState::Stopped {
                    job.settle(index, Ok(()));
                }
            }
        }
    }
}

fn refuse(reply: Reply, error: ApiError) {
    // Whoever asked may have gone away.
    let _ = reply.send(Err(error));
}
