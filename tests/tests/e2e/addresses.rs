//! The map against services that listen where they were not told to, late, or on several ports; and services
//! that test their port before they take it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use contract::{Cause, ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually, http, processes,
};
use nix::sys::signal::Signal;

const NUMBER: &str = "handoff = \"number\"";

fn dependent(stack: StackFile, on: &str) -> StackFile {
    stack.service("needs", &[], &format!("needs = [\"{on}\"]\nenv = {{ ADDRESS = \"{{{on}.url}}\" }}"))
}

fn port_of(snapshot: &Snapshot, name: &str) -> Option<u16> {
    snapshot.service(name).and_then(|service| service.port)
}

/// Waits until all is healthy, the service is at `port`, and its dependents were started with that address.
#[track_caller]
fn all_know(launcher: &Launcher, name: &str, port: u16) {
    let address = format!("http://127.0.0.1:{port}");
    launcher.wait(HEALTHY_WITHIN, "all healthy, and the dependents have the address", |snapshot| {
        let mut dependents = snapshot.services.iter().filter(|service| service.name != name);
        snapshot.all_healthy()
            && port_of(snapshot, name) == Some(port)
            && dependents.all(|dependent| {
                let told = dependent.port.and_then(|port| http::get(port, "/env?ADDRESS").ok());
                told.is_some_and(|told| told.text() == address)
            })
    });
}

/// Every snapshot in which the service is healthy shows it there.
#[track_caller]
fn never_healthy_but_at(launcher: &Launcher, name: &str, port: u16) {
    for snapshot in launcher.snapshots() {
        let service = snapshot.service(name).unwrap();
        assert!(service.state != ServiceState::Healthy || service.port == Some(port), "{service:?}");
    }
}

#[test]
fn the_told_port_wins_over_one_that_opens_first() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // Both answer the check.
    let faults = ["--second-port", "200", "--late", "1500"];
    let stack = dependent(StackFile::new(&ports).service("late", &faults, NUMBER), "late");
    let launcher = Launch::stack(&home, stack.text()).start();
    all_know(&launcher, "late", ports.nth(0));
    never_healthy_but_at(&launcher, "late", ports.nth(0));
}

#[test]
fn a_port_that_does_not_answer_the_check_is_never_the_services() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let faults = ["--second-port", "400", "--late", "5000"];
    let stack = dependent(StackFile::new(&ports).service("late", &faults, NUMBER), "late");
    let launcher = Launch::stack(&home, stack.text()).start();
    all_know(&launcher, "late", ports.nth(0));
    never_healthy_but_at(&launcher, "late", ports.nth(0));
}

#[test]
fn the_map_is_corrected_when_the_told_port_opens_at_last() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let faults = ["--second-port", "200", "--late", "8000"];
    let stack = dependent(StackFile::new(&ports).service("late", &faults, NUMBER), "late");
    let launcher = Launch::stack(&home, stack.text()).start();
    let told = ports.nth(0);
    launcher.wait(HEALTHY_WITHIN, "the other port counts meanwhile", |snapshot| {
        let late = snapshot.service("late").unwrap();
        late.state == ServiceState::Healthy && late.port != Some(told)
    });
    all_know(&launcher, "late", told);
    assert_eq!(launcher.newest().unwrap().service("late").unwrap().restarts, 0);
}

#[test]
fn a_debugger_of_node_is_not_taken_for_the_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = home.path().join("server.js");
    let text = "const http = require('http');\n\
                const server = http.createServer((_, answer) => answer.end('node'));\n\
                setTimeout(() => server.listen(process.env.NODE_PORT, '127.0.0.1'), 4500);\n";
    std::fs::write(&script, text).unwrap();
    let debugger = ports.spare();
    let inspect = format!("--inspect=127.0.0.1:{debugger}");
    let command = ["node", &inspect, script.to_str().unwrap()];
    let stack = dependent(StackFile::new(&ports).command("node", &command, NUMBER), "node");
    let launcher = Launch::stack(&home, stack.text()).start();
    all_know(&launcher, "node", ports.nth(0));
    never_healthy_but_at(&launcher, "node", ports.nth(0));
    launcher.wait(SOON, "the debugger is shown as well", |snapshot| {
        snapshot.service("node").unwrap().other_listeners == [SocketAddr::from(([127, 0, 0, 1], debugger))]
    });
    let table = home.skinai(["status"]).stdout;
    assert!(table.contains(&format!("node: it listens on 127.0.0.1:{debugger} too")), "{table}");
}

#[test]
fn a_tcp_check_does_not_make_another_port_the_services() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = "handoff = \"number\"\nstart_timeout = \"2s\"\nhealth = { tcp = true, interval = \"100ms\" }";
    let stack = StackFile::new(&ports).service("wilful", &["--choose-port"], lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.wait(HEALTHY_WITHIN, "it is given up once", |s| s.services[0].restarts > 0);
    let reason = &snapshot.services[0].last_exit.as_ref().unwrap().reason;
    assert!(launcher.snapshots().iter().all(|s| s.services[0].state != ServiceState::Healthy));
    let log = home.skinai(["logs", "wilful"]).stdout;
    for said in [&log, reason] {
        assert!(said.contains("it listens on 127.0.0.1:") && said.contains("not on the port"), "{said}");
    }
}

