//! The commands of the README.

use contract::{ServiceState, Snapshot};

use crate::place::{Place, get, service};

const STACK: &str = r#"
[service.api]
command = [FIXTURE, "--name", "api"]
port    = { env = "PORT" }
health  = { http = "/health" }

[service.web]
command = [FIXTURE, "--name", "web"]
port    = { env = "PORT" }
health  = { http = "/health" }
needs   = ["api"]
env     = { API_URL = "{api.url}" }
open    = "/"
"#;

#[test]
fn a_stack_is_launched_shown_and_stopped() {
    let place = Place::with(STACK);
    assert_eq!(place.run(&["status"]).status.code(), Some(3), "nothing runs");
    let launched = place.launch("stack");
    place.prints(&["wait", "--timeout", "25s"]);
    let snapshot = place.status("stack").expect("it runs");
    assert!(snapshot.all_healthy(), "{snapshot:#?}");
    let map = place.prints(&["status"]);
    assert!(map.contains("all healthy"), "{map}");
    for name in ["api", "web"] {
        let shown = service(&snapshot, name);
        let port = shown.port.expect("it is healthy");
        assert!(place.ports.all().contains(&port), "{port}");
        assert_eq!(get(port, "/").as_deref(), Some(format!("{name} {}", shown.pid.unwrap())).as_deref());
        assert_eq!(
            place.prints(&["url", name]).trim(),
            format!("http://127.0.0.1:{port}/").trim_end_matches('/')
        );
    }
    let api = service(&snapshot, "api").url.clone();
    assert_eq!(get(service(&snapshot, "web").port.unwrap(), "/env?API_URL"), api);
    let variables = place.prints(&["env", "--format", "dotenv"]);
    assert!(variables.contains("API_PORT=") && variables.contains("WEB_URL="), "{variables}");
    let logs = place.prints(&["logs"]);
    assert!(logs.contains("fixture api listening on") && logs.contains("fixture web listening on"), "{logs}");
    let events = place.prints(&["events", "--json"]);
    assert!(events.contains(r#""kind":"launched""#) && events.contains(r#""kind":"healthy""#), "{events}");

    place.prints(&["stop"]);
    assert_eq!(launched.ends().code(), Some(0));
    place.nothing_is_left();
}

#[test]
fn a_service_is_restarted_moved_stopped_and_started() {
    let place = Place::with(STACK);
    let (launched, before) = place.healthy();
    place.prints(&["restart", "web"]);
    let restarted = place.until("it runs anew", Snapshot::all_healthy);
    let [old, new] = [&before, &restarted].map(|snapshot| service(snapshot, "web"));
    assert_ne!(old.pid, new.pid);
    assert_eq!(old.port, new.port);
    assert_eq!(service(&before, "api").pid, service(&restarted, "api").pid);

    place.prints(&["reallocate", "api"]);
    let moved = place.until("it is healthy elsewhere", |now| {
        now.all_healthy() && service(now, "api").port != service(&before, "api").port
    });
    // Who needs it was told.
    let told = get(service(&moved, "web").port.unwrap(), "/env?API_URL");
    assert_eq!(told, service(&moved, "api").url);

    place.prints(&["stop", "web"]);
    place.until("it is stopped", |now| service(now, "web").state == ServiceState::Stopped);
    assert_eq!(place.run(&["status"]).status.code(), Some(1));
    place.prints(&["start", "web"]);
    place.until("it runs again", Snapshot::all_healthy);
    place.prints(&["stop"]);
    assert_eq!(launched.ends().code(), Some(0));
    place.nothing_is_left();
}

#[test]
fn a_stack_is_launched_in_the_background() {
    let place = Place::with(STACK);
    place.prints(&["run", "-d"]);
    assert!(place.status("stack").is_some_and(|snapshot| snapshot.all_healthy()));
    place.prints(&["stop"]);
    place.nothing_is_left();
}

#[test]
fn a_command_runs_beside_a_stack_and_says_how_it_went() {
    let place = Place::with(STACK);
    let fixture = place.fixture().display().to_string();
    let ended = place.run(&["run", "--quiet", "--", &fixture, "--exit", "7"]);
    assert_eq!(ended.status.code(), Some(7), "{}", String::from_utf8_lossy(&ended.stderr));
    place.nothing_is_left();
}

#[test]
fn what_can_be_asked_without_a_launch_is_answered() {
    let place = Place::with(STACK);
    assert!(place.prints(&["--version"]).contains(env!("CARGO_PKG_VERSION")));
    place.prints(&["check"]);
    assert!(place.prints(&["schema"]).contains("$schema"));
    let free = place.prints(&["ports", "find", "-n", "3", "--range", &place.ports.range()]);
    assert_eq!(free.split_whitespace().count(), 3, "{free}");
    place.prints(&["ports", "check", &place.ports.first().to_string()]);

    place.write("[service.api]\ncommand = [\"no-such-program-anywhere\"]\n");
    let refused = place.run(&["run", "--quiet"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("no-such-program-anywhere"), "{said}");
}

#[test]
fn what_is_told_its_port_for_want_of_descriptors_is_named() {
    let place = Place::with(
        "service.api = { command = [FIXTURE, '--fd', '3'], port = { env = 'PORT' }, handoff = 'socket' }",
    );
    let said = place.prints(&["check"]);
    let note = "api is told its port as a number on this system, although the file says handoff = \"socket\": `--fd` names";
    assert_eq!(said.contains(note), cfg!(windows), "{said}");
}

#[test]
fn the_built_in_stack_is_launched() {
    let place = Place::new();
    let range = place.ports.range();
    let (launched, snapshot) = {
        let stack = include_str!("../../../product/src/builtin.toml");
        let stack = ["8000-9000", "8000-8100", "8501-8600", "8601-8700"]
            .iter()
            .fold(stack.to_owned(), |stack, own| stack.replace(own, &range));
        std::fs::write(place.stack().join("skinai.toml"), stack).unwrap();
        place.healthy()
    };
    let port = |name: &str| service(&snapshot, name).port.expect("it is healthy");
    assert!(get(port("backend"), "/health").is_some_and(|body| body.contains("ok")));
    let address = place.prints(&["url", "ui"]);
    assert!(address.contains("code="), "{address}");
    place.prints(&["stop"]);
    assert_eq!(launched.ends().code(), Some(0));
    assert!(place.ports.are_free());
}
