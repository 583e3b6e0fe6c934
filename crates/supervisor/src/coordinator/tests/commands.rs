//! Start, stop of all services, move to a port, end of a port's holder, and what crosses them.

use std::time::Duration;

use contract::{PortSource, Request, ServiceState};

use super::world::{ELSEWHERE, FIRST, World, number, oneshot, socket, thief};
use crate::coordinator::*;

use ServiceState::{Conflict, Done, Failed, Healthy, Starting, Stopped, Stopping};

/// `c` needs `b`, which needs `a`.
fn chain() -> World {
    World::healthy(vec![socket("a", &[]), socket("b", &[0]), number("c", &[1])])
}

fn stop_services(world: &mut World) -> RequestId {
    world.request(Request::StopServices {})
}

/// What runs, in the order of the stack file.
fn running(world: &World) -> Vec<usize> {
    world.processes.keys().map(|(service, _)| *service).collect()
}

/// `a`, which people know, has lost its port.
fn in_conflict() -> World {
    let mut world = World::healthy(vec![number("a", &[])]);
    world.exit_and_go(0, 1);
    world.refuse_claim();
    assert_eq!(world.state(0), Conflict);
    world
}

fn error_of(world: &World, id: RequestId) -> String {
    world.answer_to(id).expect("it is answered").expect_err("it is refused")
}

// Start ---------------------------------------------------------------------------------------------------------

#[test]
fn a_start_of_all_starts_what_was_stopped_and_leaves_the_rest_alone() {
    let mut world = chain();
    world.stop(Some("c"));
    world.become_healthy();
    let before = (world.run(0), world.run(1));
    let id = world.start(None);
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.states()), (Some(Ok(())), vec![Healthy; 3]));
    assert_eq!((world.run(0), world.run(1)), before);
}

#[test]
fn a_start_of_what_runs_is_answered_at_once() {
    let mut world = chain();
    let before = world.processes.clone();
    for service in [None, Some("b")] {
        let id = world.start(service);
        assert_eq!(world.answer_to(id), Some(Ok(())));
    }
    assert_eq!(world.processes, before);
    let id = world.start(Some("d"));
    assert_eq!(error_of(&world, id), "there is no service `d`; there are a, b, c");
}

#[test]
fn a_start_starts_what_is_needed_first() {
    let mut world = chain();
    stop_services(&mut world);
    world.become_healthy();
    let id = world.start(Some("b"));
    world.grant_ports();
    assert_eq!(running(&world), [0]);
    let run = world.run(0);
    world.ready(0, run);
    world.grant_ports();
    assert_eq!((running(&world), world.answer_to(id)), (vec![0, 1], None));
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.states()), (Some(Ok(())), vec![Healthy, Healthy, Stopped]));
}

#[test]
fn a_start_starts_what_failed_and_who_waits_for_it() {
    let mut world = World::new(vec![number("a", &[]), socket("b", &[0])]);
    world.on(Event::Launch);
    while world.state(0) != Failed {
        world.exit_and_go(0, 1);
        world.grant_ports();
        world.pass(Duration::from_secs(3));
    }
    assert_eq!(world.state(1), Starting);
    let id = world.start(Some("b"));
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.states()), (Some(Ok(())), vec![Healthy; 2]));
}

#[test]
fn a_start_says_why_it_did_not_come_to_be() {
    let mut world = chain();
    stop_services(&mut world);
    world.become_healthy();
    let id = world.start(Some("c"));
    world.grant_ports();
    world.exit_and_go(0, 78);
    for _ in 0..5 {
        world.grant_ports();
        world.pass(Duration::from_secs(11));
        if world.state(0) != Failed {
            world.exit_and_go(0, 78);
        }
    }
    assert!(error_of(&world, id).contains("exited with code 78"));
    assert_eq!(world.states(), [Failed, Stopped, Stopped]);
}

#[test]
fn a_start_takes_the_place_of_a_stop() {
    let mut world = chain();
    let stopped = world.stop(Some("c"));
    assert_eq!(world.state(2), Stopping);
    let started = world.start(Some("c"));
    world.become_healthy();
    assert_eq!(error_of(&world, stopped), "a start was asked for meanwhile");
    assert_eq!((world.answer_to(started), world.state(2)), (Some(Ok(())), Healthy));
}

