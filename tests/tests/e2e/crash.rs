//! Crashes, kills and hangs, of services and of the launcher.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::{Cause, ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, Load, PortBlock, Programs, SOON, StackFile, eventually, http,
    processes,
};
use nix::sys::signal::Signal;
use walkdir::WalkDir;

const OVERLAP: &str = "handoff = \"socket\"\nready = \"notify\"\non_restart = \"overlap\"";
const WITHIN_A_SECOND: Duration = Duration::from_secs(1);

fn pid(snapshot: &Snapshot, service: &str) -> u32 {
    snapshot.service(service).unwrap().pid.unwrap()
}

fn port(snapshot: &Snapshot, service: &str) -> u16 {
    snapshot.service(service).unwrap().port.unwrap()
}

/// Waits until the service is healthy in another process.
#[track_caller]
fn healthy_in_another_process(launcher: &Launcher, service: &str, old: u32) -> std::sync::Arc<Snapshot> {
    launcher.wait(HEALTHY_WITHIN, "it is healthy in another process", |snapshot| {
        let row = snapshot.service(service).unwrap();
        row.state == ServiceState::Healthy && row.pid.is_some_and(|pid| pid != old)
    })
}

#[test]
fn a_killed_service_is_healthy_again_without_a_refused_connection() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let before = launcher.healthy();
    let load = Load::start(port(&before, "backend"), "/health", 100);
    for _ in 0..3 {
        let old = pid(&launcher.newest().unwrap(), "backend");
        processes::signal(old, Signal::SIGKILL);
        let after = healthy_in_another_process(&launcher, "backend", old);
        assert_eq!(port(&after, "backend"), port(&before, "backend"));
    }
    let tally = load.stop();
    let refused: Vec<_> = tally.failures.iter().filter(|failure| failure.contains("refused")).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(launcher.newest().unwrap().service("backend").unwrap().restarts >= 3);
}

#[test]
fn a_killed_launcher_leaves_nothing_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    launcher.signal(Signal::SIGKILL);
    launcher.ended(SOON);
    home.assert_nothing_left(WITHIN_A_SECOND);
    for service in &snapshot.services {
        TcpListener::bind(("127.0.0.1", service.port.unwrap())).expect("the port is free");
    }
}

#[test]
fn a_dying_launcher_takes_stubborn_children_and_far_grandchildren_along() {
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGABRT] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let faults = ["--ignore-term", "--children", "2", "--grandchild", "--children-ignore-term"];
        let stack = StackFile::new(&ports).service("stubborn", &faults, "").service("plain", &[], "");
        let mut launcher = Launch::stack(&home, stack.text()).start();
        launcher.healthy();
        eventually(SOON, "two services, three children and the launcher are there", || {
            home.processes().len() >= 6
        });
        launcher.signal(signal);
        launcher.ended(SOON);
        home.assert_nothing_left(WITHIN_A_SECOND);
        TcpListener::bind(("127.0.0.1", ports.nth(0))).expect("the port is free");
    }
}

#[test]
fn each_of_the_launchers_processes_ends_everything_when_it_is_killed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &["--grandchild", "--children-ignore-term"], "");
    for victim in 0.. {
        let launcher = Launch::stack(&home, stack.text()).start();
        launcher.healthy();
        let Some(pid) = launcher.own_processes().get(victim).copied() else { break };
        processes::signal(pid, Signal::SIGKILL);
        home.assert_nothing_left(WITHIN_A_SECOND);
    }
}

#[test]
fn stopping_ends_stubborn_children_and_far_grandchildren_within_the_grace() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let faults = ["--ignore-term", "--children", "2", "--grandchild", "--children-ignore-term"];
    let stack = StackFile::new(&ports).service("stubborn", &faults, "stop_grace = \"1s\"");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    eventually(SOON, "one service and three children are there", || {
        home.processes().len() >= launcher.own_processes().len() + 4
    });
    let begun = Instant::now();
    assert_eq!(launcher.stop().code(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(1) + WITHIN_A_SECOND + WITHIN_A_SECOND,
        "{:?}",
        begun.elapsed()
    );
    home.assert_nothing_left(WITHIN_A_SECOND);
}

