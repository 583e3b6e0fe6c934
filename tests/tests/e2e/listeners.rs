//! Who listens at a service's address: strangers on its behalf, nobody at all, or the service at another family.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use contract::{Cause, ServiceState, Snapshot};
use end_to_end::{
    Guarded, HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, eventually_some,
    http, processes,
};
use nix::sys::signal::Signal;
use socket2::{Domain, Socket, Type};

/// A service that runs and listens nowhere, as the client of a container does, once it has made the file `started`.
fn client(home: &Home) -> [String; 3] {
    let text = format!("touch '{}'; exec sleep 600", home.path().join("started").display());
    ["sh".to_owned(), "-c".to_owned(), text]
}

/// What publishes the port on the service's behalf, outside of the launcher.
fn proxy(home: &Home, port: u16) -> Guarded {
    let mut python = Command::new("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]).current_dir(home.path());
    home.spawn("proxy", &mut python)
}

const CHECK: &str = "health = { http = \"/\", interval = \"100ms\" }";

#[test]
fn a_port_that_somebody_publishes_on_the_services_behalf_is_its_own_where_the_file_says_so() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = format!("{CHECK}\nlistener = \"any\"");
    let command = client(&home);
    let stack = StackFile::new(&ports).command("client", &command.each_ref().map(String::as_str), &lines);
    let mut launcher = Launch::stack(&home, stack.text()).start();
    eventually(SOON, "the service was started", || home.path().join("started").exists());
    let proxy = proxy(&home, ports.nth(0));
    let snapshot = launcher.healthy();
    let service = snapshot.service("client").unwrap();
    let holder = service.served_by.as_ref().expect("the row says who listens");
    assert_eq!((service.port, holder.pid), (Some(ports.nth(0)), Some(proxy.pid())));
    let said = format!("python3 ({}) listens on its behalf", proxy.pid());
    assert_eq!(service.detail.as_deref(), Some(&*said));
    let table = home.skinai(["status"]).stdout;
    assert!(table.contains(&said), "{table}");
    // What publishes the port ends a little later than the service.
    std::fs::remove_file(home.path().join("started")).unwrap();
    let _restart = home.spawn("restart", home.command(Programs::skinai()).args(["restart", "client"]));
    eventually(SOON, "the service has ended", || !processes::alive(service.pid.unwrap()));
    drop(proxy);
    eventually(SOON, "the service was started again", || home.path().join("started").exists());
    let proxy = self::proxy(&home, ports.nth(0));
    let again = |s: &Snapshot| s.services[0].served_by.as_ref().is_some_and(|by| by.pid == Some(proxy.pid()));
    let snapshot = launcher.wait(HEALTHY_WITHIN, "somebody else listens", again);
    assert_eq!(snapshot.services[0].port, Some(ports.nth(0)));
    drop(proxy);
    launcher
        .wait(HEALTHY_WITHIN, "nobody listens any more", |s| s.services[0].state != ServiceState::Healthy);
    assert_eq!(launcher.stop().code(), Some(0));
}

#[test]
fn a_stranger_at_the_port_is_no_health_and_the_message_names_the_key() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let command = client(&home);
    let stack = StackFile::new(&ports).command("client", &command.each_ref().map(String::as_str), CHECK);
    let launcher = Launch::stack(&home, stack.text()).start();
    eventually(SOON, "the service was started", || home.path().join("started").exists());
    let proxy = proxy(&home, ports.nth(0));
    launcher.wait(HEALTHY_WITHIN, "it goes elsewhere", |s| s.services[0].port == Some(ports.nth(1)));
    assert!(launcher.snapshots().iter().all(|s| s.services[0].state != ServiceState::Healthy));
    let log = home.skinai(["logs", "client"]).stdout;
    let said = format!("port {} is answered by python3 ({})", ports.nth(0), proxy.pid());
    assert!(log.contains(&said) && log.contains("listener = \"any\""), "{log}");
}

#[test]
fn who_publishes_every_port_of_a_service_is_named_with_the_key_after_few_moves() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let command = client(&home);
    let lines = "health = { tcp = true, interval = \"100ms\" }";
    let stack = StackFile::new(&ports).command("client", &command.each_ref().map(String::as_str), lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    let mut taken = Vec::new();
    let failed = eventually_some(HEALTHY_WITHIN, "it is given up", || {
        let service = launcher.newest()?.services[0].clone();
        taken.extend(service.pid.and_then(|_| TcpListener::bind((HOST, service.port?)).ok()));
        (service.state == ServiceState::Failed).then_some(service)
    });
    assert_eq!((taken.len(), failed.restarts), (3, 2));
    let said = failed.detail.as_ref().unwrap();
    assert!(said.contains(&format!("({})", std::process::id())), "{said}");
    assert!(said.contains("listener = \"any\""), "{said}");
}

