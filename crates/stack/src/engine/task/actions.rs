//! What the state machine asks for, carried out; and what becomes known, told to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use contract::{ApiError, Cause, ErrorCode, Handoff, LastExit, ServiceState};
use jiff::Timestamp;

use super::{GAP_MIN, Task};
use crate::engine::addresses::Table;
use crate::engine::jobs::Kind;
use crate::engine::places::Place;
use crate::engine::run::{self, Fact, Ground, What};
use crate::engine::slot::Slot;
use crate::life::{Action, Event, RunId};

/// How many of its last lines go with a failure.
const LAST_LINES: usize = 10;

impl Task {
    pub(super) fn carry_out(&mut self, index: usize, action: Action) {
        match action {
            Action::Spawn { run, prepared } => self.spawn(index, run, prepared),
            Action::Terminate(run) => {
                let facts = self.facts_sender.clone();
                self.with_run(index, run, |known| {
                    known.members.terminate(known.leader_lives);
                    known.count_what_is_left((index, run), facts);
                });
            }
            Action::Kill(run) => {
                self.with_run(index, run, |run| run.members.kill(run.leader_lives));
            }
            Action::Probe { run, timeout } => self.probe(index, run, timeout),
            Action::Promoted(run) => {
                self.slots[index].published = true;
                self.show_where_it_listens(index, run);
            }
            Action::TryPort => self.try_port(index),
            Action::Settled(result) => self.settled(index, result),
        }
    }

    fn with_run(&mut self, index: usize, run: RunId, act: impl FnOnce(&mut run::Run)) {
        match self.slots[index].runs.get_mut(&run) {
            Some(run) => act(run),
            // It was never started, or is gone already: then it is empty.
            None => self.events.push_back((index, Event::Emptied(run, crate::life::PortCheck::Ours))),
        }
    }

    /// The addresses that a process of service `own` is started with: where the others are, and where it is to
    /// be itself.
    fn table(&self, prepared: bool, own: usize) -> Table {
        let address = |(index, slot): (usize, &Slot)| {
            let place = slot.place_for(prepared);
            let address = place.map(if index == own { Place::told } else { Place::address });
            (slot.name.clone(), address)
        };
        Table(self.slots.iter().enumerate().map(address).collect())
    }

    fn port_variables(&self, table: &Table) -> Vec<(String, u16)> {
        let variable = |(slot, (_, address)): (&Slot, &(String, Option<SocketAddr>))| {
            Some((slot.service.port.as_ref()?.env.clone()?, (*address)?.port()))
        };
        self.slots.iter().zip(&table.0).filter_map(variable).collect()
    }

    fn spawn(&mut self, index: usize, run: RunId, prepared: bool) {
        if let Some(check) = self.take_port(index, prepared) {
            self.events.push_back((index, Event::PortMissing(run, check)));
            return;
        }
        let table = self.table(prepared, index);
        let port_variables = self.port_variables(&table);
        let ground = Ground {
            environment: &self.options.environment,
            skinai: &self.options.skinai,
            runtime: &self.options.dirs.runtime,
            token: &self.token,
            mark: &self.mark,
            table: &table,
            given: self.addresses_for(index, prepared),
            port_variables: &port_variables,
            facts: &self.facts_sender,
            side: &self.side,
        };
        let slot = &mut self.slots[index];
        match run::start(slot, index, run, prepared, &ground) {
            Ok(started) => {
                self.record.add(started.pid);
                slot.runs.insert(run, started);
                self.events.push_back((index, Event::Spawned(run)));
            }
            Err(reason) => {
                slot.output.say(reason.to_string());
                self.events.push_back((index, Event::SpawnFailed(run, reason)));
            }
        }
    }

    fn probe(&mut self, index: usize, run: RunId, timeout: Duration) {
        let slot = &self.slots[index];
        let Some(known) = slot.runs.get(&run) else { return };
        let Some(address) = known.probe_address() else { return };
        run::send_probe(
            slot.service.health.probe.clone(),
            address,
            timeout,
            (index, run),
            self.facts_sender.clone(),
        );
    }

    pub(super) fn on_fact(&mut self, fact: Fact) {
        let Fact { slot: index, run, what } = fact;
        match what {
            What::SaidReady => self.events.push_back((index, Event::SaidReady(run))),
            What::Probed { address, result, overslept } => {
                if overslept >= GAP_MIN {
                    // This program or the machine stood still; what is late by that says nothing.
                    self.events.push_back((index, Event::Resumed(overslept)));
                }
                self.probed(index, run, address, result);
            }
            What::LastLinesRead => self.add_last_lines(index),
            What::Left(left) => {
                if let Some(run) = self.slots[index].runs.get_mut(&run) {
                    run.left = Some(left);
                    self.changed[index] = true;
                }
            }
            What::AskedElsewhere(answered) => self.asked_elsewhere(index, run, answered),
            What::LookAtToldPort => self.look_at_told_port(index, run),
            What::Exited(status) => self.exited(index, run, status),
            What::Emptied => self.emptied(index, run),
        }
        self.handle_events();
    }