#[test]
fn a_second_interrupt_ends_everything_at_once() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("stubborn", &["--ignore-term"], "stop_grace = \"60s\"");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    launcher.signal(Signal::SIGINT);
    launcher.wait(SOON, "it is stopping", |snapshot| snapshot.services[0].state == ServiceState::Stopping);
    launcher.signal(Signal::SIGINT);
    launcher.ended(SOON);
    home.assert_nothing_left(WITHIN_A_SECOND);
}

#[test]
fn what_needs_another_is_stopped_before_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("below", &[], "").service(
        "above",
        &["--stop-slow", "300"],
        "needs = [\"below\"]",
    );
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    launcher.stop();
    let wrong = launcher.snapshots().into_iter().find(|snapshot| {
        let state = |name: &str| snapshot.service(name).unwrap().state;
        snapshot.service("below").unwrap().pid.is_none() && state("above") == ServiceState::Stopping
    });
    assert!(wrong.is_none(), "{wrong:#?}");
}

#[test]
fn a_service_that_always_crashes_fails_with_its_last_lines() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("broken", &["--exit", "3"], "").service("well", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.wait(HEALTHY_WITHIN, "it has failed", |snapshot| {
        snapshot.service("broken").unwrap().state == ServiceState::Failed
    });
    let broken = snapshot.service("broken").unwrap();
    let exit = broken.last_exit.as_ref().unwrap();
    assert_eq!(exit.code, Some(3));
    assert!(exit.last_lines.iter().any(|line| line.contains("exit code 3, as told")), "{exit:?}");
    let ends = exit.run_begins.iter().map(|at| &exit.last_lines[at - 1]);
    assert!(!exit.run_begins.is_empty() && ends.clone().all(|line| line.contains("as told")), "{exit:?}");
    launcher.wait(SOON, "the other is well", |s| s.service("well").unwrap().state == ServiceState::Healthy);
}

#[test]
fn an_exit_because_of_configuration_is_not_retried() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("misconfigured", &["--exit", "78"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.wait(SOON, "it has failed", |s| s.services[0].state == ServiceState::Failed);
    assert_eq!(snapshot.services[0].restarts, 0);
}

#[test]
fn a_program_that_is_gone_is_not_tried_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let program = home.path().join("program");
    std::fs::copy(Programs::fixture(), &program).unwrap();
    let stack = StackFile::new(&ports).command("gone", &[program.to_str().unwrap()], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    std::fs::remove_file(&program).unwrap();
    processes::signal(pid(&before, "gone"), Signal::SIGKILL);
    let after = launcher.wait(SOON, "it has failed", |s| s.services[0].state == ServiceState::Failed);
    let service = &after.services[0];
    assert!(matches!(service.cause, Some(Cause::NoProgram { .. })), "{service:#?}");
    assert_eq!(service.restarts, 1);
}

#[test]
fn a_service_that_crashes_at_first_becomes_healthy() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let counter = home.path().join("starts");
    let faults = ["--crash-first", "3", "--counter", counter.to_str().unwrap()];
    let stack = StackFile::new(&ports).service("shaky", &faults, "");
    let launcher = Launch::stack(&home, stack.text()).start();
    assert_eq!(launcher.healthy().services[0].restarts, 3);
}

#[test]
fn hanging_and_sick_services_are_restarted() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack =
        StackFile::new(&ports).service("hangs", &[], "stop_grace = \"200ms\"").service("sick", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    http::get(port(&before, "sick"), "/sick").unwrap();
    let hanging = port(&before, "hangs");
    std::thread::spawn(move || http::get(hanging, "/hang"));
    for service in ["hangs", "sick"] {
        let after = healthy_in_another_process(&launcher, service, pid(&before, service));
        let exit = after.service(service).unwrap().last_exit.as_ref().unwrap();
        assert!(matches!(exit.cause, Some(Cause::Unresponsive { .. })), "{exit:?}");
        assert!(exit.reason.starts_with("did not answer"), "{exit:?}");
        let unhealthy =
            |snapshot: &Snapshot| snapshot.service(service).unwrap().state == ServiceState::Unhealthy;
        assert!(
            launcher.snapshots().iter().any(|snapshot| unhealthy(snapshot)),
            "{service} was shown unhealthy"
        );
    }
}

