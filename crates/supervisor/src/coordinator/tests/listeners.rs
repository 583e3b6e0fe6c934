//! Who listens at a service's address, and where the service listens.

use std::net::SocketAddr;
use std::time::Duration;

use contract::{Cause, HandedBy, OnConflict, PortSource, ServiceState};

use super::world::{FIRST, HOST, World, found_at, number, socket, stranger, thief};
use crate::coordinator::*;

fn launched(spec: ServiceSpec) -> (World, crate::lifecycle::RunId) {
    let mut world = World::new(vec![spec]);
    world.on(Event::Launch);
    let run = world.run(0);
    (world, run)
}

fn at(addresses: &[&str]) -> Listeners {
    let addresses = addresses.iter().map(|address| address.parse().expect("an address")).collect();
    Listeners { addresses, ..Listeners::default() }
}

fn last_error(world: &World) -> Option<Cause> {
    world.coordinator.services()[0].machine().last_error().cloned()
}

#[test]
fn a_strangers_listener_counts_where_the_stack_file_allows_it() {
    let spec = ServiceSpec { any_listener: true, ..number("a", &[]) };
    let mut world = World::new(vec![spec]);
    world.on(Event::Launch);
    let run = world.run(0);
    world.answer(0, run, Ok(stranger()));
    let service = &world.coordinator.services()[0];
    assert_eq!((world.state(0), service.served_by()), (ServiceState::Healthy, Some(&thief())));
    world.answer(0, run, Ok(Answerer::Own));
    assert_eq!(world.coordinator.services()[0].served_by(), None);
}

#[test]
fn an_answer_that_may_be_anybodys_is_health_and_is_said_once() {
    let (mut world, run) = launched(number("a", &[]));
    for _ in 0..3 {
        world.answer(0, run, Ok(Answerer::Hidden(thief())));
        assert_eq!((world.state(0), world.run(0)), (ServiceState::Healthy, run));
    }
    let service = &world.coordinator.services()[0];
    assert_eq!((service.answered_by(), service.served_by()), (Some(&Answerer::Hidden(thief())), None));
    assert_eq!(world.logs.len(), 1);
    assert!(world.logs[0].contains("since thief (7) hides its sockets"), "{:?}", world.logs);
}

#[test]
fn one_that_does_not_answer_and_hides_where_it_listens_is_said_to_once_it_is_late() {
    let (mut world, run) = launched(number("a", &[]));
    let hidden = Listeners { hidden: Some(thief()), ..Listeners::default() };
    for (after, said) in [(1, 0), (15, 1), (1, 1)] {
        world.pass(Duration::from_secs(after));
        world.process(0, run, ProcessEvent::ListenersFound(hidden.clone()));
        assert_eq!((world.logs.len(), world.state(0)), (said, ServiceState::Starting));
    }
    assert!(world.logs[0].contains("since thief (7) hides its sockets"), "{:?}", world.logs);
}

#[test]
fn a_service_whose_port_others_answer_again_and_again_fails_with_the_key_that_allows_it() {
    let mut world = World::with(vec![number("a", &[])], OnConflict::Move);
    world.on(Event::Launch);
    while world.state(0) != ServiceState::Failed {
        let run = world.run(0);
        world.answer(0, run, Ok(stranger()));
        world.gone(0, run);
        world.refuse_claim();
        world.grant_ports();
    }
    let reason = world.coordinator.services()[0].machine().detail(world.now).unwrap().to_string();
    assert!(reason.contains("thief (7)") && reason.contains("listener = \"any\""), "{reason}");
}

#[test]
fn a_service_is_shown_where_it_answers_until_its_told_port_opens() {
    let mut world = World::new(vec![number("a", &[]), socket("b", &[0])]);
    world.on(Event::Launch);
    let run = world.run(0);
    world.answer(0, run, Err(contract::Cause::Refused));
    world.now += std::time::Duration::from_secs(3);
    world.answer(0, run, Err(contract::Cause::Refused));
    let elsewhere: std::net::SocketAddr = "127.0.0.1:9229".parse().unwrap();
    let found = found_at(elsewhere);
    world.process(0, run, found);
    world.become_healthy();
    assert_eq!(world.told(1, 0), 9229);
    world.process(0, run, ProcessEvent::ToldPortOpened);
    world.become_healthy();
    assert_eq!(world.told(1, 0), FIRST);
}