/// A service in Python that takes its socket as sd_listen_fds(3) has it: LISTEN_PID names the process that it is meant
/// for. Else it listens on a port of its own.
fn takes_its_socket(home: &Home) -> String {
    let text = "import http.server, os, socket\n\
                inherits = os.environ.get('LISTEN_PID') == str(os.getpid())\n\
                server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler, not inherits)\n\
                if inherits: server.socket = socket.socket(fileno=3)\n\
                server.serve_forever()\n";
    let script = home.path().join("server.py");
    std::fs::write(&script, text).unwrap();
    script.display().to_string()
}

fn socket(check: &str) -> String {
    format!("handoff = \"socket\"\nhealth = {{ {check}, interval = \"100ms\" }}")
}

#[test]
fn a_socket_that_nobody_takes_is_no_health_and_the_row_says_where_the_service_listens() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = takes_its_socket(&home);
    let behind_a_shell = format!("python3 {script} & wait");
    let stack = StackFile::new(&ports)
        .command("tcp", &["sh", "-c", &behind_a_shell], &socket("tcp = true"))
        .command("http", &["sh", "-c", &behind_a_shell], &socket("http = \"/\""))
        .command(
            "idle",
            &["sh", "-c", "sleep 600"],
            &format!("{}\nstart_timeout = \"8s\"", socket("tcp = true")),
        );
    let launcher = Launch::stack(&home, stack.text()).start();
    let said = |snapshot: &Snapshot| snapshot.services.iter().all(|s| s.health.last_error.is_some());
    let snapshot = launcher.wait(HEALTHY_WITHIN, "each says that nobody accepts", said);
    for service in &snapshot.services {
        assert_eq!(service.state, ServiceState::Starting);
        let address = format!("127.0.0.1:{}", service.port.unwrap());
        match service.health.cause.clone().unwrap() {
            Cause::SocketNotTaken { address: said, .. } => {
                assert_eq!((service.name.as_str(), said), ("idle", address))
            }
            Cause::ListensElsewhere { address: said, listeners, .. } => {
                let shown: Vec<String> = service.other_listeners.iter().map(ToString::to_string).collect();
                assert_eq!((said, listeners), (address, shown.join(", ")));
            }
            other => panic!("{}: {other}", service.name),
        }
    }
    assert!(launcher.snapshots().iter().all(|s| s.services.iter().all(|s| s.state != ServiceState::Healthy)));
}

#[test]
fn a_socket_that_is_taken_late_or_behind_a_shell_is_health() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = takes_its_socket(&home);
    let late = format!("sleep 4; exec python3 {script}");
    let stays = format!("sh -c 'LISTEN_PID=$$ exec python3 {script}' & wait");
    let stack = StackFile::new(&ports)
        .command("late", &["sh", "-c", &late], &socket("tcp = true"))
        .command("exec", &["sh", "-c", &format!("exec python3 {script}")], &socket("http = \"/\""))
        .command("stays", &["sh", "-c", &stays], &socket("http = \"/\""));
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    for service in &snapshot.services {
        assert_eq!((service.restarts, &service.health.last_error), (0, &None));
        assert_eq!(http::get(service.port.unwrap(), "/").unwrap().status, 200);
    }
}

#[test]
fn a_service_that_listens_on_ipv6_alone_is_shown_there() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = home.path().join("server.js");
    let text =
        "require('http').createServer((_, answer) => answer.end('six')).listen(process.env.SIX_PORT, '::1');";
    std::fs::write(&script, text).unwrap();
    let python = ["sh", "-c", "exec python3 -m http.server --bind ::1 $PYTHON_PORT"];
    let stack = StackFile::new(&ports)
        .command("six", &["node", script.to_str().unwrap()], "health = { http = \"/\" }")
        .command("python", &python, "health = { tcp = true }")
        .service("needs", &[], "needs = [\"six\"]\nenv = { ADDRESS = \"{six.url}\" }");
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    for (name, port) in [("six", ports.nth(0)), ("python", ports.nth(1))] {
        let service = snapshot.service(name).unwrap();
        assert_eq!(service.url.as_deref(), Some(&*format!("http://[::1]:{port}")));
        assert_eq!((service.port, service.requested_port), (Some(port), None));
    }
    let told = http::get(snapshot.service("needs").unwrap().port.unwrap(), "/env?ADDRESS").unwrap();
    assert_eq!(told.text(), format!("http://[::1]:{}", ports.nth(0)));
    eventually(HEALTHY_WITHIN, "the other address is held", || is_held(HOST, ports.nth(0), false));
}

