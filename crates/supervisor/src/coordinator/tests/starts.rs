use std::time::Duration;

use contract::{OnConflict, RestartPolicy, ServiceState};

use super::world::{ELSEWHERE, FIRST, World, number, oneshot, socket, stranger, suspension, task};
use crate::coordinator::*;

#[test]
fn services_start_in_the_order_in_which_they_need_each_other() {
    let mut world = World::new(vec![socket("a", &[]), socket("b", &[0])]);
    world.on(Event::Launch);
    assert_eq!(world.processes.len(), 1);
    assert_eq!(world.coordinator.services()[1].waits_for(), Some("A"));
    let run = world.run(0);
    world.ready(0, run);
    assert_eq!(world.processes.len(), 2);
    let run = world.run(1);
    world.ready(1, run);
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
    assert_eq!(world.told(1, 0), FIRST);
}

#[test]
fn a_need_that_fails_is_said_to_who_waits_and_the_wait_goes_on() {
    let mut world = World::new(vec![socket("a", &[]), socket("b", &[0])]);
    world.on(Event::Launch);
    for _ in 0..5 {
        world.exit_and_go(0, 1);
        world.pass(std::time::Duration::from_secs(11));
    }
    assert_eq!(world.state(0), ServiceState::Failed);
    let id = world.restart(Some("b"));
    let error = world.answer_to(id).unwrap().unwrap_err();
    assert_eq!(error, "B is not healthy: it needs A, which has failed (exited with code 1)");
    world.restart(Some("a"));
    world.become_healthy();
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
}

#[test]
fn a_task_that_failed_holds_back_what_needs_it_and_says_why_until_it_ended_well() {
    let restart = RestartPolicy::Never;
    let mut world = World::new(vec![task("a", restart), socket("b", &[0]), socket("c", &[1])]);
    world.on(Event::Launch);
    world.exit_and_go(0, 1);
    assert_eq!(world.states(), [ServiceState::Failed, ServiceState::Starting, ServiceState::Starting]);
    for waiting in [1, 2] {
        let lacks = world.coordinator.services()[waiting].lacks().map(ToString::to_string);
        assert_eq!(lacks.as_deref(), Some("it needs A, which has failed (exited with code 1)"));
    }
    world.restart(Some("a"));
    assert_eq!(world.coordinator.services()[1].lacks(), None, "it is being tried again");
    world.grant_ports();
    world.exit_and_go(0, 0);
    world.become_healthy();
    assert_eq!(world.states(), [ServiceState::Stopped, ServiceState::Healthy, ServiceState::Healthy]);
    assert!(world.coordinator.services()[0].machine().is_finished());
}

#[test]
fn what_needs_a_oneshot_starts_at_its_end_and_is_left_alone_when_that_runs_again() {
    let mut world = World::new(vec![oneshot("a", &[]), socket("b", &[0]), socket("c", &[1])]);
    world.on(Event::Launch);
    world.pass(Duration::from_secs(20));
    assert_eq!(world.processes.len(), 1);
    world.exit_and_go(0, 3);
    let lacks = world.coordinator.services()[2].lacks().map(ToString::to_string);
    assert_eq!(lacks.as_deref(), Some("it needs A, which has failed (exited with code 3)"));
    let id = world.restart(Some("a"));
    world.become_healthy();
    let well = [ServiceState::Done, ServiceState::Healthy, ServiceState::Healthy];
    assert_eq!((world.answer_to(id), world.states()), (Some(Ok(())), well.to_vec()));
    let (b, c) = (world.run(1), world.run(2));
    world.restart(Some("a"));
    world.exit_and_go(0, 1);
    world.become_healthy();
    assert_eq!((world.state(0), world.run(1), world.run(2)), (ServiceState::Failed, b, c));
    world.restart(None);
    world.become_healthy();
    assert_eq!(world.states(), well);
    assert!(world.run(1) > b, "all of it runs anew");
}

