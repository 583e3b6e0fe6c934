//! `skinai run`: which ports it takes, what it refuses, what it prints.

use std::process::Command;

use contract::{PortSource, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, http, processes,
};
use nix::sys::signal::Signal;

fn ports_of(snapshot: &Snapshot) -> Vec<u16> {
    snapshot.services.iter().map(|service| service.port.unwrap()).collect()
}

#[test]
fn the_first_three_free_ports_are_taken_and_answer() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    assert_eq!(ports_of(&snapshot), [ports.nth(0), ports.nth(1), ports.nth(2)]);
    for service in &snapshot.services {
        assert_eq!(service.port_source, PortSource::Range);
        assert_eq!(service.host, "127.0.0.1");
        assert_eq!(service.url, Some(format!("http://127.0.0.1:{}", service.port.unwrap())));
        assert_eq!(http::get(service.port.unwrap(), "/health").unwrap().status, 200);
    }
    assert_eq!(launcher.stop().code(), Some(0));
    home.assert_nothing_left(SOON);
}

#[test]
fn ports_that_somebody_has_are_passed_over() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let _strangers = [ports.occupy(ports.nth(0)), ports.occupy(ports.nth(2))];
    let launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    assert_eq!(ports_of(&snapshot), [ports.nth(1), ports.nth(3), ports.nth(4)]);
    let ui = snapshot.service("ui").unwrap();
    let opened = http::get(ui.port.unwrap(), "/health").unwrap();
    assert_eq!(opened.status, 200);
}

#[test]
fn ports_set_by_hand_are_used() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let set = [ports.spare(), ports.spare(), ports.spare()];
    let launcher = Launch::builtin(&home, &ports)
        .env("BACKEND_PORT", set[0].to_string())
        .env("UI_PORT", set[1].to_string())
        .env("ADMIN_PORT", set[2].to_string())
        .start();
    let snapshot = launcher.healthy();
    assert_eq!(ports_of(&snapshot), set);
    assert!(snapshot.services.iter().all(|service| service.port_source == PortSource::Set));
}

#[test]
fn a_set_port_that_is_taken_gives_way_and_both_are_named() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let requested = ports.spare();
    let _stranger = ports.occupy(requested);
    let launcher = Launch::builtin(&home, &ports).env("UI_PORT", requested.to_string()).start();
    let snapshot = launcher.healthy();
    let ui = snapshot.service("ui").unwrap();
    assert_eq!(ui.requested_port, Some(requested));
    assert_ne!(ui.port, Some(requested));
    let said = launcher.stderr();
    let holder = std::process::id().to_string();
    for part in [requested.to_string(), ui.port.unwrap().to_string(), holder] {
        assert!(said.contains(&part), "{part} is not in: {said}");
    }
}

#[test]
fn bad_ports_are_refused_in_one_line_before_anything_is_started() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let same = ports.spare().to_string();
    let cases: [&[(&str, &str)]; 6] = [
        &[("BACKEND_PORT", "abc")],
        &[("BACKEND_PORT", "0")],
        &[("BACKEND_PORT", "70000")],
        &[("BACKEND_PORT", "-1")],
        &[("BACKEND_PORT", " ")],
        &[("UI_PORT", &same), ("ADMIN_PORT", &same)],
    ];
    for variables in cases {
        let mut command = home.command(Programs::skinai());
        command.arg("run").envs(variables.iter().copied());
        let outcome = home.run(&mut command);
        assert_eq!(outcome.code, Some(2), "{variables:?}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{variables:?}: {outcome:?}");
        let (name, value) = variables[0];
        assert!(outcome.stderr.contains(name) && outcome.stderr.contains(value.trim()), "{outcome:?}");
        assert!(home.processes().is_empty());
        assert!(!home.state().join("default").exists(), "no service was started, so none has a log");
    }
}