    fn probed(&mut self, index: usize, run: RunId, address: SocketAddr, result: Result<Duration, Cause>) {
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get(&run) else { return };
        // It has moved since; the answer is about another place, and says nothing.
        if known.probe_address() != Some(address) {
            let timeout = slot.service.health.timeout;
            return self.probe(index, run, timeout);
        }
        slot.health.checked_at = Some(Timestamp::now());
        slot.health.latency_us =
            result.as_ref().ok().map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let event = match result {
            Ok(_) => self.whose_answer(index, run, address),
            Err(error) => {
                self.look_elsewhere(index, run);
                Event::NotAnswered(run, error)
            }
        };
        self.events.push_back((index, event));
    }

    fn exited(&mut self, index: usize, run: RunId, status: std::io::Result<std::process::ExitStatus>) {
        let slot = &mut self.slots[index];
        let Some(known) = slot.runs.get_mut(&run) else { return };
        known.leader_lives = false;
        let (exit, signal) = match status {
            Ok(status) => {
                let reason = proctree::exit_cause(status);
                (crate::life::Exit { code: status.code(), reason }, proctree::signal_name(status))
            }
            Err(error) => {
                let reason = format!("cannot be waited for: {error}").into();
                (crate::life::Exit { code: None, reason }, None)
            }
        };
        let asked = slot.life.is_retiring(run);
        slot.output.say(exit.reason.to_string());
        slot.last_exit = Some(LastExit {
            code: exit.code,
            signal,
            at: Timestamp::now(),
            reason: exit.reason.to_string(),
            cause: exit.reason.known().cloned(),
            last_lines: Vec::new(),
        });
        if asked {
            tracing::debug!(service = slot.name, run = run.0, reason = %exit.reason, "ended as asked");
        } else {
            tracing::info!(service = slot.name, run = run.0, reason = %exit.reason, "ended by itself");
        }
        let members = known.members.clone();
        // The rest of its group is dealt with first; then it is seen whether anything is left.
        self.on_event(index, Event::Exited(run, exit));
        self.handle_events();
        if members.is_empty() {
            self.emptied(index, run);
        } else {
            run::wait_until_empty(members, (index, run), self.facts_sender.clone());
        }
        self.add_last_lines(index);
        // What it printed last may still be on its way through its pipe.
        run::wait_for_last_lines((index, run), self.facts_sender.clone());
    }

    /// A failure shows the last lines that the service printed.
    fn add_last_lines(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.life.state() == ServiceState::Failed
            && let Some(exit) = &mut slot.last_exit
        {
            exit.last_lines = slot
                .output
                .newest(LAST_LINES * 2)
                .into_iter()
                .filter(|line| line.stream != contract::LogStream::Launcher)
                .map(|line| line.text)
                .collect();
            let surplus = exit.last_lines.len().saturating_sub(LAST_LINES);
            exit.last_lines.drain(..surplus);
            self.changed[index] = true;
        }
    }

    fn emptied(&mut self, index: usize, run: RunId) {
        let Some(gone) = self.slots[index].runs.remove(&run) else { return };
        self.record.remove(gone.pid);
        self.orphans_due = Instant::now();
        let check = self.port_after_end(index);
        self.events.push_back((index, Event::Emptied(run, check)));
        self.handle_events();
        self.add_last_lines(index);
    }

    fn settled(&mut self, index: usize, result: Result<(), Cause>) {
        let slot = &self.slots[index];
        let result = result.map_err(|reason| {
            let code =
                if slot.life.conflict().is_some() { ErrorCode::PortTaken } else { ErrorCode::NotHealthy };
            let (label, because) = (slot.service.label.clone(), Box::new(reason));
            ApiError::because(code, Cause::NotHealthy { label, because })
        });
        // A stop is done when nothing is left, which is seen elsewhere.
        for job in self.jobs.iter_mut().filter(|job| !matches!(job.kind, Kind::Stop { .. })) {
            job.settle(index, result.clone());
        }
    }

    /// What is down for longer lets go of its socket, so that a browser is refused at once rather than
    /// left waiting. The lease stays: no other instance takes the port meanwhile.
    pub(super) fn release_what_is_down(&mut self) {
        for slot in &mut self.slots {
            let down = matches!(slot.life.state(), ServiceState::Stopped | ServiceState::Failed)
                && slot.life.is_gone();
            if down
                && let Some(place) = &mut slot.place
                && place.reservation.is_holding()
            {
                place.reservation.release();
            }
        }
    }

    pub(super) fn is_number(&self, index: usize) -> bool {
        self.slots[index].service.handoff == Handoff::Number && self.slots[index].place.is_some()
    }
}
