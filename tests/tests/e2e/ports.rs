//! Ports against strangers: many launches at once, every kind of holder, thieves and conflicts.

use std::collections::HashSet;
use std::net::TcpListener;

use contract::{ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually, http, processes,
};

const MANY: u16 = 20;
const ROUNDS: u32 = 10;

#[test]
fn twenty_launches_at_the_same_instant_share_no_port() {
    let ports = PortBlock::lock_for(MANY * 3 + 20);
    for round in 0..ROUNDS {
        let home = Home::new();
        let stack = StackFile::new(&ports)
            .service("a", &[], "handoff = \"socket\"")
            .service("b", &[], "handoff = \"number\"")
            .service("c", &[], "handoff = \"socket\"");
        let launchers: Vec<Launcher> =
            (0..MANY).map(|_| Launch::stack(&home, stack.text()).start()).collect();
        let mut seen = HashSet::new();
        let mut names = HashSet::new();
        for launcher in &launchers {
            let snapshot = launcher.healthy();
            for service in &snapshot.services {
                assert_eq!(service.restarts, 0, "round {round}: {service:?}");
                assert!(seen.insert(service.port.unwrap()), "round {round}: {:?} twice", service.port);
            }
            names.insert(snapshot.instance.clone());
        }
        assert_eq!((seen.len(), names.len()), (usize::from(MANY) * 3, usize::from(MANY)));
    }
}

fn starts_behind_the_stranger(occupy: impl Fn(&PortBlock, u16) -> Box<dyn std::any::Any>) {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let _stranger = occupy(&ports, ports.nth(0));
    let stack = StackFile::new(&ports).service("a", &[], "").service("b", &[], "handoff = \"number\"");
    let snapshot = Launch::stack(&home, stack.text()).start().healthy();
    let found: Vec<u16> = snapshot.services.iter().map(|service| service.port.unwrap()).collect();
    assert_eq!(found, [ports.nth(1), ports.nth(2)]);
}

#[test]
fn a_stranger_on_ipv6_loopback_is_seen() {
    starts_behind_the_stranger(|_, port| Box::new(TcpListener::bind(("::1", port)).unwrap()));
}

#[test]
fn a_stranger_on_every_ipv4_address_is_seen() {
    starts_behind_the_stranger(|_, port| Box::new(TcpListener::bind(("0.0.0.0", port)).unwrap()));
}

#[test]
fn a_stranger_on_every_address_is_seen() {
    starts_behind_the_stranger(|_, port| Box::new(TcpListener::bind(("::", port)).unwrap()));
}

#[test]
fn a_stranger_that_only_holds_the_port_bound_is_seen() {
    starts_behind_the_stranger(|ports, port| Box::new(ports.hold_bound(port)));
}

/// A service that, at its first start, waits until the test has taken its port.
fn waits_for_its_port_to_be_stolen(home: &Home) -> String {
    let script = format!(
        "if [ ! -e '{0}/stolen' ]; then touch '{0}/ready'; while [ ! -e '{0}/stolen' ]; do sleep 0.01; done; fi\n\
         exec '{1}' \"$@\"",
        home.path().display(),
        Programs::fixture().display()
    );
    home.write_script("victim", &script);
    home.path().join("bin/victim").display().to_string()
}

#[test]
fn a_port_stolen_before_the_service_binds_costs_no_failed_start() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let victim = waits_for_its_port_to_be_stolen(&home);
    let stack = StackFile::new(&ports).command("victim", &[&victim], "handoff = \"number\"").service(
        "needs",
        &[],
        "needs = [\"victim\"]\nenv = { VICTIM = \"{victim.url}\" }",
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    eventually(SOON, "the victim was started", || home.path().join("ready").exists());
    let _thief = ports.occupy(ports.nth(0));
    std::fs::write(home.path().join("stolen"), "").unwrap();
    let snapshot = launcher.healthy();
    let moved = snapshot.service("victim").unwrap();
    assert_ne!(moved.port, Some(ports.nth(0)));
    assert_eq!(moved.restarts, 0, "it is a matter of ports, not a crash");
    assert!(launcher.snapshots().iter().all(|s| s.service("victim").unwrap().state != ServiceState::Backoff));
    let told = http::get(snapshot.service("needs").unwrap().port.unwrap(), "/env?VICTIM").unwrap();
    assert_eq!(told.text(), format!("http://127.0.0.1:{}", moved.port.unwrap()));
}