#[test]
fn bad_ranges_are_refused() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    for range in ["9000-8000", "0-100", "8000-65536", "x", "8000", ""] {
        home.write_stack(&ports.builtin_stack().replacen(&ports.range(), range, 1));
        let outcome = home.skinai(["run"]);
        assert_eq!(outcome.code, Some(2), "{range}: {outcome:?}");
        assert!(outcome.stderr.contains("stack.toml"), "{range}: {outcome:?}");
    }
}

#[test]
fn two_launches_at_once_share_no_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launchers = [Launch::builtin(&home, &ports).start(), Launch::builtin(&home, &ports).start()];
    let snapshots = launchers.each_ref().map(|launcher| launcher.healthy());
    let mut all: Vec<u16> = snapshots.iter().flat_map(|snapshot| ports_of(snapshot)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 6);
    let mut names: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.instance.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["default", "default-2"]);
}

#[test]
fn the_banner_names_the_real_ports() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let _stranger = ports.occupy(ports.nth(0));
    let _run = home.spawn("run", home.command(Programs::skinai()).arg("run"));
    let [backend, ui, admin] = [1, 2, 3].map(|n| ports.nth(n));
    let expected = [
        ">> Scanning for available free ports...".to_owned(),
        format!("   Found 3 free ports: {backend}, {ui}, {admin}"),
        ">> Skin AI Assistant - Starting All Services".to_owned(),
        format!("Backend API:       http://127.0.0.1:{backend}"),
        format!("User UI:           http://localhost:{ui}"),
        format!("Admin Dashboard:   http://localhost:{admin}"),
    ];
    eventually(HEALTHY_WITHIN, "the banner is complete", || {
        let said = home.log_of("run");
        expected.iter().all(|line| said.lines().any(|said| said.trim_end() == line))
    });
}

#[test]
fn the_terminal_says_why_a_service_is_started_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack =
        StackFile::new(&ports).service("sick", &["--unhealthy-after", "3"], "").service("killed", &[], "");
    home.write_stack(stack.text());
    let _run = home.spawn("run", home.command(Programs::skinai()).arg("run"));
    let healthy = home.wait_status(HEALTHY_WITHIN, "both run", Snapshot::all_healthy);
    processes::signal(healthy.service("killed").unwrap().pid.unwrap(), Signal::SIGKILL);
    let expected = [
        "sick does not answer (answered 500 to GET /health); it is started again",
        "killed was ended by SIGKILL; it is started again",
    ];
    eventually(SOON, "both are said", || {
        let said = home.log_of("run");
        expected.iter().all(|line| said.lines().any(|said| said == *line))
    });
}

#[test]
fn interrupt_and_hangup_stop_everything_too() {
    for signal in [Signal::SIGINT, Signal::SIGHUP] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let mut launcher = Launch::builtin(&home, &ports).start();
        launcher.healthy();
        launcher.signal(signal);
        assert_eq!(launcher.ended(HEALTHY_WITHIN).code(), Some(0), "{signal}");
        home.assert_nothing_left(SOON);
    }
}

#[test]
fn a_full_range_is_refused_with_its_holders_or_falls_back() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let narrow = format!("{0}-{0}", ports.nth(0));
    let _stranger = ports.occupy(ports.nth(0));
    let stack = ports.builtin_stack().replacen(&ports.range(), &narrow, 1);
    let launcher = Launch::stack(&home, &stack).start();
    let snapshot = launcher.healthy();
    assert!(
        snapshot.services.iter().all(|service| service.port_source == PortSource::Fallback),
        "{snapshot:#?}"
    );
}

#[test]
fn the_range_that_browsers_refuse_is_passed_over() {
    let home = Home::new();
    let mut command: Command = home.command(Programs::skinai());
    command.args(["ports", "find", "--range", "6665-6672", "--json"]);
    let outcome = home.run(&mut command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!outcome.stdout.contains("6665") && !outcome.stdout.contains("6669"), "{outcome:?}");
}
