//! Whatever happens in whatever order, what `docs/architecture.md` says is always true stays true.

use std::time::Duration;

use contract::{Cause, OnConflict, Request, ServiceState, Wanted};
use proptest::prelude::*;

use super::world::{World, found_at, number, oneshot, socket, stranger, suspension};
use crate::coordinator::*;
use crate::lifecycle::RunId;

/// What may happen next. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Ready(usize),
    Miss(usize),
    Suspend(usize),
    Stranger(usize),
    Exit(usize, i32),
    Gone(usize),
    Elsewhere(usize),
    ToldPort(usize),
    Unaccepted(usize),
    SpawnFails(usize),
    GrantClaim,
    RefuseClaim(usize),
    GrantReservation,
    RefuseReservation,
    Start(usize),
    StopServices,
    MoveTo(usize),
    EndHolder(usize),
    HolderEnded(bool),
    Restart(usize),
    Reallocate(usize),
    Stop(usize),
    Apply(usize),
    Pass(u64),
    Sleep(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let one = 0..8_usize;
    prop_oneof![
        6 => one.clone().prop_map(Step::Ready),
        2 => one.clone().prop_map(Step::Miss),
        1 => one.clone().prop_map(Step::Suspend),
        1 => one.clone().prop_map(Step::Stranger),
        3 => (one.clone(), 0..3).prop_map(|(which, code)| Step::Exit(which, code)),
        4 => one.clone().prop_map(Step::Gone),
        1 => one.clone().prop_map(Step::Elsewhere),
        1 => one.clone().prop_map(Step::ToldPort),
        1 => one.clone().prop_map(Step::Unaccepted),
        1 => one.clone().prop_map(Step::SpawnFails),
        4 => Just(Step::GrantClaim),
        2 => (0..3_usize).prop_map(Step::RefuseClaim),
        3 => Just(Step::GrantReservation),
        1 => Just(Step::RefuseReservation),
        2 => one.clone().prop_map(Step::Start),
        1 => Just(Step::StopServices),
        1 => one.clone().prop_map(Step::MoveTo),
        2 => one.clone().prop_map(Step::EndHolder),
        2 => any::<bool>().prop_map(Step::HolderEnded),
        2 => one.clone().prop_map(Step::Restart),
        2 => one.clone().prop_map(Step::Reallocate),
        2 => one.clone().prop_map(Step::Stop),
        1 => one.prop_map(Step::Apply),
        4 => (1..20_000_u64).prop_map(Step::Pass),
        1 => (1..100_u64).prop_map(Step::Sleep),
    ]
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn world(on_conflict: OnConflict) -> World {
    // b needs a, c needs b and depends on a, d stands alone; f needs e, which runs to its end and needs b. a and b have
    // named ports.
    let mut c = number("c", &[1]);
    c.depends = vec![0, 1];
    let mut services = vec![(socket("a", &[]), 1), (number("b", &[0]), 2), (c, 0), (socket("d", &[]), 0)];
    services.extend([(oneshot("e", &[1]), 0), (socket("f", &[4]), 0)]);
    World::with_named(services, on_conflict)
}

impl World {
    fn nth_process(&self, which: usize) -> Option<(usize, RunId)> {
        let count = self.processes.len();
        (count > 0).then(|| *self.processes.keys().nth(which % count).expect("there are as many"))
    }

    /// Who is gone may not be heard of again; a leader ends before its tree is empty.
    fn do_step(&mut self, step: &Step, exited: &mut std::collections::BTreeSet<(usize, RunId)>) {
        match step {
            Step::Ready(which) => {
                if let Some(process) = self.nth_process(*which).filter(|process| !exited.contains(process)) {
                    self.ready(process.0, process.1);
                }
            }
            Step::Miss(which) => {
                if let Some((service, run)) = self.nth_process(*which) {
                    let is_suspended = self.suspended.contains(&(service, run));
                    self.answer(service, run, Err(if is_suspended { suspension() } else { Cause::Refused }));
                }
            }
            // It is suspended, or goes on.
            Step::Suspend(which) => {
                if let Some(process) = self.nth_process(*which)
                    && !self.suspended.remove(&process)
                {
                    self.suspended.insert(process);
                }
            }
            Step::Stranger(which) => {
                let number = |(service, _): &(usize, RunId)| {
                    self.coordinator.services()[*service].spec().policy.number
                };
                if let Some((service, run)) = self.nth_process(*which).filter(number) {
                    self.answer(service, run, Ok(stranger()));
                }
            }
            Step::Exit(which, code) => {
                if let Some(process) = self.nth_process(*which).filter(|process| exited.insert(*process)) {
                    self.exit(process.0, process.1, *code);
                }
            }
            Step::Gone(which) => {
                if let Some(process) = self.nth_process(*which).filter(|process| exited.contains(process)) {
                    self.gone(process.0, process.1);
                }
            }
            Step::Elsewhere(which) => {
                if let Some((service, run)) = self.nth_process(*which) {
                    let at = "127.0.0.1:9229".parse().expect("an address");
                    let found = found_at(at);
                    if self.coordinator.services()[service].spec().policy.number {
                        self.process(service, run, found);
                    }
                }
            }
            Step::ToldPort(which) => {
                if let Some((service, run)) = self.nth_process(*which) {
                    self.process(service, run, ProcessEvent::ToldPortOpened);
                }
            }
            Step::Unaccepted(which) => {
                if let Some((service, run)) = self.nth_process(*which) {
                    let listeners = Listeners { unaccepted: true, ..Listeners::default() };
                    self.process(service, run, ProcessEvent::ListenersFound(listeners));
                }
            }
            Step::SpawnFails(which) => {
                if let Some((service, run)) =
                    self.nth_process(*which).filter(|process| !exited.contains(process))
                {
                    self.processes.remove(&(service, run));
                    self.process(service, run, ProcessEvent::SpawnFailed("cannot start".into()));
                }
            }
            Step::GrantClaim => {
                if !self.claims.is_empty() {
                    self.grant_claim();
                }
            }
            Step::RefuseClaim(nth) => {
                if !self.claims.is_empty() {
                    self.refuse_claim_of(*nth);
                }
            }
            Step::GrantReservation => {
                if let Some(ticket) = self.reserving.keys().next().copied() {
                    self.grant_reservation(ticket);
                }
            }
            Step::RefuseReservation => {
                if !self.reserving.is_empty() {
                    self.refuse_reservation();
                }
            }
            Step::Start(which) => {
                self.start(NAMES.get(*which).copied());
            }
            Step::StopServices => {
                self.request(Request::StopServices {});
            }
            Step::MoveTo(which) => {
                self.move_to(NAMES[which % NAMES.len()], 7100 + u16::try_from(*which).expect("small"));
            }
            Step::EndHolder(which) => {
                let index = which % NAMES.len();
                let conflict = self.coordinator.services()[index].machine().conflict().cloned();
                if let Some(conflict) = conflict {
                    self.end_holder(NAMES[index], conflict.port);
                }
            }
            Step::HolderEnded(well) => {
                if let Some(request) = self.ending.pop() {
                    let failed = || contract::ApiError::new(contract::ErrorCode::PortTaken, "it stays");
                    self.on(Event::HolderEnded(request, if *well { Ok(()) } else { Err(failed()) }));
                }
            }
            Step::Restart(which) => {
                self.restart(NAMES.get(*which).copied());
            }
            Step::Reallocate(which) => {
                self.reallocate(NAMES.get(*which).copied());
            }
            Step::Stop(which) => {
                // Without a name the whole instance ends, which is another test.
                self.stop(Some(NAMES[which % NAMES.len()]));
            }
            Step::Apply(which) => {
                let fixed =
                    [(NAMES[which % NAMES.len()].to_owned(), 7000 + u16::try_from(*which).expect("small"))];
                let on_conflict = if which % 2 == 0 { OnConflict::Ask } else { OnConflict::Move };
                self.apply(PortPreferences { range: None, fixed: fixed.into(), on_conflict });
            }
            Step::Pass(milliseconds) => self.pass(Duration::from_millis(*milliseconds)),
            Step::Sleep(seconds) => {
                self.now += Duration::from_secs(*seconds);
                self.on(Event::Tick { late: Duration::from_secs(*seconds) });
            }
        }
    }

    /// At most one process serves, besides a successor and those that are on their way out.
    fn check_always(&self) {
        for (index, service) in self.coordinator.services().iter().enumerate() {
            let machine = service.machine();
            let processes = self.processes.keys().filter(|(other, _)| *other == index);
            let serving = processes.filter(|(_, run)| !machine.is_retiring(*run)).count();
            let most = if service.spec().policy.overlap { 2 } else { 1 };
            assert!(serving <= most, "{index} has {serving} processes at once: {machine:#?}");
            assert!(!(service.spec().policy.oneshot && machine.is_up()), "{machine:#?}");
            if machine.state() == ServiceState::Stopped {
                assert!(machine.wanted() == Wanted::Down || machine.is_gone(), "{machine:#?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_it_comes_to_rest_and_everybody_is_answered(
        steps in prop::collection::vec(step(), 0..60),
        moves in any::<bool>(),
    ) {
        let mut world = world(if moves { OnConflict::Move } else { OnConflict::Ask });
        let mut exited = std::collections::BTreeSet::new();
        world.on(Event::Launch);
        for step in &steps {
            world.do_step(step, &mut exited);
            world.check_always();
        }
        // From here on nobody is in the way.
        world.suspended.clear();
        for _ in 0..20 {
            world.become_healthy();
            world.pass(Duration::from_secs(11));
        }
        world.become_healthy();
        prop_assert_eq!(world.answers.len() as u64, world.last_request, "{:#?}", world.coordinator);
        for (index, service) in world.coordinator.services().iter().enumerate() {
            let machine = service.machine();
            let up = machine.wanted() == Wanted::Up;
            if machine.state() == ServiceState::Healthy {
                let (run, addresses) = (world.run(index), &world.processes[&(index, world.run(index))]);
                prop_assert_eq!(service.shown_run(), Some(run));
                for other in &service.spec().depends {
                    let present = world.coordinator.services()[*other].assignment.as_ref().unwrap().addresses();
                    prop_assert_eq!(&addresses[*other], &present, "{} knows where {} is", index, other);
                }
            } else {
                prop_assert!(!up || matches!(
                    machine.state(),
                    ServiceState::Failed | ServiceState::Starting | ServiceState::Done
                ), "{:#?}", machine);
            }
            prop_assert!(service.staged.is_none() && service.pending_start.is_none());
        }
        world.on(Event::StopAll);
        world.become_healthy();
        prop_assert!(world.coordinator.is_finished(), "{:#?}", world.coordinator);
        prop_assert!(world.processes.is_empty());
        prop_assert!(world.held.is_empty(), "what is down lets go of its socket: {:?}", world.held);
    }
}
