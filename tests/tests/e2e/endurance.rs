//! What must not grow, and what must not be taken for a fault.

use std::time::{Duration, Instant};

use contract::{ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, SOON, StackFile, eventually, http, processes,
};
use nix::sys::signal::Signal;

const OVERLAP: &str = "handoff = \"socket\"\nready = \"notify\"\non_restart = \"overlap\"";

fn descriptors(launcher: &Launcher) -> usize {
    let count = |pid: u32| std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    launcher.own_processes().into_iter().map(count).sum()
}

fn threads(launcher: &Launcher) -> usize {
    let count = |pid: u32| std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    launcher.own_processes().into_iter().map(count).sum()
}

#[test]
fn two_hundred_restarts_and_moves_leave_no_descriptor_socket_or_thread_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("overlaps", &[], OVERLAP).service("stops", &[], "").service(
        "number",
        &[],
        "handoff = \"number\"",
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let socket = home.control_socket("default");
    let ask = |what: &str| {
        let answer = http::control(&socket, "POST", what, "{}").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    ask("/v1/restart");
    launcher.healthy();
    let before = (descriptors(&launcher), threads(&launcher));
    for round in 0..70 {
        ask(if round % 5 == 0 { "/v1/reallocate" } else { "/v1/restart" });
    }
    let snapshot = launcher.healthy();
    assert!(snapshot.services.iter().all(|service| service.restarts == 0), "{snapshot:#?}");
    let mut after = (0, 0);
    let notify = || std::fs::read_dir(home.runtime().join("skinai/notify")).unwrap().count();
    eventually(SOON, "what was opened for a restart is closed", || {
        after = (descriptors(&launcher), threads(&launcher));
        // A probe under way has a descriptor each.
        after.0 <= before.0 + 3 && after.1 <= before.1 && notify() <= 1
    });
}

#[test]
fn a_launcher_that_was_stopped_for_a_while_restarts_nobody() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("a", &["--slow", "50"], "")
        .service("b", &[], "handoff = \"number\"")
        .service("c", &[], OVERLAP);
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    for round in 0..3 {
        let own = launcher.own_processes();
        let services: Vec<u32> =
            launcher.descendants().into_iter().filter(|pid| !own.contains(pid)).collect();
        // The last time the whole machine stands still, as in a sleep.
        let stopped: Vec<u32> = if round == 2 { services.into_iter().chain(own).collect() } else { own };
        let engine = *stopped.last().unwrap();
        for pid in &stopped {
            processes::signal(*pid, Signal::SIGSTOP);
        }
        let until = Instant::now() + Duration::from_secs(3);
        eventually(SOON, "time passes", || Instant::now() >= until);
        assert!(processes::alive(engine));
        for pid in stopped.iter().rev() {
            processes::signal(*pid, Signal::SIGCONT);
        }
        let seen = launcher.newest().unwrap().services[0].health.checked_at;
        home.wait_status(SOON, "probes go on", |s| s.services.iter().all(|s| s.health.checked_at > seen));
    }
    let after = launcher.healthy();
    for (old, new) in before.services.iter().zip(&after.services) {
        assert_eq!((old.pid, new.restarts), (new.pid, 0));
    }
    let unhealthy = launcher
        .snapshots()
        .into_iter()
        .find(|s| s.services.iter().any(|s| s.state == ServiceState::Unhealthy));
    assert!(unhealthy.is_none(), "{unhealthy:#?}");
}

#[test]
fn a_service_that_answers_too_late_is_unhealthy_and_restarted() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let health = "health = { http = \"/health\", interval = \"100ms\", timeout = \"200ms\" }\nstop_grace = \"1s\"\nhandoff = \"socket\"";
    let stack = StackFile::new(&ports).service("late", &["--slow", "1000"], health);
    let launcher = Launch::stack(&home, stack.text()).start();
    let seen = launcher.wait(HEALTHY_WITHIN, "it was restarted", |s| s.services[0].restarts > 0);
    let unhealthy = launcher.snapshots().into_iter().find(|s| s.services[0].state == ServiceState::Unhealthy);
    let error = unhealthy.expect("it was shown unhealthy").services[0].health.last_error.clone();
    assert_eq!(error.as_deref(), Some("no answer within 200 ms"), "{seen:#?}");
}

#[test]
fn since_says_when_the_state_began_and_not_when_it_was_asked_for() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    let row = |snapshot: &Snapshot| snapshot.services[0].clone();
    let first = row(&launcher.healthy());
    home.wait_status(SOON, "it was probed again", |s| {
        s.services[0].health.checked_at > first.health.checked_at
    });
    assert_eq!(row(&launcher.newest().unwrap()).since, first.since);
    processes::signal(first.pid.unwrap(), Signal::SIGKILL);
    let again =
        row(&launcher.wait(SOON, "it runs again", |s| s.services[0].restarts == 1 && s.all_healthy()));
    assert!(again.since > first.since && again.started_at > first.started_at, "{again:#?}");
    assert_eq!(again.last_exit.as_ref().unwrap().signal.as_deref(), Some("SIGKILL"));
}

#[test]
fn a_flood_without_end_slows_neither_the_others_nor_status() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("flood", &["--flood-forever"], "")
        .service("endless", &["--flood-forever", "--endless-line"], "")
        .service("binary", &["--binary", "--ansi"], "")
        .service("quiet", &[], "");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let socket = home.control_socket("default");
    let mut took: Vec<Duration> = (0..50)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(http::control(&socket, "GET", "/v1/status", "").unwrap().status, 200);
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    assert!(took[25] < Duration::from_millis(200), "half of the answers took longer than {:?}", took[25]);
    let lines = home.skinai(["logs", "binary"]).stdout;
    assert!(lines.contains("red true colour"), "{lines}");
    assert!(lines.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{lines:?}");
    let endless = http::control(&socket, "GET", "/v1/logs/endless?lines=5", "").unwrap();
    let texts = endless.json();
    assert!(texts.as_array().unwrap().iter().all(|line| line["text"].as_str().unwrap().len() <= 8192));
    let after = launcher.newest().unwrap();
    assert!(after.services.iter().all(|service| service.restarts == 0), "{after:#?}");
    assert_eq!(launcher.stop().code(), Some(0));
}