#[test]
fn a_service_that_chooses_its_port_is_shown_where_it_is() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("wilful", &["--choose-port"], "handoff = \"number\"").service(
        "needs",
        &[],
        "needs = [\"wilful\"]\nenv = { WILFUL = \"{wilful.url}\" }",
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.wait(HEALTHY_WITHIN, "all healthy, and the dependent is told", |snapshot| {
        let wilful = snapshot.service("wilful").unwrap();
        let told =
            snapshot.service("needs").unwrap().port.and_then(|port| http::get(port, "/env?WILFUL").ok());
        snapshot.all_healthy() && told.is_some_and(|told| Some(told.text()) == wilful.url)
    });
    let shown = snapshot.service("wilful").unwrap().port.unwrap();
    assert!(http::get(shown, "/").unwrap().text().starts_with("wilful "));
}

#[test]
fn an_answer_from_a_stranger_is_not_taken_for_health() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.spare();
    let mut command = home.command(Programs::fixture());
    let _stranger = home.spawn("stranger", command.args(["--name", "stranger", "--port", &port.to_string()]));
    eventually(SOON, "the stranger answers", || http::get(port, "/health").is_ok());
    // It is told its own port and listens nowhere: the sleeper of the fixture.
    let lines = format!("handoff = \"number\"\nenv = {{ STRANGER = \"{port}\" }}\nstart_timeout = \"1s\"");
    let stack = StackFile::new(&ports).service("mute", &["--late", "600000"], &lines);
    let launcher = Launch::stack(&home, stack.text()).env("MUTE_PORT", port.to_string()).start();
    launcher.wait(HEALTHY_WITHIN, "it was given up at least once", |s| {
        s.services[0].restarts > 0 || s.services[0].state == ServiceState::Failed
    });
    assert!(launcher.snapshots().iter().all(|s| s.services[0].state != ServiceState::Healthy));
}

/// A stack with a `number` service whose port a stranger takes while it is stopped.
pub(crate) fn in_conflict(
    home: &Home,
    ports: &PortBlock,
    on_conflict: &str,
) -> (Launcher, end_to_end::Guarded, u16) {
    let stack = StackFile::new(ports).line(&format!("on_conflict = \"{on_conflict}\"")).service(
        "web",
        &[],
        "handoff = \"number\"",
    );
    let launcher = Launch::stack(home, stack.text()).start();
    let port = launcher.healthy().services[0].port.unwrap();
    let socket = home.control_socket("default");
    let stopped = http::control(&socket, "POST", "/v1/stop", r#"{"service":"web"}"#).unwrap();
    assert!((200..300).contains(&stopped.status), "{stopped:?}");
    launcher.wait(SOON, "it is stopped", |s| s.services[0].state == ServiceState::Stopped);
    let mut command = home.command("python3");
    command.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]);
    let stranger = home.spawn("stranger", &mut command);
    eventually(SOON, "the stranger listens", || http::get(port, "/").is_ok());
    // It may be answered with the conflict or at once.
    let _answer = http::control(&socket, "POST", "/v1/restart", r#"{"service":"web"}"#);
    (launcher, stranger, port)
}

#[test]
fn a_lost_port_is_a_conflict_that_names_its_holder_and_reallocate_mends_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, stranger, port) = in_conflict(&home, &ports, "ask");
    let snapshot =
        launcher.wait(SOON, "it is in conflict", |s| s.services[0].state == ServiceState::Conflict);
    let conflict = snapshot.services[0].conflict.clone().unwrap();
    assert_eq!((conflict.port, conflict.holder.pid), (port, Some(stranger.pid())));
    assert!(conflict.holder.name.unwrap().starts_with("python3"));
    assert!(conflict.holder.command.unwrap().contains("http.server"));
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains("python3") && told.stdout.contains(&stranger.pid().to_string()), "{told:?}");
    assert_eq!(home.skinai(["reallocate", "web"]).code, Some(0));
    let mended = launcher.healthy();
    let moved = mended.services[0].port.unwrap();
    assert_ne!(moved, port);
    assert!(http::get(moved, "/").unwrap().text().starts_with("web "));
    assert!(processes::alive(stranger.pid()), "the stranger is left alone");
}

