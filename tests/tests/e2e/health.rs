//! What a health check makes of answers that are odd, and of a launcher that cannot ask.

use std::time::Duration;

use contract::{ServiceState, Snapshot};
use end_to_end::processes::signal;
use end_to_end::{HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, SOON, StackFile, eventually};
use nix::sys::signal::Signal;

use crate::addresses::lingering;

/// A service that answers every connection in a thread, by Python code with `connection`, `request` (its first
/// line) and `count` (of the connections so far).
fn python(home: &Home, ports: &PortBlock, path: &str, answer: &str) -> StackFile {
    let script = home.path().join("server.py");
    let text = format!(
        "import os, socket, threading, time\n\
         listener = socket.create_server(('127.0.0.1', int(os.environ['WEB_PORT'])))\n\
         def answer(connection, count):\n\
         \x20   request = connection.recv(65536).decode().splitlines()[0]\n\
         \x20   {answer}\n\
         count = 0\n\
         while True:\n\
         \x20   count += 1\n\
         \x20   threading.Thread(target=answer, args=(listener.accept()[0], count), daemon=True).start()\n"
    );
    std::fs::write(&script, text).unwrap();
    let lines = format!(
        "handoff = \"number\"\nhealth = {{ http = {path:?}, interval = \"100ms\", timeout = \"500ms\" }}"
    );
    StackFile::new(ports).command("web", &["python3", script.to_str().unwrap()], &lines)
}

/// Waits for another probe that was answered.
#[track_caller]
fn is_probed_again(home: &Home) {
    let checked = |snapshot: &Snapshot| snapshot.services[0].health.checked_at;
    let before = checked(&home.status());
    home.wait_status(SOON, "another answer", |snapshot| checked(snapshot) > before);
}

#[track_caller]
fn is_well(launcher: &Launcher) {
    let newest = launcher.newest().unwrap();
    let service = &newest.services[0];
    assert_eq!((service.state, service.restarts), (ServiceState::Healthy, 0), "{service:#?}");
}

#[test]
fn a_status_counts_though_its_body_never_ends() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let endless = "connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\n')\n    \
                   while True: connection.sendall(b'data: tick\\n\\n'); time.sleep(0.05)";
    let launcher = Launch::stack(&home, python(&home, &ports, "/", endless).text()).start();
    launcher.healthy();
    for _ in 0..5 {
        is_probed_again(&home);
    }
    is_well(&launcher);
}

#[test]
fn answers_that_are_never_final_hold_up_nobody_else() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let endless = "while True: connection.sendall(b'HTTP/1.1 100 Continue\\r\\n\\r\\n' * 10000)";
    let stack = python(&home, &ports, "/", endless).service("beside", &[], "health = { http = \"/health\" }");
    let launcher = Launch::stack(&home, stack.text()).start();
    let is_well = |snapshot: &Snapshot| snapshot.services[1].state == ServiceState::Healthy;
    let before = launcher.wait(HEALTHY_WITHIN, "the other one is well", is_well).services[1].pid.unwrap();
    for _ in 0..5 {
        is_probed_again(&home);
    }
    let service = &launcher.newest().unwrap().services[0];
    assert!(service.health.last_error.is_some(), "{service:#?}");
    signal(before, Signal::SIGKILL);
    launcher.wait(SOON, "the other one's death is seen", |snapshot| {
        is_well(snapshot) && snapshot.services[1].pid != Some(before)
    });
}

#[test]
fn a_path_with_spaces_and_umlauts_is_escaped() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let exact = "connection.sendall(b'HTTP/1.1 %d -\\r\\n\\r\\n' % \
                 (200 if request == 'GET /so%20gesund%20wie%20m%C3%B6glich?q=%7B HTTP/1.1' else 404)); connection.close()";
    let stack = python(&home, &ports, "/so gesund wie möglich?q=%7B", exact);
    Launch::stack(&home, stack.text()).start().healthy();
}