#[test]
fn a_service_that_still_has_an_address_that_has_changed_is_not_healthy_and_does_not_stay() {
    let mut world = World::healthy(vec![number("a", &[]), socket("b", &[0])]);
    world.exit_and_go(0, 1);
    world.grant_ports();
    let run = world.run(0);
    world.now += Duration::from_secs(3);
    world.process(0, run, found_at("127.0.0.1:9229".parse().unwrap()));
    assert_eq!(
        (world.states(), world.told(1, 0)),
        (vec![ServiceState::Healthy, ServiceState::Unhealthy], 9229)
    );
    // Its successor ends, and the old process is not kept.
    world.exit_and_go(1, 1);
    assert_eq!((world.state(1), world.told(1, 0)), (ServiceState::Starting, 9229));
    world.become_healthy();
    assert_eq!((world.states(), world.told(1, 0)), (vec![ServiceState::Healthy; 2], 9229));
    assert_eq!(world.processes.len(), 2);
}

#[test]
fn listeners_that_do_not_answer_its_check_are_not_the_service_which_is_said_once_it_is_late() {
    let (mut world, run) = launched(number("a", &[]));
    let debugger = at(&["127.0.0.1:9229"]);
    for said in [0, 0, 1, 1] {
        world.pass(Duration::from_secs(1));
        world.process(0, run, ProcessEvent::ListenersFound(debugger.clone()));
        assert_eq!((world.logs.len(), world.state(0)), (said, ServiceState::Starting));
    }
    assert!(
        world.logs[0].starts_with("it listens on 127.0.0.1:9229, not on the port 8000"),
        "{:?}",
        world.logs
    );
}

#[test]
fn the_told_port_at_another_address_counts_at_once_and_another_port_after_three_seconds() {
    let (mut world, run) = launched(number("a", &[]));
    for search in [Search::ToldPort, Search::ToldPort, Search::Anywhere] {
        world.pass(Duration::from_secs(1));
        assert_eq!(world.looks.pop(), Some(search));
        world.process(0, run, ProcessEvent::ListenersFound(Listeners::default()));
    }
    let six = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, FIRST));
    world.process(0, run, found_at(six));
    assert_eq!(world.state(0), ServiceState::Healthy);
    let assignment = world.coordinator.services()[0].shown_assignment().expect("it has a port");
    assert_eq!((assignment.address(), assignment.shown_source()), (six, PortSource::Range));
    assert_eq!(assignment.shown_request(), None, "it has the port that it was told");
}

#[test]
fn what_else_a_healthy_service_listens_on_is_shown_and_never_the_service() {
    let mut world = World::healthy(vec![number("a", &[])]);
    let run = world.run(0);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.looks.pop(), Some(Search::Nowhere));
    let listeners = at(&["127.0.0.1:8000", "127.0.0.1:9229"]);
    world.coordinator.take_changed();
    world.process(0, run, ProcessEvent::ListenersFound(listeners.clone()));
    assert_eq!(world.coordinator.take_changed(), [0]);
    let service = &world.coordinator.services()[0];
    assert_eq!(
        (service.listeners(), service.shown_assignment().unwrap().found),
        (&*listeners.addresses, None)
    );
    world.process(0, run, ProcessEvent::ListenersFound(listeners));
    assert!(world.coordinator.take_changed().is_empty());
}

#[test]
fn a_socket_that_nobody_takes_is_said_with_where_the_service_listens_instead() {
    let (mut world, run) = launched(socket("a", &[]));
    let ignored = Listeners { unaccepted: true, ..at(&["127.0.0.1:8000", "127.0.0.1:5173"]) };
    world.pass(Duration::from_secs(1));
    world.process(0, run, ProcessEvent::ListenersFound(ignored.clone()));
    assert_eq!(last_error(&world), None, "it may be slow");
    world.pass(Duration::from_secs(2));
    world.process(0, run, ProcessEvent::ListenersFound(ignored));
    let (address, listeners) = ("127.0.0.1:8000".to_owned(), "127.0.0.1:5173".to_owned());
    let elsewhere = Cause::ListensElsewhere { address: address.clone(), handed: HandedBy::HERE, listeners };
    assert_eq!(last_error(&world), Some(elsewhere));
    let nowhere = Listeners { unaccepted: true, ..at(&["127.0.0.1:8000"]) };
    world.process(0, run, ProcessEvent::ListenersFound(nowhere.clone()));
    assert!(
        matches!(last_error(&world), Some(Cause::ListensElsewhere { .. })),
        "one that listens nowhere may be slow"
    );
    world.pass(Duration::from_secs(12));
    world.process(0, run, ProcessEvent::ListenersFound(nowhere));
    assert_eq!(last_error(&world), Some(Cause::SocketNotTaken { address, handed: HandedBy::HERE }));
    assert_eq!(world.state(0), ServiceState::Starting);
    world.ready(0, run);
    assert_eq!((last_error(&world), world.state(0)), (None, ServiceState::Healthy));
}

