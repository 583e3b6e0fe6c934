//! Every step at which a move can fail, and what crosses it.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::{OnConflict, ServiceState};

use super::world::{ELSEWHERE, FIRST, World, number, socket};
use crate::coordinator::*;

/// A move of `a`, on which `b` depends, that has its port and has started `a` there.
fn begun() -> (World, RequestId) {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[0])]);
    let id = world.reallocate(Some("a"));
    world.grant_ports();
    (world, id)
}

/// Everything is where it was, and runs.
fn is_rolled_back(world: &mut World, id: RequestId) {
    world.become_healthy();
    let error = world.answer_to(id).expect("it is answered").unwrap_err();
    assert!(error.contains("everything is back at its earlier port"), "{error}");
    assert_eq!(world.ports(), [FIRST, FIRST + 1]);
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
    assert_eq!(world.told(1, 0), FIRST);
    assert!(world.held.iter().all(|(_, staged)| !staged), "the new port is given up");
    assert_eq!(world.processes.len(), 2, "{:#?}", world.processes);
}

#[test]
fn a_move_goes_over_with_all_that_depends_on_it() {
    let (mut world, id) = begun();
    assert_eq!(world.ports(), [FIRST, FIRST + 1], "nothing moves before all are ready");
    let run = world.run(0);
    world.ready(0, run);
    assert_eq!((world.told(1, 0), world.answer_to(id)), (ELSEWHERE, None));
    world.become_healthy();
    assert_eq!(world.answer_to(id), Some(Ok(())));
    assert_eq!(world.ports(), [ELSEWHERE, FIRST + 1]);
    assert_eq!(world.processes.len(), 2);
}

#[test]
fn without_a_port_nothing_has_changed() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[0])]);
    let id = world.reallocate(None);
    world.refuse_reservation();
    assert_eq!(world.answer_to(id), Some(Err("no free port".to_owned())));
    assert_eq!((world.ports(), world.processes.len()), (vec![FIRST, FIRST + 1], 2));
}

#[test]
fn it_fails_when_the_process_cannot_be_started() {
    let (mut world, id) = begun();
    let run = world.run(0);
    world.processes.remove(&(0, run));
    world.process(0, run, ProcessEvent::SpawnFailed("cannot start".into()));
    is_rolled_back(&mut world, id);
}

#[test]
fn it_fails_when_the_process_ends() {
    let (mut world, id) = begun();
    world.exit_and_go(0, 1);
    is_rolled_back(&mut world, id);
}

#[test]
fn it_fails_when_the_process_is_not_ready_in_time() {
    let (mut world, id) = begun();
    world.pass(Duration::from_secs(31));
    is_rolled_back(&mut world, id);
}

#[test]
fn it_fails_when_a_dependent_ends() {
    let (mut world, id) = begun();
    let run = world.run(0);
    world.ready(0, run);
    world.exit_and_go(1, 1);
    is_rolled_back(&mut world, id);
}

#[test]
fn it_fails_when_a_dependent_is_not_ready_in_time() {
    let (mut world, id) = begun();
    let run = world.run(0);
    world.ready(0, run);
    world.pass(Duration::from_secs(31));
    is_rolled_back(&mut world, id);
}

#[test]
fn a_number_that_cannot_be_bound_at_its_new_port_goes_back() {
    let mut world = World::healthy(vec![number("a", &[]), socket("b", &[0])]);
    let id = world.reallocate(Some("a"));
    world.grant_ports();
    let old = world.run(0);
    world.exit(0, old, 0);
    world.gone(0, old);
    world.grant_ports();
    for _ in 0..5 {
        world.exit_and_go(0, 1);
        world.grant_ports();
        world.pass(Duration::from_secs(11));
    }
    is_rolled_back(&mut world, id);
}

#[test]
fn a_stop_of_a_service_that_is_being_moved_ends_the_move() {
    let (mut world, id) = begun();
    let stop = world.stop(Some("b"));
    let run = world.run(0);
    world.ready(0, run);
    world.become_healthy();
    assert!(world.answer_to(id).unwrap().is_err());
    assert_eq!(world.answer_to(stop), Some(Ok(())));
    assert_eq!(world.states(), [ServiceState::Healthy, ServiceState::Stopped]);
    assert_eq!(world.port(0), FIRST);
}

#[test]
fn a_stop_of_all_while_ports_are_being_reserved_gives_them_up() {
    let mut world = World::healthy(vec![socket("a", &[])]);
    let id = world.reallocate(None);
    world.on(Event::StopAll);
    assert_eq!(world.answer_to(id), Some(Err("the instance is stopping".to_owned())));
    world.become_healthy();
    assert!(world.coordinator.is_finished());
}

#[test]
fn what_was_stopped_while_its_port_was_being_reserved_moves_without_a_start() {
    let mut world = World::healthy(vec![socket("a", &[])]);
    let id = world.reallocate(Some("a"));
    let stop = world.stop(Some("a"));
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.answer_to(stop)), (Some(Ok(())), Some(Ok(()))));
    assert_eq!((world.port(0), world.state(0)), (ELSEWHERE, ServiceState::Stopped));
}

#[test]
fn settings_that_cannot_be_met_are_rolled_back_with_the_move() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[0])]);
    let before = world.coordinator.settings.clone();
    let fixed = BTreeMap::from([("a".to_owned(), 7000)]);
    let id = world.apply(PortPreferences { range: None, fixed, on_conflict: OnConflict::Move });
    world.grant_ports();
    world.exit_and_go(0, 1);
    is_rolled_back(&mut world, id);
    assert_eq!(world.coordinator.settings, before);
}

#[test]
fn settings_move_only_what_they_set() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[])]);
    let fixed = BTreeMap::from([("b".to_owned(), 7000)]);
    let id = world.apply(PortPreferences { range: None, fixed, on_conflict: OnConflict::Move });
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.ports()), (Some(Ok(())), vec![FIRST, 7000]));
}