#[test]
fn a_slow_start_is_no_hang() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("slow", &["--late", "2500"], "start_timeout = \"20s\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    assert_eq!(launcher.healthy().services[0].restarts, 0);
}

#[test]
fn a_restart_with_overlap_loses_no_request() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("web", &[], OVERLAP);
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    let load = Load::start(port(&before, "web"), "/", 200);
    for _ in 0..20 {
        let old = pid(&launcher.newest().unwrap(), "web");
        assert_eq!(home.skinai(["restart", "web"]).code, Some(0));
        healthy_in_another_process(&launcher, "web", old);
    }
    let tally = load.stop();
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    assert!(tally.answered.len() > 20, "{} requests", tally.answered.len());
}

#[test]
fn a_flood_of_output_harms_nobody() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("flood", &["--flood", "100000000"], "")
        .service("endless", &["--flood", "20000000", "--endless-line"], "")
        .service("quiet", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    let load = Load::start(port(&snapshot, "quiet"), "/", 50);
    // What comes too fast is counted, not kept; what is said after it is in the log.
    let port = port(&snapshot, "flood");
    eventually(HEALTHY_WITHIN, "the flood is over, and its log goes on", || {
        http::get(port, "/print?calm%20again").unwrap();
        home.skinai(["logs", "flood", "-n", "1000"]).stdout.contains("calm again")
    });
    // Said at the end of each second that had too many, so maybe thousands of lines before the last.
    let logs =
        ["flood.log", "flood.log.1", "flood.log.2"].map(|name| home.state().join("default").join(name));
    let said =
        |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.contains("lines not kept"));
    eventually(SOON, "what was not kept is counted", || {
        http::get(port, "/print?and%20again").unwrap();
        logs.iter().any(said)
    });
    let tally = load.stop();
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    let resident = launcher.own_processes().into_iter().filter_map(processes::resident_kilobytes);
    let megabytes = resident.sum::<u64>() / 1024;
    assert!(megabytes < 100, "the launcher keeps {megabytes} MB");
    let size = folder_size(&home.state());
    assert!(size < 100_000_000, "the logs take {size} bytes");
}

fn folder_size(folder: &std::path::Path) -> u64 {
    let files = WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

#[test]
fn a_hundred_services_become_healthy() {
    let (home, ports) = (Home::new(), PortBlock::lock_for(100));
    let names: Vec<String> = (0..100).map(|n| format!("s{n}")).collect();
    let slowly = "health = { http = \"/health\", interval = \"5s\" }";
    let stack = names.iter().fold(StackFile::new(&ports), |stack, name| stack.service(name, &[], slowly));
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    assert_eq!(launcher.stop().code(), Some(0));
    home.assert_nothing_left(SOON);
}

#[test]
fn a_watchdog_that_is_stopped_by_a_signal_is_let_go_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    let own = launcher.own_processes();
    let watchdog = *own.iter().find(|pid| **pid != launcher.pid()).unwrap();
    processes::signal(watchdog, Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || {
        processes::is_stopped(watchdog) || launcher.stderr().contains("watchdog")
    });
    eventually(SOON, "it goes on, and that is said", || {
        !processes::is_stopped(watchdog) && launcher.stderr().contains("watchdog had been stopped")
    });
}

#[test]
fn revisions_only_grow() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &[], "").service("b", &["--exit", "1"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(HEALTHY_WITHIN, "b failed", |s| s.service("b").unwrap().state == ServiceState::Failed);
    let revisions: Vec<u64> = launcher.snapshots().iter().map(|snapshot| snapshot.revision).collect();
    assert!(revisions.windows(2).all(|pair| pair[0] < pair[1]), "{revisions:?}");
}
