//! Harm that a person or the system does.

use std::collections::BTreeSet;
use std::net::TcpListener;

use contract::Snapshot;

use crate::place::{Place, eventually, get, service, under_load};

#[test]
fn a_launcher_that_is_killed_under_load_leaves_nothing() {
    let stack = r#"
        service.parent = { command = [FIXTURE, "--children", "2", "--grandchild"], port = { env = "PORT" } }
        service.slow = { command = [FIXTURE, "--late", "100", "--children", "1"], port = { env = "PORT" } }
    "#;
    under_load(|| {
        for round in 0..20 {
            let place = Place::with(stack);
            let launched = place.launch("stack");
            let is_started =
                |snapshot: &Snapshot| snapshot.services.iter().all(|service| service.pid.is_some());
            let is_time = if round % 2 == 0 { Snapshot::all_healthy } else { is_started };
            place.until("its services run", is_time);
            launched.kill();
            place.nothing_is_left();
        }
    });
}

#[test]
fn the_answer_of_a_stranger_is_not_taken_for_the_services() {
    let place = Place::with(
        "service.api = { command = [FIXTURE, '--late', '3000'], port = { env = 'PORT' }, health = { http = '/health' } }",
    );
    let _launched = place.launch("stack");
    let stolen = place.ports.first();
    let mut thief = None;
    eventually("the port is let go of", || {
        // The service is started: its port is nobody's until it binds it.
        thief = place.fixture_runs().then(|| TcpListener::bind(("127.0.0.1", stolen)).ok()).flatten();
        thief.is_some()
    });
    let thief = thief.expect("it was just bound");
    // Wine tells whose a socket is once its process has used it.
    thief.ttl().unwrap();
    std::thread::spawn(move || {
        for stream in thief.incoming().flatten() {
            use std::io::{Read, Write};
            // A connection that is closed before what came is read is reset, and the answer lost with it.
            let _ = (&stream).read(&mut [0; 1024]);
            let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthief");
        }
    });
    let snapshot = place.until("it is healthy", Snapshot::all_healthy);
    let api = service(&snapshot, "api");
    assert_ne!(api.port, Some(stolen));
    assert_eq!(get(api.port.unwrap(), "/"), Some(format!("fixture {}", api.pid.unwrap())));
    assert_eq!(get(stolen, "/").as_deref(), Some("thief"));
}

#[test]
fn a_port_that_is_taken_is_passed_over() {
    let place = Place::with("service.api = { command = [FIXTURE], port = { env = 'PORT' } }");
    let first = place.ports.first();
    let _other = TcpListener::bind(("127.0.0.1", first)).unwrap();
    let (_launched, snapshot) = place.healthy();
    assert_eq!(service(&snapshot, "api").port, Some(first + 1));
    let refused = place.run(&["ports", "check", &first.to_string()]);
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn a_service_that_crashes_is_started_again_where_it_was() {
    let place = Place::with(
        "service.api = { command = [FIXTURE], port = { env = 'PORT' }, health = { http = '/health' } }",
    );
    let (_launched, before) = place.healthy();
    let before = service(&before, "api");
    get(before.port.unwrap(), "/exit?9");
    let after = place.until("it runs anew", |now| now.all_healthy() && service(now, "api").pid != before.pid);
    let after = service(&after, "api");
    assert_eq!((after.port, after.restarts), (before.port, 1));
    assert_eq!(after.last_exit.as_ref().and_then(|exit| exit.code), Some(9));
}

#[test]
fn who_asks_while_a_service_with_a_held_socket_is_started_again_is_answered() {
    let place = Place::with(
        "service.api = { command = [FIXTURE, '--late', '500'], port = { env = 'PORT' }, handoff = 'socket', \
         ready = 'notify', health = { http = '/health' } }",
    );
    let (_launched, before) = place.healthy();
    let before = service(&before, "api");
    let port = before.port.unwrap();
    get(port, "/exit?9");
    let answered = get(port, "/");
    let after = place.until("it runs anew", |now| now.all_healthy() && service(now, "api").pid != before.pid);
    assert_eq!(answered, Some(format!("fixture {}", service(&after, "api").pid.unwrap())));
    place.prints(&["restart"]);
    let replaced = place.until("it is replaced", Snapshot::all_healthy);
    assert_ne!(service(&replaced, "api").pid, service(&after, "api").pid);
}

/// Under wine one process answers who listens where, and looks through all processes for each socket: twenty launchers,
/// which ask about once a second while their services start, wait for it for minutes.
const LAUNCHES: usize = if cfg!(windows) { 8 } else { 20 };

#[test]
fn launches_at_once_get_different_ports() {
    for handoff in ["socket", "number"] {
        launch_at_once(handoff);
    }
}

fn launch_at_once(handoff: &str) {
    let place = Place::with(&format!(
        "sticky = false\nservice.api = {{ command = [FIXTURE], port = {{ env = 'PORT' }}, \
         handoff = '{handoff}', health = {{ http = '/health' }} }}",
    ));
    let names: Vec<String> = (0..LAUNCHES).map(|number| format!("i{number}")).collect();
    let launched: Vec<_> = names.iter().map(|name| place.launch(name)).collect();
    // One process waits for each: under wine those that ask again and again would keep it from them.
    let healthy = |name: &String| {
        let waits = ["wait", "--timeout", "150s", "--instance", name];
        eventually("it is healthy", || place.run(&waits).status.success());
        place.status(name).expect("it runs")
    };
    let ports: BTreeSet<_> = names.iter().map(|name| service(&healthy(name), "api").port).collect();
    assert_eq!(ports.len(), names.len(), "{ports:?}");
    for name in &names {
        place.prints(&["stop", "--instance", name]);
    }
    for launched in launched {
        assert_eq!(launched.ends().code(), Some(0));
    }
    place.nothing_is_left();
}