#[test]
fn the_told_address_wins_over_ipv6_when_it_opens_at_last() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = home.path().join("late.js");
    let text = "const start = host => require('http').createServer((_, a) => a.end()).listen(process.env.LATE_PORT, host);\n\
                start('::1');\n\
                setTimeout(start, 4000, '127.0.0.1');\n";
    std::fs::write(&script, text).unwrap();
    let stack = StackFile::new(&ports).command(
        "late",
        &["node", script.to_str().unwrap()],
        "health = { http = \"/\" }",
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    for host in ["[::1]", "127.0.0.1"] {
        let url = format!("http://{host}:{}", ports.nth(0));
        launcher.wait(HEALTHY_WITHIN, &url, |s| s.all_healthy() && s.services[0].url.as_ref() == Some(&url));
    }
    let six = [SocketAddr::new(V6, ports.nth(0))];
    launcher.wait(HEALTHY_WITHIN, "the other one is shown too", |s| s.services[0].other_listeners == six);
    assert_eq!(launcher.newest().unwrap().services[0].restarts, 0);
}

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Whether nobody can bind a port at an address; with `reuse`, not even who has SO_REUSEADDR, as most servers have.
fn is_held(host: IpAddr, port: u16, reuse: bool) -> bool {
    let address = SocketAddr::new(host, port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.set_reuse_address(reuse).unwrap();
    socket.bind(&address.into()).is_err()
}

#[test]
fn nobody_else_can_sit_behind_localhost_and_a_browser_goes_on_to_the_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let python = ["sh", "-c", "exec python3 -m http.server --bind 127.0.0.1 $PYTHON_PORT"];
    let script = home.path().join("both.js");
    let server = "const server = host => require('http').createServer((_, a) => a.end()).listen(process.env.BOTH_PORT, host);\n\
                  ['127.0.0.1', '::1'].forEach(server);\n";
    std::fs::write(&script, server).unwrap();
    let check = "health = { http = \"/\" }";
    let stack = StackFile::new(&ports)
        .service("socket", &[], "handoff = \"socket\"")
        .command("python", &python, check)
        .command("both", &["node", script.to_str().unwrap()], check);
    let mut launcher = Launch::stack(&home, stack.text()).start();
    for round in 0..2 {
        let snapshot = launcher.healthy();
        let port = |name: &str| snapshot.service(name).unwrap().port.unwrap();
        let expected = [0, 1, 2].map(|nth| ports.nth(nth));
        assert_eq!([port("socket"), port("python"), port("both")], expected, "round {round}");
        assert!(is_held(V6, port("socket"), true));
        eventually(HEALTHY_WITHIN, "what Python leaves is held", || is_held(V6, port("python"), false));
        for name in ["socket", "python"] {
            let refused = TcpStream::connect((V6, port(name))).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            let url = format!("http://localhost:{}/", port(name));
            let fetch = format!("fetch('{url}').then(answer => process.exit(answer.status - 200))");
            let fetched = home.run(home.command("node").args(["--dns-result-order=ipv6first", "-e", &fetch]));
            assert_eq!(fetched.code, Some(0), "{fetched:?}");
        }
        TcpStream::connect((V6, port("both"))).expect("a service may serve both");
        if round == 0 {
            assert_eq!(home.skinai(["restart"]).code, Some(0));
        }
    }
    assert!(launcher.snapshots().iter().all(|s| s.services.iter().all(|s| s.restarts == 0)));
    assert_eq!(launcher.stop().code(), Some(0));
    assert!([0, 1, 2].iter().all(|nth| !is_held(V6, ports.nth(*nth), false)), "nothing is held any more");
}

#[test]
fn a_service_that_tests_every_address_before_it_listens_again_keeps_its_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = home.path().join("vite.js");
    // As Vite does when its configuration changes.
    let text = "const [http, net] = [require('http'), require('net')];\n\
                const told = Number(process.env.VITE_PORT);\n\
                const answer = (ask, a) => { a.setHeader('connection', 'close'); a.end(); if (ask.url == '/again') again(); };\n\
                let server;\n\
                const start = port => server = http.createServer(answer).listen(port, '127.0.0.1');\n\
                const again = () => server.close(() => {\n\
                  const test = net.createServer().on('error', () => start(told + 1));\n\
                  test.listen(told, '::', () => test.close(() => start(told)));\n\
                });\n\
                start(told);\n";
    std::fs::write(&script, text).unwrap();
    let check = "health = { http = \"/\", interval = \"200ms\" }";
    let stack = StackFile::new(&ports).command("vite", &["node", script.to_str().unwrap()], check);
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let port = ports.nth(0);
    eventually(HEALTHY_WITHIN, "what it does not serve is held", || is_held(V6, port, false));
    for _ in 0..3 {
        assert_eq!(http::get(port, "/again").unwrap().status, 200);
        eventually(SOON, "it listens again", || {
            http::get(port, "/").is_ok_and(|answer| answer.status == 200)
        });
    }
    assert_eq!(launcher.newest().unwrap().services[0].restarts, 0);
}