#[test]
fn a_probe_that_is_not_answered_leaves_nothing_on_the_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // As if it were killed while it is asked, from the second time on.
    let broken =
        "connection.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n' if count == 1 else b''); connection.close()";
    let launcher = Launch::stack(&home, python(&home, &ports, "/", broken).text()).start();
    launcher.wait(HEALTHY_WITHIN, "it is started again", |snapshot| snapshot.services[0].restarts > 0);
    // A probe that is under way is not over yet.
    eventually(SOON, "nothing lingers", || lingering(ports.nth(0)) == 0);
}

/// Sets how many descriptors a running process may have, and returns how many it could before.
fn limit_descriptors(home: &Home, pid: u32, limit: &str) -> String {
    let pid = pid.to_string();
    let read = home.run(home.command("prlimit").args([
        "--pid",
        &pid,
        "--nofile",
        "--raw",
        "-o",
        "SOFT",
        "--noheadings",
    ]));
    let set = home.run(home.command("prlimit").args(["--pid", &pid, &format!("--nofile={limit}:")]));
    assert_eq!(set.code, Some(0), "{set:?}");
    read.stdout.trim().to_owned()
}

#[test]
fn a_launcher_without_descriptors_does_not_judge_its_services() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = "health = { http = \"/health\", interval = \"100ms\", timeout = \"200ms\" }";
    let stack = StackFile::new(&ports)
        .service("told", &[], &format!("handoff = \"number\"\n{lines}"))
        .service("held", &[], &format!("handoff = \"socket\"\n{lines}"));
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    let engine: Vec<u32> = launcher.own_processes();
    let limits: Vec<String> = engine.iter().map(|pid| limit_descriptors(&home, *pid, "3")).collect();
    // Three times as long as would be needed to be called hung.
    std::thread::sleep(Duration::from_secs(3));
    for (pid, limit) in engine.iter().zip(&limits) {
        limit_descriptors(&home, *pid, limit);
    }
    let after = home.wait_status(SOON, "it probes again", |snapshot| {
        snapshot
            .services
            .iter()
            .zip(&before.services)
            .all(|(after, before)| after.health.checked_at > before.health.checked_at)
    });
    for (after, before) in after.services.iter().zip(&before.services) {
        assert_eq!(
            (after.pid, after.state, after.restarts),
            (before.pid, ServiceState::Healthy, 0),
            "{after:#?}"
        );
    }
    assert!(
        launcher.snapshots().iter().all(|s| s.services.iter().all(|s| s.state != ServiceState::Unhealthy))
    );
}

/// A service that needs no port, with a check that is this shell script.
fn checked_by(script: &str, lines: &str) -> String {
    let check = ["sh", "-c", script];
    format!(
        "name = \"Checked\"\n[service.worker]\ncommand = [\"sleep\", \"1000\"]\n\
         health = {{ command = {check:?}, interval = \"100ms\", timeout = \"300ms\", threshold = 2 }}\n{lines}\n"
    )
}

fn why(snapshot: &Snapshot) -> Option<String> {
    snapshot.services[0].health.last_error.clone()
}

#[test]
fn a_command_checks_a_service_with_its_variables_and_says_why_it_failed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let there = home.path().join("there");
    let script =
        format!("echo looking; test -e {} || {{ echo \"no $NAME at $WEB_PORT\"; exit 2; }}", there.display());
    let fixture = end_to_end::Programs::fixture();
    let text = format!(
        "name = \"Checked\"\nports = \"{}\"\n[service.web]\ncommand = [{fixture:?}, \"--port\", \"{{port}}\"]\nport = {{ env = \"WEB_PORT\" }}\n\
         env = {{ NAME = \"database\" }}\nhealth = {{ command = [\"sh\", \"-c\", {script:?}], interval = \"100ms\", \
         threshold = 2 }}\n",
        ports.range()
    );
    let launcher = Launch::stack(&home, &text).start();
    let starting = launcher.wait(SOON, "the check fails", |s| why(s).is_some());
    let service = &starting.services[0];
    let said = format!("its check failed (exited with code 2): no database at {}", service.port.unwrap());
    assert_eq!((service.state, why(&starting)), (ServiceState::Starting, Some(said)));
    std::fs::write(&there, "").unwrap();
    launcher.healthy();
    std::fs::remove_file(&there).unwrap();
    launcher.wait(SOON, "it is started again after two failures", |s| s.services[0].restarts == 1);
    std::fs::write(&there, "").unwrap();
    launcher.healthy();
    let log = home.skinai(["logs", "web"]).stdout;
    assert!(!log.contains("looking") && !log.contains("no database"), "{log}");
}