#[test]
fn services_that_choose_their_ports_and_name_each_other_do_not_restart_each_other_for_ever() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines =
        |other: &str| format!("{NUMBER}\nstart_timeout = \"2s\"\nenv = {{ OTHER = \"{{{other}.url}}\" }}");
    let stack = StackFile::new(&ports).service("a", &["--choose-port"], &lines("b")).service(
        "b",
        &["--choose-port"],
        &lines("a"),
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let given_up =
        |snapshot: &Snapshot| snapshot.services.iter().find(|s| s.state == ServiceState::Failed).cloned();
    let snapshot = launcher.wait(HEALTHY_WITHIN, "one is given up", |s| given_up(s).is_some());
    let service = given_up(&snapshot).unwrap();
    assert!(matches!(service.cause, Some(Cause::AddressesChanged { .. })), "{service:#?}");
    launcher.wait(HEALTHY_WITHIN, "the other one is well", |s| {
        s.services.iter().any(|s| s.state == ServiceState::Healthy)
    });
}

#[test]
fn dependents_follow_a_service_that_returns_to_its_port() {
    for way in ["restart", "kill", "relaunch"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let chosen = home.path().join("chosen");
        let faults = ["--choose-port-once", chosen.to_str().unwrap()];
        let overlaps = "handoff = \"socket\"\nready = \"notify\"\nneeds = [\"flaky\"]\n\
                        env = { ADDRESS = \"{flaky.url}\" }";
        let stack = dependent(StackFile::new(&ports).service("flaky", &faults, NUMBER), "flaky").service(
            "overlaps",
            &[],
            overlaps,
        );
        let mut launcher = Launch::stack(&home, stack.text()).start();
        let before = launcher.healthy();
        let elsewhere = port_of(&before, "flaky").unwrap();
        assert_ne!(elsewhere, ports.nth(0));
        all_know(&launcher, "flaky", elsewhere);
        match way {
            "restart" => assert_eq!(home.skinai(["restart", "flaky"]).code, Some(0)),
            "kill" => processes::signal(before.service("flaky").unwrap().pid.unwrap(), Signal::SIGKILL),
            _ => {
                launcher.signal(Signal::SIGKILL);
                launcher.ended(SOON);
                launcher = Launch::stack(&home, stack.text()).start();
            }
        }
        all_know(&launcher, "flaky", ports.nth(0));
    }
}

/// The connections that linger at a local port (TIME_WAIT), as /proc/net/tcp has them.
pub(crate) fn lingering(port: u16) -> usize {
    let text = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let local = format!(":{port:04X}");
    let lingers = |line: &&str| {
        let mut fields = line.split_whitespace();
        fields.nth(1).is_some_and(|address| address.ends_with(&local)) && fields.nth(1) == Some("06")
    };
    text.lines().filter(lingers).count()
}

#[test]
fn probes_leave_nothing_on_the_services_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let health = |check: &str| format!("{NUMBER}\nhealth = {{ {check}, interval = \"50ms\" }}");
    let server = ["python3", "-m", "http.server", "--bind", "127.0.0.1"];
    let python = [&server[..], &["{port}"]].concat();
    // The fixture's options, which are added to every command, are none of Python's.
    let python = ["sh", "-c", &python.join(" ")];
    let stack = StackFile::new(&ports)
        .service("http", &[], &health("http = \"/health\""))
        .service("tcp", &[], &health("tcp = true"))
        .command("python", &python, &health("http = \"/\""));
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    let probed = |snapshot: &Snapshot| snapshot.services.iter().map(|s| s.health.checked_at).min().flatten();
    let begun = probed(&snapshot).unwrap();
    home.wait_status(SOON, "many probes", |snapshot| {
        probed(snapshot).is_some_and(|at| at.duration_since(begun).as_secs_f64() > 1.5)
    });
    for service in &snapshot.services {
        let port = service.port.unwrap();
        // A probe that is under way is not over yet.
        eventually(SOON, &format!("nothing lingers at {}", service.name), || lingering(port) == 0);
    }
    let log = home.skinai(["logs", "python"]).stdout;
    assert!(log.contains("GET / HTTP") && !log.contains("Exception") && !log.contains("reset"), "{log}");
}