#[test]
fn one_that_listens_elsewhere_than_told_says_so_in_its_row_until_it_answers() {
    let (mut world, run) = launched(number("a", &[]));
    let elsewhere = at(&["127.0.0.1:3000"]);
    world.pass(Duration::from_secs(1));
    world.answer(0, run, Err(Cause::Refused));
    world.process(0, run, ProcessEvent::ListenersFound(elsewhere.clone()));
    assert_eq!(last_error(&world), Some(Cause::Refused), "its port may open late");
    for _ in 0..2 {
        world.pass(Duration::from_secs(3));
        world.process(0, run, ProcessEvent::ListenersFound(elsewhere.clone()));
        world.answer(0, run, Err(Cause::Refused));
        let said = Cause::NotOnToldPort { port: FIRST, listeners: "127.0.0.1:3000".to_owned() };
        assert_eq!(last_error(&world), Some(said.clone()), "that it is refused is no news");
        assert_eq!(world.logs, [said.to_string()], "the output says it once");
    }
    let status = Cause::Answered { status: 500, path: "/health".to_owned() };
    world.answer(0, run, Err(status.clone()));
    assert_eq!(last_error(&world), Some(status), "an answer says more");
    world.ready(0, run);
    assert_eq!((last_error(&world), world.state(0)), (None, ServiceState::Healthy));
}

#[test]
fn of_one_that_is_not_ready_in_time_it_is_said_where_it_listens() {
    let mut spec = number("a", &[]);
    spec.policy.on_unhealthy = contract::OnUnhealthy::Report;
    let (mut world, run) = launched(spec);
    world.pass(Duration::from_secs(4));
    world.answer(0, run, Err(Cause::Refused));
    world.process(0, run, ProcessEvent::ListenersFound(at(&["127.0.0.1:3000"])));
    world.pass(Duration::from_secs(30));
    let machine = world.coordinator.services()[0].machine();
    let reason = machine.detail(world.now).expect("it says why").to_string();
    assert!(reason.contains("in 30 s (it listens on 127.0.0.1:3000, not on the port 8000"), "{reason}");
}

/// Two looks at the listeners while it is up.
fn looked_at_twice(mut world: World) -> World {
    for _ in 0..2 {
        world.pass(Duration::from_secs(1));
        let run = world.run(0);
        world.process(0, run, ProcessEvent::ListenersFound(at(&["127.0.0.1:8000"])));
    }
    world
}

#[test]
fn nobody_else_gets_the_other_addresses_of_localhost_once_a_service_has_settled() {
    let mut world = World::healthy(vec![number("a", &[])]);
    let run = world.run(0);
    world.pass(Duration::from_secs(1));
    world.process(0, run, ProcessEvent::ListenersFound(at(&["127.0.0.1:8000"])));
    assert_eq!(world.loopbacks, [], "it may bind them itself a moment later");
    let mut world = looked_at_twice(world);
    assert_eq!(world.loopbacks.pop(), Some((0, HOST)));
    let taken = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, FIRST));
    world.process(0, run, ProcessEvent::LoopbackHeld(Some((taken, thief()))));
    let said = world.coordinator.services()[0].loopback_taken().expect("it is said").to_string();
    assert!(said.starts_with("thief (7) listens at [::1]:8000"), "{said}");
    world.process(0, run, ProcessEvent::LoopbackHeld(None));
    assert_eq!(world.coordinator.services()[0].loopback_taken(), None);
}

#[test]
fn localhost_is_left_alone_where_the_launcher_holds_the_socket_or_somebody_publishes_the_port() {
    let published = ServiceSpec { any_listener: true, ..number("a", &[]) };
    for spec in [socket("a", &[]), published] {
        assert_eq!(looked_at_twice(World::healthy(vec![spec])).loopbacks, []);
    }
}