#[test]
fn a_start_during_a_restart_is_answered_with_it() {
    let mut world = World::healthy(vec![socket("a", &[])]);
    let restarted = world.restart(Some("a"));
    let started = world.start(Some("a"));
    assert_eq!((world.answer_to(restarted), world.answer_to(started)), (None, Some(Ok(()))));
    world.become_healthy();
    assert_eq!(world.answer_to(restarted), Some(Ok(())));
}

#[test]
fn a_start_waits_for_the_end_of_a_move() {
    let mut world = chain();
    world.stop(Some("c"));
    world.become_healthy();
    let (moved, started) = (world.reallocate(Some("a")), world.start(Some("c")));
    world.grant_ports();
    assert_eq!(world.state(2), Stopped);
    world.become_healthy();
    assert_eq!((world.answer_to(moved), world.answer_to(started)), (Some(Ok(())), Some(Ok(()))));
    assert_eq!(world.states(), [Healthy; 3]);
}

#[test]
fn what_has_done_its_work_is_started_again_by_name_alone() {
    let mut world = World::healthy(vec![oneshot("a", &[]), socket("b", &[0])]);
    for service in [None, Some("b")] {
        world.start(service);
        assert_eq!((world.states(), running(&world)), (vec![Done, Healthy], vec![1]));
    }
    let id = world.start(Some("a"));
    assert_eq!(running(&world), [0, 1]);
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.state(0)), (Some(Ok(())), Done));
}

#[test]
fn what_a_launch_leaves_out_is_started_by_name_alone() {
    let mut left_out = socket("b", &[]);
    left_out.left_out = true;
    let mut world = World::healthy(vec![socket("a", &[]), left_out]);
    world.start(None);
    assert_eq!(world.states(), [Healthy, Stopped]);
    world.start(Some("b"));
    world.become_healthy();
    assert_eq!(world.states(), [Healthy, Healthy]);
}

// Stop of all services ------------------------------------------------------------------------------------------

#[test]
fn services_are_stopped_in_order_and_the_instance_goes_on() {
    let mut world = chain();
    let stopped = stop_services(&mut world);
    for ends in [2, 1, 0] {
        assert_eq!(world.retiring(), [ends == 0, ends == 1, ends == 2]);
        world.exit_and_go(ends, 0);
    }
    assert_eq!((world.answer_to(stopped), world.states()), (Some(Ok(())), vec![Stopped; 3]));
    assert!(!world.coordinator.is_finished());
    let started = world.start(None);
    world.become_healthy();
    assert_eq!((world.answer_to(started), world.states()), (Some(Ok(())), vec![Healthy; 3]));
    assert_eq!(world.ports(), [FIRST, FIRST + 1, FIRST + 2]);
}

#[test]
fn a_start_while_services_are_stopped_keeps_that_one_and_what_it_needs() {
    let mut world = chain();
    let stopped = stop_services(&mut world);
    world.exit_and_go(2, 0);
    assert_eq!(world.retiring(), [false, true, false]);
    let started = world.start(Some("b"));
    world.become_healthy();
    assert_eq!(error_of(&world, stopped), "a start was asked for meanwhile");
    assert_eq!((world.answer_to(started), world.states()), (Some(Ok(())), vec![Healthy, Healthy, Stopped]));
}

#[test]
fn what_is_not_started_again_is_stopped_all_the_same() {
    let mut world = World::healthy(vec![socket("a", &[]), socket("b", &[]), socket("c", &[1])]);
    stop_services(&mut world);
    world.restart(Some("a"));
    world.become_healthy();
    assert_eq!(world.states(), [Healthy, Stopped, Stopped]);
}

#[test]
fn a_stop_of_services_wins_over_a_move_and_what_waits_for_its_end() {
    let mut world = chain();
    let moved = world.reallocate(Some("a"));
    world.grant_ports();
    let restarted = world.restart(Some("b"));
    let stopped = stop_services(&mut world);
    world.become_healthy();
    assert_eq!((world.answer_to(stopped), world.states()), (Some(Ok(())), vec![Stopped; 3]));
    assert!(error_of(&world, moved).contains("everything is back at its earlier port"));
    assert_eq!(error_of(&world, restarted), "a stop was asked for meanwhile");
    assert_eq!((world.port(0), world.processes.len()), (FIRST, 0));
}