#[test]
fn who_sits_behind_localhost_is_named() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("late", &["--late", "500"], "handoff = \"number\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(SOON, "its port was released", |snapshot| snapshot.services[0].pid.is_some());
    for when in ["before the service listens", "after it"] {
        let stranger = eventually_some(SOON, "a stranger gets the address", || {
            TcpListener::bind((V6, ports.nth(0))).ok()
        });
        let named =
            |snapshot: &Snapshot| matches!(snapshot.services[0].cause, Some(Cause::LoopbackTaken { .. }));
        let snapshot = launcher.wait(HEALTHY_WITHIN, when, named);
        let (service, us) = (&snapshot.services[0], std::process::id());
        assert_eq!(service.state, ServiceState::Healthy);
        let said = format!("({us}) listens at [::1]:{}", ports.nth(0));
        assert!(service.detail.as_ref().unwrap().contains(&said), "{service:?}");
        drop(stranger);
        launcher.wait(HEALTHY_WITHIN, "it is gone", |snapshot| snapshot.services[0].detail.is_none());
    }
}

#[test]
fn a_socket_that_nobody_takes_any_longer_is_no_health() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = takes_its_socket(&home);
    let wrapper = format!("sh -c 'LISTEN_PID=$$ exec python3 {script}' & wait; sleep 600");
    let lines = format!("{}\nstart_timeout = \"5s\"", socket("tcp = true"));
    let stack = StackFile::new(&ports).command("wrapped", &["sh", "-c", &wrapper], &lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    let service = launcher.healthy().services[0].pid.unwrap();
    let server = processes::descendants(service)
        .into_iter()
        .find(|pid| processes::command_line(*pid).contains(&script));
    processes::signal(server.unwrap(), Signal::SIGKILL);
    launcher.wait(HEALTHY_WITHIN, "nobody accepts", |s| s.services[0].state == ServiceState::Unhealthy);
}

/// Serves at the socket that it inherits; at `/end` shuts it down, like Python's servers do, and ends.
const SHUTS_DOWN: &str = "import os, socket\n\
    listener = socket.socket(fileno=3)\n\
    while True:\n\
    \x20   connection = listener.accept()[0]\n\
    \x20   ends = b'/end' in connection.recv(65536)\n\
    \x20   if ends: listener.shutdown(socket.SHUT_RDWR)\n\
    \x20   connection.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n'); connection.close()\n\
    \x20   if ends: os._exit(1)\n";

#[test]
fn a_socket_that_its_service_shut_down_serves_the_next_run_and_refuses_while_it_is_failed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = "handoff = \"socket\"\nhealth = { http = \"/\", interval = \"100ms\", timeout = \"500ms\" }";
    let stack = StackFile::new(&ports).command("web", &["python3", "-c", SHUTS_DOWN], lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    for restarts in 1..5 {
        http::get(ports.nth(0), "/end").unwrap();
        launcher.wait(SOON, "the next run serves", |snapshot| {
            let service = &snapshot.services[0];
            service.state == ServiceState::Healthy && service.restarts == restarts
        });
    }
    http::get(ports.nth(0), "/end").unwrap();
    launcher.wait(SOON, "it failed", |snapshot| snapshot.services[0].state == ServiceState::Failed);
    let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, ports.nth(0))).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn who_shuts_its_socket_down_instead_of_accepting_is_not_healthy() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let holds = "import select, socket, time\n\
        listener = socket.socket(fileno=3)\n\
        select.select([listener], [], [])\n\
        listener.shutdown(socket.SHUT_RDWR)\n\
        time.sleep(1000)";
    let lines = "handoff = \"socket\"\nstart_timeout = \"2s\"\non_unhealthy = \"report\"\n\
                 health = { tcp = true, interval = \"100ms\", timeout = \"500ms\" }";
    let stack = StackFile::new(&ports).command("holds", &["python3", "-c", holds], lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(HEALTHY_WITHIN, "its start takes too long", |s| s.services[0].detail.is_some());
    let states: Vec<_> = launcher.snapshots().iter().map(|snapshot| snapshot.services[0].state).collect();
    assert!(!states.contains(&ServiceState::Healthy), "{states:?}");
}
