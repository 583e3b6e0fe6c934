use std::time::Duration;

use contract::ServiceState;

use super::world::{ELSEWHERE, World, number, socket};
use crate::coordinator::*;

#[test]
fn a_restart_is_answered_when_all_are_up_again() {
    let mut world = World::healthy(vec![socket("a", &[]), number("b", &[0])]);
    let id = world.restart(None);
    assert_eq!(world.answer_to(id), None);
    world.become_healthy();
    assert_eq!(world.answer_to(id), Some(Ok(())));
    assert_eq!(world.processes.len(), 2);
}

#[test]
fn two_requests_that_cross_are_both_answered_the_second_after_the_move() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[0])]);
    let (moved, restarted) = (world.reallocate(Some("a")), world.restart(Some("b")));
    world.grant_ports();
    assert_eq!((world.answer_to(moved), world.answer_to(restarted)), (None, None));
    world.become_healthy();
    assert_eq!((world.answer_to(moved), world.answer_to(restarted)), (Some(Ok(())), Some(Ok(()))));
    assert_eq!(world.told(1, 0), ELSEWHERE);
}

#[test]
fn a_restart_takes_the_place_of_a_stop() {
    let mut world = World::healthy(vec![socket("a", &[])]);
    let stopped = world.stop(Some("a"));
    let restarted = world.restart(Some("a"));
    world.become_healthy();
    assert_eq!(world.answer_to(stopped), Some(Err("a restart was asked for meanwhile".to_owned())));
    assert_eq!((world.answer_to(restarted), world.state(0)), (Some(Ok(())), ServiceState::Healthy));
}

#[test]
fn a_stop_that_is_not_heeded_ends_in_a_kill() {
    let mut world = World::healthy(vec![socket("a", &[])]);
    world.on(Event::StopAll);
    let run = world.run(0);
    world.pass(Duration::from_secs(5));
    assert_eq!(world.state(0), ServiceState::Stopping);
    world.exit(0, run, 137);
    world.gone(0, run);
    assert!(world.coordinator.is_finished());
}

#[test]
fn after_a_stop_of_all_requests_are_refused() {
    let mut world = World::healthy(vec![socket("a", &[])]);
    world.on(Event::StopAll);
    let id = world.restart(None);
    assert_eq!(world.answer_to(id), Some(Err("the instance is stopping".to_owned())));
}

#[test]
fn a_kill_of_all_ends_everything_that_runs() {
    let mut world = World::healthy(vec![socket("a", &[]), number("b", &[0])]);
    world.on(Event::KillAll);
    world.become_healthy();
    assert!(world.coordinator.is_finished() && world.processes.is_empty());
}

#[test]
fn an_unknown_service_is_refused_with_those_that_there_are() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[])]);
    let id = world.restart(Some("c"));
    assert_eq!(world.answer_to(id), Some(Err("there is no service `c`; there are a, b".to_owned())));
}

#[test]
fn a_strict_port_is_not_moved() {
    let mut spec = socket("a", &[]);
    spec.strict = true;
    let mut world = World::healthy(vec![spec]);
    world.coordinator.services[0].assignment.as_mut().unwrap().source = contract::PortSource::Set;
    let id = world.reallocate(Some("a"));
    let error = world.answer_to(id).unwrap().unwrap_err();
    assert_eq!(error, "A is to keep port 8000 (strict = true in the stack file)");
    let id = world.reallocate(None);
    assert_eq!(world.answer_to(id), Some(Ok(())));
}