#[test]
fn a_service_is_moved_while_services_are_stopped_and_is_there_when_it_is_started() {
    let mut world = chain();
    stop_services(&mut world);
    let moved = world.move_to("c", 8500);
    world.become_healthy();
    assert_eq!((world.answer_to(moved), world.states()), (Some(Ok(())), vec![Stopped; 3]));
    world.start(None);
    world.become_healthy();
    assert_eq!((world.ports(), world.states()), (vec![FIRST, FIRST + 1, 8500], vec![Healthy; 3]));
}

// Move to a port ------------------------------------------------------------------------------------------------

/// The port that the service had before it was moved.
fn moved_from(world: &World, service: usize) -> Option<u16> {
    let assignment = world.coordinator.services()[service].assignment.as_ref()?;
    Some(assignment.moved_from.as_ref()?.number)
}

fn main_port(world: &World, service: usize) -> AssignedPort {
    world.coordinator.services()[service].assignment.as_ref().expect("it has one").main.clone()
}

#[test]
fn a_service_is_moved_to_a_port_and_back() {
    let mut world = chain();
    let before = main_port(&world, 0);
    let moved = world.move_to("a", 8500);
    world.become_healthy();
    assert_eq!((world.answer_to(moved), world.port(0)), (Some(Ok(())), 8500));
    assert_eq!((world.told(1, 0), moved_from(&world, 0), moved_from(&world, 1)), (8500, Some(FIRST), None));
    let undone = world.move_to("a", FIRST);
    world.become_healthy();
    assert_eq!(
        (world.answer_to(undone), world.told(1, 0), moved_from(&world, 0)),
        (Some(Ok(())), FIRST, None)
    );
    assert_eq!(main_port(&world, 0), before, "as if it had never been moved");
}

#[test]
fn another_move_is_undone_to_the_port_before_it_and_makes_no_wish_of_that() {
    let mut world = chain();
    world.move_to("a", 8500);
    world.become_healthy();
    world.reallocate(Some("a"));
    world.become_healthy();
    assert_eq!((world.port(0), moved_from(&world, 0)), (ELSEWHERE, Some(8500)));
    assert_eq!(main_port(&world, 0), AssignedPort::new(ELSEWHERE, PortSource::Range));
}

#[test]
fn what_is_to_keep_a_set_port_is_moved_on_and_back_by_those_who_moved_it() {
    let mut strict = socket("a", &[]);
    strict.strict = true;
    let mut world = World::healthy(vec![strict]);
    for port in [8500, 8501, 8500] {
        let id = world.move_to("a", port);
        world.become_healthy();
        assert_eq!((world.answer_to(id), world.port(0)), (Some(Ok(())), port));
    }
}

#[test]
fn a_taken_port_is_refused_and_nothing_has_changed() {
    let mut world = chain();
    let before = (world.processes.clone(), world.ports());
    let id = world.move_to("a", 8500);
    world.refuse_reservation();
    assert_eq!(error_of(&world, id), "A: no free port");
    let id = world.move_to("a", FIRST + 1);
    assert_eq!(error_of(&world, id), "port 8001 is the one of B");
    assert_eq!(((world.processes.clone(), world.ports()), moved_from(&world, 0)), (before, None));
    let id = world.move_to("a", FIRST);
    assert_eq!(world.answer_to(id), Some(Ok(())), "it is there");
    let id = world.move_to("d", 8500);
    assert_eq!(error_of(&world, id), "there is no service `d`; there are a, b, c");
}

#[test]
fn a_move_that_fails_leaves_nothing_to_be_undone() {
    let mut world = chain();
    let id = world.move_to("a", 8500);
    world.grant_ports();
    world.exit_and_go(0, 1);
    world.become_healthy();
    assert!(error_of(&world, id).contains("everything is back at its earlier port"));
    assert_eq!((world.port(0), moved_from(&world, 0)), (FIRST, None));
}

#[test]
fn a_service_in_conflict_is_moved_to_any_port_but_the_lost_one() {
    let mut world = in_conflict();
    let id = world.move_to("a", FIRST);
    assert_eq!(error_of(&world, id), "port 8000 is used by thief (7)");
    let id = world.move_to("a", 8500);
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.state(0), world.port(0)), (Some(Ok(())), Healthy, 8500));
}

