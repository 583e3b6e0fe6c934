//! Services that somebody stopped by a signal or in a debugger, and hung ones that are to be left alone.

use std::time::{Duration, Instant};

use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually_some, http,
    processes,
};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// Longer than three probes take that are not answered, and than the starts below may take.
const LONG: Duration = Duration::from_secs(4);

fn row(snapshot: &Snapshot, service: &str) -> ServiceSnapshot {
    snapshot.service(service).unwrap().clone()
}

#[track_caller]
fn in_state(launcher: &Launcher, service: &str, state: ServiceState) -> ServiceSnapshot {
    let what = format!("{service} is {state}");
    let found = launcher.wait(HEALTHY_WITHIN, &what, |s| s.service(service).unwrap().state == state);
    row(&found, service)
}

/// The process that is suspended, as the service's row has it.
fn suspended(row: &ServiceSnapshot) -> Option<u32> {
    row.health.cause.as_ref().filter(|cause| cause.is_suspension()).and_then(Cause::pid)
}

#[test]
fn suspended_services_are_reported_and_go_on_as_they_were() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let fixture = Programs::fixture();
    let wrapper = ["sh", "-c", "\"$0\" \"$@\" & wait", fixture.to_str().unwrap()];
    let launcher = Launch::stack(
        &home,
        StackFile::new(&ports)
            .service("plain", &[], "")
            .service("never", &[], "restart = \"never\"")
            .service("held", &[], "handoff = \"socket\"")
            .command("wrapped", &wrapper, "")
            .text(),
    )
    .start();
    let before = launcher.healthy();
    let services = ["plain", "never", "held", "wrapped"].map(|name| row(&before, name));
    // The process that answers: of a wrapper it is the child.
    let answering = services.each_ref().map(|service| {
        let pid = service.pid.unwrap();
        processes::descendants(pid).first().copied().filter(|_| service.name == "wrapped").unwrap_or(pid)
    });
    for pid in answering {
        processes::signal(pid, Signal::SIGSTOP);
    }
    for (service, pid) in services.iter().zip(answering) {
        assert_eq!(suspended(&in_state(&launcher, &service.name, ServiceState::Unhealthy)), Some(pid));
    }
    std::thread::sleep(LONG);
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(1));
    for (service, pid) in services.iter().zip(answering) {
        let hint = format!("is suspended and cannot answer; `kill -CONT {pid}` lets it go on");
        assert!(told.stdout.contains(&hint), "{told:?}");
        assert!(home.skinai(["logs", &service.name]).stdout.contains(&hint));
    }
    for pid in answering {
        processes::signal(pid, Signal::SIGCONT);
    }
    let after = launcher.healthy();
    for service in &services {
        let now = row(&after, &service.name);
        assert_eq!((now.pid, now.restarts), (service.pid, 0), "{now:#?}");
    }
}

#[test]
fn a_service_in_a_debugger_is_reported() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("it", &[], "").text()).start();
    let pid = row(&launcher.healthy(), "it").pid.unwrap();
    let process = Pid::from_raw(pid.cast_signed());
    ptrace::attach(process).unwrap();
    nix::sys::wait::waitpid(process, None).unwrap();
    let unhealthy = in_state(&launcher, "it", ServiceState::Unhealthy);
    assert!(matches!(unhealthy.health.cause, Some(Cause::Traced { .. })), "{unhealthy:#?}");
    std::thread::sleep(LONG);
    ptrace::detach(process, None).unwrap();
    let after = row(&launcher.healthy(), "it");
    assert_eq!((after.pid, after.restarts), (Some(pid), 0));
}

#[test]
fn a_service_that_was_hung_before_it_was_suspended_is_restarted() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = "stop_grace = \"200ms\"\n\
                 health = { http = \"/health\", interval = \"100ms\", timeout = \"300ms\", threshold = 8 }";
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("it", &[], lines).text()).start();
    let before = row(&launcher.healthy(), "it");
    http::get(before.port.unwrap(), "/sick").unwrap();
    in_state(&launcher, "it", ServiceState::Unhealthy);
    processes::signal(before.pid.unwrap(), Signal::SIGSTOP);
    launcher.wait(HEALTHY_WITHIN, "another process is healthy", |s| {
        s.all_healthy() && row(s, "it").pid != before.pid
    });
    let was_suspended = |s: &Snapshot| suspended(&row(s, "it")).is_some();
    assert!(launcher.snapshots().iter().any(|s| was_suspended(s)), "it was seen that it is suspended");
}

#[test]
fn a_service_that_is_suspended_while_it_starts_has_its_time_when_it_goes_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let notify = "import os, socket, time\ntime.sleep(1.2)\n\
                  socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])\n\
                  time.sleep(1000)";
    let stack = StackFile::new(&ports)
        .service("number", &["--late", "1200"], "start_timeout = \"3s\"")
        .service("held", &["--late", "1200"], "handoff = \"socket\"\nstart_timeout = \"3s\"");
    let notifier = format!(
        "[service.portless]\ncommand = {:?}\nready = \"notify\"\nstart_timeout = \"3s\"\n",
        ["python3", "-c", notify]
    );
    let launcher = Launch::stack(&home, &format!("{}{notifier}", stack.text())).start();
    let services = ["number", "held", "portless"];
    let pids = services
        .map(|name| eventually_some(SOON, "it is started", || row(launcher.newest().as_ref()?, name).pid));
    for pid in pids {
        processes::signal(pid, Signal::SIGSTOP);
    }
    let since = Instant::now();
    for service in services {
        launcher.wait(SOON, "the map says that it is suspended", |s| {
            let row = row(s, service);
            let cause = row.cause.as_ref();
            row.state == ServiceState::Starting && cause.is_some_and(Cause::is_suspension)
        });
    }
    std::thread::sleep(LONG.saturating_sub(since.elapsed()));
    for pid in pids {
        processes::signal(pid, Signal::SIGCONT);
    }
    let after = launcher.healthy();
    for (service, pid) in services.iter().zip(pids) {
        let row = row(&after, service);
        assert_eq!((row.pid, row.restarts), (Some(pid), 0), "{row:#?}");
    }
}

#[test]
fn a_hung_service_is_left_alone_where_the_stack_file_says_so() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let report = "on_unhealthy = \"report\"";
    let stack = StackFile::new(&ports).service("it", &[], report).service(
        "late",
        &["--late", "1500"],
        &format!("{report}\nstart_timeout = \"500ms\""),
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(SOON, "it is said that it is late", |s| {
        let row = row(s, "late");
        row.state == ServiceState::Starting && matches!(row.cause, Some(Cause::NotReady { .. }))
    });
    let before = launcher.healthy();
    let (it, late) = (row(&before, "it"), row(&before, "late"));
    assert_eq!(late.restarts, 0, "{late:#?}");
    http::get(it.port.unwrap(), "/sick").unwrap();
    launcher.wait(SOON, "it is said that it hangs", |s| {
        let row = row(s, "it");
        row.state == ServiceState::Unhealthy && matches!(row.cause, Some(Cause::Unresponsive { .. }))
    });
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains("it: did not answer 3 times in a row (answered 500"), "{told:?}");
    http::get(it.port.unwrap(), "/well").unwrap();
    let after = row(&launcher.healthy(), "it");
    assert_eq!((after.pid, after.restarts), (it.pid, 0));
}