#[test]
fn what_needs_a_service_without_a_check_starts_when_that_has_run_for_a_second() {
    let mut world = World::new(vec![task("a", RestartPolicy::Always), socket("b", &[0])]);
    world.on(Event::Launch);
    world.pass(Duration::from_millis(999));
    assert_eq!(world.processes.len(), 1);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.processes.len(), 2);
}

#[test]
fn a_task_that_was_stopped_by_hand_is_not_done() {
    let mut world = World::new(vec![task("a", RestartPolicy::Never), socket("b", &[0])]);
    world.on(Event::Launch);
    world.stop(Some("a"));
    world.exit_and_go(0, 0);
    assert_eq!((world.state(0), world.processes.len()), (ServiceState::Stopped, 0));
    let lacks = world.coordinator.services()[1].lacks().map(ToString::to_string);
    assert_eq!(lacks.as_deref(), Some("it needs A, which is stopped"));
}

#[test]
fn a_start_that_is_suspended_holds_back_what_needs_it_and_who_waits_for_that_is_told() {
    let mut world = World::new(vec![socket("a", &[]), socket("b", &[0])]);
    world.on(Event::Launch);
    world.suspended.insert((0, world.run(0)));
    world.pass(Duration::from_secs(1));
    let id = world.restart(Some("b"));
    let told = "B is not healthy: it needs A, which is starting (node (7) is suspended and cannot answer; `kill \
                -CONT 7` lets it go on)";
    assert_eq!(world.answer_to(id), Some(Err(told.to_owned())));
    assert_eq!(world.logs, [suspension().to_string()], "it is said once");
    world.pass(Duration::from_secs(100));
    assert_eq!((world.state(0), world.logs.len()), (ServiceState::Starting, 1));
    world.suspended.clear();
    world.become_healthy();
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
}

#[test]
fn services_that_share_what_they_need_start_in_a_time_that_does_not_double_with_each() {
    // Each needs all before it: 2^40 ways lead down to the first.
    let needs: Vec<usize> = (0..40).collect();
    let names: Vec<String> = (0..=needs.len()).map(|index| format!("s{index}")).collect();
    let specs = names.iter().enumerate().map(|(index, name)| socket(name, &needs[..index])).collect();
    let mut world = World::new(specs);
    world.on(Event::Launch);
    world.become_healthy();
    assert!(world.states().iter().all(|&state| state == ServiceState::Healthy));
}

#[test]
fn a_number_is_bound_again_between_two_runs() {
    let mut world = World::healthy(vec![number("a", &[])]);
    world.exit_and_go(0, 1);
    assert_eq!((world.claims.len(), world.processes.len()), (1, 0));
    world.grant_ports();
    assert_eq!(world.processes.len(), 1);
    assert_eq!(world.port(0), FIRST);
}

#[test]
fn a_port_lost_before_anybody_saw_it_moves_without_a_count() {
    let mut world = World::new(vec![number("a", &[])]);
    world.on(Event::Launch);
    world.exit_and_go(0, 1);
    assert_eq!(world.state(0), ServiceState::Starting);
    world.refuse_claim();
    world.become_healthy();
    assert_eq!((world.port(0), world.state(0)), (ELSEWHERE, ServiceState::Healthy));
    assert_eq!(world.coordinator.services()[0].machine().restarts(), 0);
}

#[test]
fn a_lost_port_that_people_know_is_a_conflict_until_its_holder_goes() {
    let mut world = World::healthy(vec![number("a", &[])]);
    world.exit_and_go(0, 1);
    world.refuse_claim();
    assert_eq!(world.state(0), ServiceState::Conflict);
    world.pass(std::time::Duration::from_secs(1));
    world.refuse_claim();
    assert_eq!(world.state(0), ServiceState::Conflict);
    world.pass(std::time::Duration::from_secs(1));
    world.become_healthy();
    assert_eq!((world.port(0), world.state(0)), (FIRST, ServiceState::Healthy));
}

#[test]
fn a_lost_port_moves_at_once_where_that_is_chosen_and_dependents_are_told() {
    let mut world = World::with(vec![number("a", &[]), socket("b", &[0])], OnConflict::Move);
    world.on(Event::Launch);
    world.become_healthy();
    world.exit_and_go(0, 1);
    world.refuse_claim();
    world.become_healthy();
    assert_eq!((world.port(0), world.told(1, 0)), (ELSEWHERE, ELSEWHERE));
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
}