// End of a port's holder ----------------------------------------------------------------------------------------

#[test]
fn a_service_gets_its_port_back_when_its_holder_has_ended() {
    let mut world = in_conflict();
    let id = world.end_holder("a", FIRST);
    let request = world.ending.pop().expect("its end is asked for");
    assert_eq!((request, world.answer_to(id)), (id, None));
    world.on(Event::HolderEnded(id, Ok(())));
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.state(0), world.port(0)), (Some(Ok(())), Healthy, FIRST));
}

#[test]
fn who_asked_for_the_end_of_a_holder_waits_for_a_service_that_has_found_its_port_free_by_itself() {
    let mut world = in_conflict();
    let id = world.end_holder("a", FIRST);
    world.pass(Duration::from_secs(1));
    world.grant_claim();
    assert_eq!(world.state(0), Starting);
    world.on(Event::HolderEnded(id, Ok(())));
    assert_eq!(world.answer_to(id), None);
    world.become_healthy();
    assert_eq!((world.answer_to(id), world.state(0), world.port(0)), (Some(Ok(())), Healthy, FIRST));
}

#[test]
fn a_holder_that_is_not_the_one_that_was_meant_is_not_ended() {
    let mut world = in_conflict();
    let (service, port) = ("a".to_owned(), FIRST);
    let (pid, started) = (thief().pid.unwrap(), thief().started.unwrap());
    for (pid, started) in [(pid + 1, started), (pid, started + 1)] {
        let id = world.request(Request::EndHolder { service: service.clone(), port, pid, started });
        assert!(error_of(&world, id).starts_with("port 8000 is used by thief (7)"));
    }
    let id = world.end_holder("a", FIRST + 1);
    assert_eq!(error_of(&world, id), "A is not in conflict over port 8001");
    assert!(world.ending.is_empty());
    let mut world = chain();
    let id = world.end_holder("a", FIRST);
    assert_eq!(error_of(&world, id), "A is not in conflict over port 8000");
    assert!(world.ending.is_empty());
}

#[test]
fn a_holder_that_stays_keeps_the_port() {
    let mut world = in_conflict();
    let id = world.end_holder("a", FIRST);
    let stays = contract::ApiError::new(contract::ErrorCode::PortTaken, "it stays");
    world.on(Event::HolderEnded(id, Err(stays)));
    assert_eq!((error_of(&world, id).as_str(), world.state(0)), ("it stays", Conflict));
    // Another one has taken its place.
    let id = world.end_holder("a", FIRST);
    world.on(Event::HolderEnded(id, Ok(())));
    world.refuse_claim();
    assert_eq!(
        (error_of(&world, id).as_str(), world.state(0)),
        ("A is not healthy: port 8000 is used by thief (7)", Conflict)
    );
}

#[test]
fn a_service_that_was_stopped_while_the_holder_ended_stays_stopped() {
    let mut world = in_conflict();
    let ended = world.end_holder("a", FIRST);
    let stopped = world.stop(Some("a"));
    world.on(Event::HolderEnded(ended, Ok(())));
    world.become_healthy();
    assert_eq!((world.answer_to(ended), world.answer_to(stopped)), (Some(Ok(())), Some(Ok(()))));
    assert_eq!(world.state(0), Stopped);
}

#[test]
fn whoever_asked_for_an_end_is_answered_when_the_instance_ends() {
    let mut world = in_conflict();
    let id = world.end_holder("a", FIRST);
    world.on(Event::StopAll);
    assert_eq!(error_of(&world, id), "the instance is stopping");
    world.on(Event::HolderEnded(id, Ok(())));
    assert!(world.coordinator.is_finished());
}

#[test]
fn what_is_still_to_be_stopped_is_not_started_by_a_move() {
    let mut world = chain();
    let moved = world.reallocate(None);
    let stopped = stop_services(&mut world);
    // The ports come while those that need others have not ended.
    world.become_healthy();
    world.pass(Duration::from_secs(11));
    world.become_healthy();
    assert_eq!(world.states(), [Stopped; 3]);
    assert_eq!(world.answer_to(stopped), Some(Ok(())));
    assert!(world.answer_to(moved).is_some());
}