#[test]
fn a_service_that_tests_its_port_keeps_it() {
    for check in ["http = \"/health\"", "tcp = true"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let lines = format!("{NUMBER}\nhealth = {{ {check}, interval = \"50ms\" }}");
        let stack = StackFile::new(&ports).service("careful", &["--test-port"], &lines);
        for _ in 0..2 {
            let mut launcher = Launch::stack(&home, stack.text()).start();
            for _ in 0..5 {
                let snapshot = launcher.healthy();
                let begun = snapshot.services[0].health.checked_at.unwrap();
                home.wait_status(SOON, "some probes", |s| {
                    s.services[0]
                        .health
                        .checked_at
                        .is_some_and(|at| at.duration_since(begun).as_millis() > 300)
                });
                assert_eq!(launcher.newest().unwrap().services[0].port, Some(ports.nth(0)), "{check}");
                assert_eq!(home.skinai(["restart", "careful"]).code, Some(0));
            }
            let log = home.skinai(["logs", "careful", "-n", "200"]).stdout;
            assert!(!log.contains("is refused"), "{log}");
            assert_eq!(launcher.stop().code(), Some(0));
        }
    }
}

#[test]
fn a_number_service_is_not_told_a_port_that_a_plain_bind_refuses() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    linger(ports.nth(0));
    let stack = StackFile::new(&ports).service("careful", &["--test-port"], NUMBER).service(
        "held",
        &[],
        "handoff = \"socket\"",
    );
    let snapshot = Launch::stack(&home, stack.text()).start().healthy();
    assert_eq!(port_of(&snapshot, "careful"), Some(ports.nth(1)));
    // A socket is handed over with what lingers there.
    assert_eq!(port_of(&snapshot, "held"), Some(ports.nth(0)));
}

/// Leaves a connection in TIME_WAIT at the port: the listener's side closes first.
pub(crate) fn linger(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"x").unwrap();
    drop(server);
    client.read_to_end(&mut Vec::new()).unwrap();
    drop(client);
    eventually(SOON, "the connection lingers", || lingering(port) > 0);
}

/// Its parent has ended, and the launcher has adopted it.
#[test]
fn a_listener_is_the_services_though_it_has_stayed_in_the_group_alone() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let fixture = Programs::fixture();
    home.write_script("starts", &format!("( ( '{}' \"$@\" ) & )\nexec sleep 1000", fixture.display()));
    let starts = home.path().join("bin/starts").display().to_string();
    let launcher =
        Launch::stack(&home, StackFile::new(&ports).command("web", &[&starts], NUMBER).text()).start();
    assert_eq!(port_of(&launcher.healthy(), "web"), Some(ports.nth(0)));
}

/// As in programs that end their first thread by pthread_exit(3).
#[test]
fn a_listener_is_the_services_though_its_first_thread_has_ended() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = home.path().join("half.py");
    let text = "import ctypes, http.server, os, threading\n\
                address = ('127.0.0.1', int(os.environ['HALF_PORT']))\n\
                server = http.server.HTTPServer(address, http.server.SimpleHTTPRequestHandler)\n\
                threading.Thread(target=server.serve_forever).start()\n\
                ctypes.CDLL(None).pthread_exit(None)\n";
    std::fs::write(&script, text).unwrap();
    let lines = format!("{NUMBER}\nhealth = {{ http = \"/\" }}");
    let stack = StackFile::new(&ports).command("half", &["python3", script.to_str().unwrap()], &lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    for _ in 0..3 {
        assert_eq!(launcher.healthy().services[0].restarts, 0);
        assert_eq!(home.skinai(["restart", "half"]).code, Some(0));
    }
}

#[test]
fn what_listens_at_every_address_is_shown_alike_in_every_place() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let faults = ["--choose-port", "--host", "::"];
    let variables = "{ URL = \"{dual.url}\", HOST = \"{dual.host}\" }";
    let stack = StackFile::new(&ports).service("dual", &faults, NUMBER).service(
        "needs",
        &[],
        &format!("needs = [\"dual\"]\nenv = {variables}"),
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    let dual = snapshot.service("dual").unwrap();
    let url = format!("http://127.0.0.1:{}", dual.port.unwrap());
    assert_eq!((dual.url.as_deref(), dual.host.as_str()), (Some(url.as_str()), "127.0.0.1"));
    assert!(dual.other_listeners.is_empty(), "{dual:?}");
    assert!(home.skinai(["status"]).stdout.contains(&url));
    let told = |name: &str| {
        let port = port_of(&snapshot, "needs").unwrap();
        http::get(port, &format!("/env?{name}")).unwrap().text()
    };
    assert_eq!((told("URL"), told("HOST")), (url, "127.0.0.1".to_owned()));
}

#[test]
fn a_service_is_told_the_host_that_it_is_to_bind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = format!("{NUMBER}\nhost = \"0.0.0.0\"");
    let stack = StackFile::new(&ports).service("everywhere", &["--host", "{host}"], &lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    let service = &snapshot.services[0];
    assert_eq!(service.url, Some(format!("http://127.0.0.1:{}", ports.nth(0))));
    assert_eq!(service.host, "127.0.0.1");
    TcpStream::connect(("127.0.0.2", ports.nth(0))).expect("it listens at every address");
}