#[test]
fn the_headless_launcher_moves_at_once_where_it_is_told_to() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, _stranger, port) = in_conflict(&home, &ports, "move");
    let moved = launcher.healthy();
    assert_ne!(moved.services[0].port, Some(port));
}

#[test]
fn a_conflict_ends_when_its_holder_goes_away() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, stranger, port) = in_conflict(&home, &ports, "ask");
    launcher.wait(SOON, "it is in conflict", |s| s.services[0].state == ServiceState::Conflict);
    drop(stranger);
    assert_eq!(launcher.healthy().services[0].port, Some(port));
}

/// The body of a request to end the holder of `web`'s port.
fn end_holder(port: u16, pid: u32, started: u64) -> String {
    format!(r#"{{"service":"web","port":{port},"pid":{pid},"started":{started}}}"#)
}

#[test]
fn the_holder_of_a_lost_port_is_ended_and_the_service_gets_its_port_back() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, stranger, port) = in_conflict(&home, &ports, "ask");
    let snapshot =
        launcher.wait(SOON, "it is in conflict", |s| s.services[0].state == ServiceState::Conflict);
    let holder = snapshot.services[0].conflict.clone().unwrap().holder;
    let (pid, started) = (holder.pid.unwrap(), holder.started.unwrap());
    let socket = home.control_socket("default");
    let ask = |body: &str| http::control(&socket, "POST", "/v1/end-holder", body).unwrap();
    for (pid, started) in [(pid, started + 1), (std::process::id(), started)] {
        let refused = ask(&end_holder(port, pid, started));
        assert_eq!(refused.status, 409, "{}", refused.text());
        assert!(
            refused.json()["message"].as_str().unwrap().contains("used by python3"),
            "{}",
            refused.text()
        );
    }
    let refused = ask(&end_holder(port + 1, pid, started));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(processes::alive(stranger.pid()));
    let ended = ask(&end_holder(port, pid, started));
    assert_eq!(ended.status, 200, "{}", ended.text());
    assert!(!processes::alive(stranger.pid()));
    let back = home.status();
    assert_eq!((back.services[0].state, back.services[0].port), (ServiceState::Healthy, Some(port)));
}

#[test]
fn the_holder_of_a_port_is_ended_from_a_terminal_when_that_is_confirmed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.spare().to_string();
    let nobody = home.skinai(["ports", "end", &port, "--yes"]);
    assert_eq!(nobody.code, Some(0), "{nobody:?}");
    // It does not heed the first request.
    let mut command = home.command(Programs::fixture());
    let stranger = home.spawn("stranger", command.args(["--ignore-term", "--port", &port]));
    eventually(SOON, "it listens", || http::get(port.parse().unwrap(), "/health").is_ok());
    let refused = home.skinai(["ports", "end", &port]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("--yes") && processes::alive(stranger.pid()), "{refused:?}");
    let ended = home.skinai(["ports", "end", &port, "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(&format!("port {port} is free")), "{ended:?}");
    assert!(!processes::alive(stranger.pid()));
}

#[test]
fn what_is_a_service_of_an_instance_or_another_users_is_not_ended_by_its_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = "handoff = \"socket\"\nports = { metrics = {} }";
    let served = ["--named-port", "metrics=NO_SUCH_VARIABLE"];
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("web", &served, lines).text()).start();
    let web = launcher.healthy().services[0].clone();
    for port in [web.port.unwrap(), web.ports["metrics"].port] {
        let refused = home.skinai(["ports", "end", &port.to_string(), "--yes"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("skinai stop web --instance default"), "{refused:?}");
    }
    assert_eq!(home.status().services[0].pid, web.pid);
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let port = ports.spare().to_string();
    let mut command = home.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(Programs::fixture());
    command.args(["--port", &port]);
    let stranger = home.spawn("stranger", command.current_dir("/"));
    eventually(SOON, "it listens", || http::get(port.parse().unwrap(), "/health").is_ok());
    let refused = home.skinai(["ports", "end", &port, "--yes"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("not known to be yours") && processes::alive(stranger.pid()),
        "{refused:?}"
    );
}

#[test]
fn a_stack_launched_again_at_once_has_the_same_ports() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // What a number service was asked lingers at its port, which is then of no use to a plain bind; probes do
    // not linger.
    let stack = StackFile::new(&ports)
        .service("a", &[], "handoff = \"socket\"")
        .service("b", &[], "handoff = \"number\"")
        .service("c", &[], "handoff = \"socket\"");
    for round in 0..10 {
        let mut launcher = Launch::stack(&home, stack.text()).start();
        let snapshot = launcher.healthy();
        let found: Vec<u16> = snapshot.services.iter().map(|service| service.port.unwrap()).collect();
        assert_eq!(found, [0, 1, 2].map(|n| ports.nth(n)), "round {round}");
        for request in 0..2000 {
            http::get(found[request % 2 * 2], "/").unwrap();
        }
        assert_eq!(launcher.stop().code(), Some(0));
    }
}

