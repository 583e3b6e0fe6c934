//! Services with several ports: one of them is lost, or the service moves.

use contract::{OnConflict, ServiceState};

use super::world::{ELSEWHERE, FIRST, World, named_port, number, socket};
use crate::coordinator::*;

/// `a` has a named port, and is told numbers; `b` needs it.
fn healthy(on_conflict: OnConflict, a: ServiceSpec) -> World {
    let mut world = World::with_named(vec![(a, 1), (socket("b", &[0]), 0)], on_conflict);
    world.on(Event::Launch);
    world.become_healthy();
    world
}

/// What the newest process of `service` was told of the ports of `a`.
fn told_of_a(world: &World, service: usize) -> Vec<u16> {
    let addresses = &world.processes[&(service, world.run(service))][0];
    addresses.iter().map(|address| address.port()).collect()
}

const MAIN: u16 = FIRST;

fn named() -> u16 {
    named_port(FIRST, 0)
}

#[test]
fn a_lost_named_port_is_another_one_at_the_next_start_and_who_depends_on_it_is_told() {
    let mut world = healthy(OnConflict::Move, number("a", &[]));
    assert_eq!((told_of_a(&world, 0), told_of_a(&world, 1)), (vec![MAIN, named()], vec![MAIN, named()]));
    world.exit_and_go(0, 1);
    world.refuse_claim_of(1);
    world.become_healthy();
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
    assert_eq!(told_of_a(&world, 0), [MAIN, ELSEWHERE]);
    assert_eq!(told_of_a(&world, 1), [MAIN, ELSEWHERE]);
}

#[test]
fn a_lost_named_port_is_a_conflict_of_which_a_move_changes_that_port_alone() {
    let mut world = healthy(OnConflict::Ask, number("a", &[]));
    world.exit_and_go(0, 1);
    world.refuse_claim_of(1);
    assert_eq!(world.state(0), ServiceState::Conflict);
    let conflict = world.coordinator.services()[0].machine().conflict().expect("it says who has it").clone();
    assert_eq!(conflict.port, named());
    let id = world.reallocate(Some("a"));
    world.become_healthy();
    assert_eq!(world.answer_to(id), Some(Ok(())));
    assert_eq!(world.states(), [ServiceState::Healthy; 2]);
    assert_eq!((told_of_a(&world, 0), world.port(0)), (vec![MAIN, ELSEWHERE], MAIN));
}

#[test]
fn a_move_changes_the_main_port_alone() {
    for a in [number("a", &[]), socket("a", &[])] {
        let mut world = healthy(OnConflict::Ask, a);
        let id = world.reallocate(Some("a"));
        world.become_healthy();
        assert_eq!(world.answer_to(id), Some(Ok(())));
        assert_eq!(told_of_a(&world, 0), [ELSEWHERE, named()]);
        assert_eq!(told_of_a(&world, 1), [ELSEWHERE, named()]);
    }
}

#[test]
fn a_move_binds_what_stays_again_before_the_process_is_started_elsewhere() {
    let mut world = healthy(OnConflict::Ask, number("a", &[]));
    let id = world.reallocate(Some("a"));
    let ticket = *world.reserving.keys().next().expect("another port is reserved");
    world.grant_reservation(ticket);
    let old = world.run(0);
    world.exit(0, old, 0);
    world.gone(0, old);
    world.grant_claim();
    assert!(!world.processes.keys().any(|(service, _)| *service == 0), "its named port is bound first");
    // It was lost in this moment: then the move fails, and says so.
    world.refuse_claim_of(1);
    world.become_healthy();
    assert!(world.answer_to(id).expect("it is answered").is_err());
    assert_eq!(world.port(0), MAIN);
}

#[test]
fn what_is_stopped_lets_go_of_a_new_port_too() {
    let mut world = healthy(OnConflict::Ask, number("a", &[]));
    world.stop(Some("a"));
    world.become_healthy();
    world.reallocate(Some("a"));
    world.become_healthy();
    assert_eq!((world.state(0), world.port(0)), (ServiceState::Stopped, ELSEWHERE));
    assert!(!world.held.contains(&(0, false)));
}