#[test]
fn a_check_that_hangs_is_killed_with_all_that_it_started_and_there_is_one_at_a_time() {
    let home = Home::new();
    let (lock, twice) = (home.path().join("lock"), home.path().join("twice"));
    // It holds the lock for as long as one of its processes lives.
    let script = format!(
        "exec 9>{}; flock -n 9 || echo twice >> {}; echo asking; setsid sleep 1000 & sleep 1000",
        lock.display(),
        twice.display()
    );
    let text = checked_by(&script, "on_unhealthy = \"report\"\nstart_timeout = \"2s\"");
    let mut launcher = Launch::stack(&home, &text).start();
    let said = "its check failed (no answer within 300 ms): asking";
    launcher.wait(SOON, "the check takes too long", |s| why(s).as_deref() == Some(said));
    let overdue = "was not ready within 2 s (its check failed (no answer within 300 ms): asking)";
    launcher.wait(SOON, "its time is up", |s| s.services[0].detail.as_deref() == Some(overdue));
    assert!(!twice.exists(), "no check begins while another is left");
    launcher.stop();
    home.assert_nothing_left(SOON);
}

#[test]
fn what_has_a_check_by_a_command_is_ready_when_that_succeeds() {
    let home = Home::new();
    let launcher = Launch::stack(&home, &checked_by("exit 0", "")).start();
    let well = launcher.healthy();
    assert!(well.services[0].health.latency_us.is_some());
    let absent = checked_by("", "").replace("\"sh\"", "\"no-such-program\"");
    let home = Home::new();
    home.write_stack(&absent);
    let refused = home.skinai(["run"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("no-such-program"), "{refused:?}");
}

#[test]
fn a_line_that_is_printed_says_that_a_run_is_ready() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let go_on = home.path().join("go-on");
    let script = format!(
        "echo booting; until test -e {}; do sleep 0.05; done; echo ready in 12 ms; exec sleep 1000",
        go_on.display()
    );
    let web = StackFile::new(&ports).service("web", &[], "needs = [\"worker\"]");
    let worker = |more: &str| {
        format!(
            "{}[service.worker]\ncommand = [\"sh\", \"-c\", {script:?}]\nready = {{ log = '^ready in \\d+ ms' }}\n{more}",
            web.text()
        )
    };
    let launcher = Launch::stack(&home, &worker("")).start();
    let booted = || home.skinai(["logs", "worker"]).stdout.matches("booting").count();
    eventually(SOON, "it prints", || booted() == 1);
    std::thread::sleep(Duration::from_millis(1200));
    let states = |s: &Snapshot| (s.service("worker").unwrap().state, s.service("web").unwrap().pid);
    assert_eq!(states(&launcher.newest().unwrap()), (ServiceState::Starting, None));
    std::fs::write(&go_on, "").unwrap();
    launcher.healthy();
    // What the run before printed is none of this one.
    std::fs::remove_file(&go_on).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| home.skinai(["restart", "worker"]));
        eventually(SOON, "it prints again", || booted() == 2);
        assert_eq!(states(&launcher.newest().unwrap()).0, ServiceState::Starting);
        std::fs::write(&go_on, "").unwrap();
    });
    launcher.healthy();
    drop(launcher);

    std::fs::remove_file(&go_on).unwrap();
    let home = Home::new();
    let launcher = Launch::stack(&home, &worker("start_timeout = \"300ms\"\nrestart = \"never\"\n")).start();
    let failed = launcher.wait(SOON, "its time is up", |s| states(s).0 == ServiceState::Failed);
    assert_eq!(failed.service("worker").unwrap().detail.as_deref(), Some("was not ready within 300 ms"));
}