#[test]
fn reallocation_goes_back_when_the_new_place_does_not_become_healthy() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // Healthy on its first port only.
    let script = format!(
        "if [ \"$FUSSY_PORT\" = {} ]; then exec '{1}' \"$@\"; else exec '{1}' --late 600000 \"$@\"; fi",
        ports.nth(0),
        Programs::fixture().display()
    );
    home.write_script("fussy", &script);
    let fussy = home.path().join("bin/fussy").display().to_string();
    let lines = "handoff = \"number\"\nstart_timeout = \"2s\"";
    let stack = StackFile::new(&ports).command("fussy", &[&fussy], lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let outcome = home.skinai(["reallocate", "fussy"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let back = launcher.wait(HEALTHY_WITHIN, "it is back where it was", Snapshot::all_healthy);
    assert_eq!(back.services[0].port, Some(ports.nth(0)));
    assert!(http::get(ports.nth(0), "/").unwrap().text().starts_with("fussy "));
}

#[test]
fn a_failed_service_keeps_its_port_from_everybody_until_it_runs_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let broken = home.path().join("broken");
    std::fs::write(&broken, "").unwrap();
    // By exit code 78 it is not tried again.
    let script = format!("[ ! -e '{}' ] || exit 78; exec \"$0\" \"$@\"", broken.display());
    let fixture = Programs::fixture();
    let command = ["sh", "-c", &script, fixture.to_str().unwrap()];
    let stack = StackFile::new(&ports).command("socket", &command, "handoff = \"socket\"").command(
        "number",
        &command,
        "handoff = \"number\"",
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let failed = launcher.wait(SOON, "both have failed", |snapshot| {
        snapshot.services.iter().all(|service| service.state == ServiceState::Failed)
    });
    for service in &failed.services {
        let port = service.port.unwrap();
        let refused = || std::net::TcpStream::connect(("127.0.0.1", port)).is_err();
        eventually(SOON, "who connects is refused", refused);
        for host in ["127.0.0.1", "0.0.0.0", "::1", "::"] {
            // With the option that lets a socket join one that does not listen.
            assert!(TcpListener::bind((host, port)).is_err(), "{} at {host}", service.name);
        }
    }
    std::fs::remove_file(&broken).unwrap();
    assert_eq!(home.skinai(["restart"]).code, Some(0));
    for (failed, healthy) in failed.services.iter().zip(&launcher.healthy().services) {
        assert_eq!(failed.port, healthy.port);
        assert_eq!(http::get(healthy.port.unwrap(), "/").unwrap().status, 200);
    }
    // What binds its port itself can be run by hand while it is stopped.
    for (name, is_kept) in [("socket", true), ("number", false)] {
        assert_eq!(home.skinai(["stop", name]).code, Some(0));
        let port = failed.service(name).unwrap().port.unwrap();
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
        assert_eq!(TcpListener::bind(("127.0.0.1", port)).is_err(), is_kept, "{name}");
    }
}
