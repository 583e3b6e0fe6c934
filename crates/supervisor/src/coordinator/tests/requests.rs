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
fn what_goes_down_in_a_restart_ends_after_what_needs_it_and_starts_before_it() {
    // c needs b, which needs a.
    let mut world = World::healthy(vec![number("a", &[]), socket("b", &[0]), number("c", &[1])]);
    let id = world.restart(None);
    for ends in [2, 1, 0] {
        assert_eq!(world.retiring(), [ends == 0, ends == 1, ends == 2]);
        world.exit_and_go(ends, 0);
        world.grant_ports();
    }
    for starts in [0, 1, 2] {
        let processes: Vec<usize> = world.processes.keys().map(|(service, _)| *service).collect();
        assert_eq!(processes, (0..=starts).collect::<Vec<_>>());
        assert_eq!(world.answer_to(id), None);
        let run = world.run(starts);
        world.ready(starts, run);
        world.grant_ports();
    }
    assert_eq!((world.answer_to(id), world.states()), (Some(Ok(())), vec![ServiceState::Healthy; 3]));
}

#[test]
fn what_is_replaced_without_a_gap_in_a_restart_lets_what_needs_it_run_on() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[0]), number("c", &[1])]);
    let id = world.restart(None);
    for service in [0, 1] {
        assert_eq!(world.retiring(), [false; 3]);
        let run = world.run(service);
        world.ready(service, run);
        assert!(world.coordinator.services()[service].machine().is_up());
        let old = world.processes.keys().find(|(other, _)| *other == service).unwrap().1;
        world.exit(service, old, 0);
        world.gone(service, old);
    }
    assert_eq!(world.retiring(), [false, false, true]);
    world.become_healthy();
    assert_eq!(world.answer_to(id), Some(Ok(())));
}

#[test]
fn a_restart_of_what_cannot_start_says_so_for_what_waits_for_it() {
    let mut world = World::healthy(vec![number("a", &[]), number("b", &[0])]);
    let id = world.restart(None);
    world.exit_and_go(1, 0);
    world.grant_ports();
    world.exit_and_go(0, 0);
    world.grant_ports();
    for _ in 0..5 {
        assert_eq!(world.processes.len(), 1);
        world.exit_and_go(0, 1);
        world.grant_ports();
        world.pass(Duration::from_secs(3));
    }
    assert_eq!(world.states(), [ServiceState::Failed, ServiceState::Starting]);
    assert!(world.answer_to(id).unwrap().is_err());
    let again = world.restart(Some("a"));
    world.become_healthy();
    assert_eq!((world.answer_to(again), world.states()), (Some(Ok(())), vec![ServiceState::Healthy; 2]));
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
    world.coordinator.services[0].assignment.as_mut().unwrap().main.source = contract::PortSource::Set;
    let id = world.reallocate(Some("a"));
    let error = world.answer_to(id).unwrap().unwrap_err();
    assert_eq!(error, "A is to keep port 8000 (strict = true in the stack file)");
    let id = world.reallocate(None);
    assert_eq!(world.answer_to(id), Some(Ok(())));
}