#[test]
fn a_lost_port_without_another_one_is_a_conflict() {
    let mut world = World::with(vec![number("a", &[])], OnConflict::Move);
    world.on(Event::Launch);
    world.become_healthy();
    world.exit_and_go(0, 1);
    world.refuse_claim();
    world.refuse_reservation();
    assert_eq!(world.state(0), ServiceState::Conflict);
}

#[test]
fn what_is_down_keeps_its_port_unless_it_is_told_a_number_and_was_stopped() {
    for (spec, kept) in [(number("a", &[]), 0), (socket("a", &[]), 1)] {
        let mut world = World::new(vec![spec]);
        world.on(Event::Launch);
        let fail = |world: &mut World| {
            while world.state(0) != ServiceState::Failed {
                world.exit_and_go(0, 1);
                world.grant_ports();
                world.pass(std::time::Duration::from_secs(11));
                world.grant_ports();
            }
        };
        fail(&mut world);
        assert_eq!((world.held.len(), world.refusing.len()), (0, 1));
        world.restart(Some("a"));
        world.become_healthy();
        assert_eq!((world.state(0), world.refusing.len()), (ServiceState::Healthy, 0));
        fail(&mut world);
        world.stop(Some("a"));
        world.become_healthy();
        assert_eq!((world.held.len(), world.refusing.len()), (0, kept));
    }
}

#[test]
fn what_is_told_a_number_refuses_while_it_waits_for_what_it_needs() {
    for (spec, refuses) in [(number("b", &[0]), true), (socket("b", &[0]), false)] {
        let mut world = World::new(vec![socket("a", &[]), spec]);
        world.on(Event::Launch);
        assert_eq!(world.states(), [ServiceState::Starting; 2]);
        assert_eq!(world.refusing.contains(&1), refuses);
        world.become_healthy();
        assert_eq!(world.states(), [ServiceState::Healthy; 2]);
        assert!(world.refusing.is_empty());
    }
}

#[test]
fn a_start_that_waits_for_its_port_can_be_stopped() {
    let mut world = World::healthy(vec![number("a", &[])]);
    let id = world.stop(Some("a"));
    world.become_healthy();
    assert_eq!(world.answer_to(id), Some(Ok(())));
    assert!(world.held.is_empty(), "what is down lets go of its socket");
    world.restart(Some("a"));
    assert_eq!((world.claims.len(), world.processes.len()), (1, 0));
    let id = world.stop(Some("a"));
    assert_eq!(world.answer_to(id), Some(Ok(())));
    world.grant_ports();
    assert_eq!((world.processes.len(), world.state(0)), (0, ServiceState::Stopped));
    assert!(world.held.is_empty(), "what is down lets go of its socket");
}

#[test]
fn a_stranger_who_answers_is_no_health() {
    let mut world = World::healthy(vec![number("a", &[])]);
    let run = world.run(0);
    world.answer(0, run, Ok(stranger()));
    assert_eq!(world.state(0), ServiceState::Stopping);
    world.exit(0, run, 0);
    world.gone(0, run);
    world.refuse_claim();
    assert_eq!(world.state(0), ServiceState::Conflict);
}

#[test]
fn what_is_left_out_starts_when_it_is_asked_for_by_name_and_not_with_all() {
    let left_out = ServiceSpec { left_out: true, ..socket("b", &[0]) };
    let mut world = World::new(vec![socket("a", &[]), left_out]);
    world.on(Event::Launch);
    world.become_healthy();
    world.restart(None);
    world.become_healthy();
    assert_eq!(world.states(), [ServiceState::Healthy, ServiceState::Stopped]);
    assert!(world.coordinator.services()[1].is_left_out());
    assert!(world.refusing.contains(&1), "who connects to it is refused");
    world.restart(Some("b"));
    world.become_healthy();
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
    assert!(!world.coordinator.services()[1].is_left_out());
}
