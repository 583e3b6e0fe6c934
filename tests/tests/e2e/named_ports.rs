//! Services with more than one port, and ports with a common variable.

use std::net::TcpListener;

use contract::{NamedPort, ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, eventually_some, http,
};

#[test]
fn services_with_a_common_variable_have_their_own_port_in_it_and_are_known_to_others_by_their_names() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("web-site", &[], "handoff = \"socket\"")
        .service("api", &[], "")
        .service("other", &[], "");
    let text = stack.text().replace("\"WEB_SITE_PORT\"", "\"PORT\"").replace("\"API_PORT\"", "\"PORT\"");
    let launcher = Launch::stack(&home, &text).env("PORT", ports.spare().to_string()).start();
    let snapshot = launcher.healthy();
    let port = |name: &str| snapshot.service(name).unwrap().port.unwrap();
    let told =
        |name: &str, variable: &str| http::get(port(name), &format!("/env?{variable}")).unwrap().text();
    for (own, other, others_variable) in
        [("web-site", "api", "API_PORT"), ("api", "web-site", "WEB_SITE_PORT")]
    {
        assert_eq!(told(own, "PORT"), port(own).to_string());
        assert_eq!(told(own, others_variable), port(other).to_string());
        assert_eq!(told("other", others_variable), port(other).to_string());
    }
    let variables = home.skinai(["env", "--format", "dotenv"]).stdout;
    assert!(variables.contains(&format!("\nWEB_SITE_PORT={}\n", port("web-site"))), "{variables}");
    assert!(!variables.contains("\nPORT="), "{variables}");
    let said = launcher.stderr();
    assert!(
        said.contains("PORT is set and sets no port") && said.contains("WEB_SITE_PORT or API_PORT"),
        "{said}"
    );
}

/// `api` has a port for metrics, about which it is told; `other` needs it.
fn stack(ports: &PortBlock, handoff: &str) -> StackFile {
    let lines = format!(
        "handoff = \"{handoff}\"\nports = {{ metrics = {{ env = \"METRICS_PORT\" }} }}\n\
         env = {{ OWN = \"{{metrics.port}}\", WHOLE = \"{{api.metrics.url}}\" }}"
    );
    StackFile::new(ports).service("api", &["--named-port", "metrics=METRICS_PORT"], &lines).service(
        "other",
        &[],
        "needs = [\"api\"]\nenv = { SCRAPE = \"{api.metrics.url}/metrics\" }",
    )
}

fn metrics(snapshot: &Snapshot) -> &NamedPort {
    &snapshot.service("api").unwrap().ports["metrics"]
}

fn told(snapshot: &Snapshot, service: &str, variable: &str) -> String {
    let port = snapshot.service(service).unwrap().port.unwrap();
    http::get(port, &format!("/env?{variable}")).unwrap().text()
}

/// The process has both its ports, and everybody knows them.
fn assert_is_at_its_ports(snapshot: &Snapshot, main: u16, named: u16) {
    assert_eq!((snapshot.service("api").unwrap().port, metrics(snapshot).port), (Some(main), named));
    assert!(http::get(main, "/").unwrap().text().starts_with("api "));
    assert_eq!(http::get(named, "/").unwrap().status, 200);
    for (service, variable, text) in [
        ("api", "METRICS_PORT", named.to_string()),
        ("api", "OWN", named.to_string()),
        ("api", "WHOLE", format!("http://127.0.0.1:{named}")),
        ("other", "METRICS_PORT", named.to_string()),
        ("other", "SCRAPE", format!("http://127.0.0.1:{named}/metrics")),
    ] {
        assert_eq!(told(snapshot, service, variable), text, "{variable} of {service}");
    }
}

#[test]
fn a_named_port_is_told_and_shown_and_a_restart_keeps_it() {
    for handoff in ["number", "socket"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let launcher = Launch::stack(&home, stack(&ports, handoff).text()).start();
        let (main, named) = (ports.nth(0), ports.nth(2));
        assert_is_at_its_ports(&launcher.healthy(), main, named);
        let seen =
            launcher.wait(HEALTHY_WITHIN, "it is seen to listen", |snapshot| metrics(snapshot).listening);
        let shown = metrics(&seen);
        assert_eq!((shown.held, shown.port_variable.as_deref()), (handoff == "socket", Some("METRICS_PORT")));
        assert_eq!(seen.service("api").unwrap().other_listeners, [], "it is one of its own ports");
        let variables = home.skinai(["env", "--format", "dotenv"]).stdout;
        assert!(variables.contains(&format!("METRICS_PORT={named}\n")), "{variables}");
        let table = home.skinai(["status"]).stdout;
        assert!(table.contains("\n  metrics ") && table.contains(&format!("127.0.0.1:{named}\n")), "{table}");
        assert_eq!(home.skinai(["restart", "api"]).code, Some(0));
        assert_is_at_its_ports(&launcher.healthy(), main, named);
    }
}

#[test]
fn sockets_are_handed_over_with_their_names() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = "handoff = \"socket\"\nports = { metrics = {}, admin = {} }";
    let stack = StackFile::new(&ports).service(
        "api",
        &["--named-port", "admin=NO_SUCH_VARIABLE,metrics=NO_SUCH_VARIABLE"],
        lines,
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    assert_eq!(told(&snapshot, "api", "LISTEN_FDNAMES"), "api:metrics:admin");
    for port in snapshot.services[0].ports.values() {
        assert_eq!(http::get(port.port, "/").unwrap().status, 200);
    }
}

#[test]
fn a_move_changes_the_main_port_alone() {
    for handoff in ["number", "socket"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let launcher = Launch::stack(&home, stack(&ports, handoff).text()).start();
        launcher.healthy();
        assert_eq!(home.skinai(["reallocate", "api"]).code, Some(0));
        assert_is_at_its_ports(&launcher.healthy(), ports.nth(3), ports.nth(2));
    }
}

#[test]
fn a_named_port_that_somebody_takes_is_a_conflict_and_moves_alone() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let text = format!("on_conflict = \"ask\"\n{}", stack(&ports, "number").text());
    let launcher = Launch::stack(&home, &text).start();
    let before = launcher.healthy();
    assert_eq!(home.skinai(["stop", "api"]).code, Some(0));
    let named = metrics(&before).port;
    let stranger = TcpListener::bind(("127.0.0.1", named)).unwrap();
    assert_eq!(home.skinai(["restart", "api"]).code, Some(1));
    let snapshot = launcher.wait(SOON, "it is in conflict", |snapshot| {
        snapshot.service("api").unwrap().state == ServiceState::Conflict
    });
    let conflict = snapshot.service("api").unwrap().conflict.clone().unwrap();
    assert_eq!((conflict.port, conflict.holder.pid), (named, Some(std::process::id())));
    assert_eq!(home.skinai(["reallocate", "api"]).code, Some(0));
    assert_is_at_its_ports(&launcher.healthy(), ports.nth(0), ports.nth(3));
    drop(stranger);
}

#[test]
fn a_named_port_is_set_by_its_variable_and_looked_for_in_its_own_range() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let set = ports.spare();
    let launcher =
        Launch::stack(&home, stack(&ports, "socket").text()).env("METRICS_PORT", set.to_string()).start();
    assert_is_at_its_ports(&launcher.healthy(), ports.nth(0), set);
    drop(launcher);
    // The stack's range has room for the two main ports.
    let fallback = ports.spare();
    let text =
        stack(&ports, "socket").text().replace(&ports.range(), &format!("{}-{}", ports.nth(0), ports.nth(1)));
    let range = format!("\"METRICS_PORT\", fallback = \"{fallback}-{fallback}\"");
    let home = Home::new();
    let launcher = Launch::stack(&home, &text.replace("\"METRICS_PORT\"", &range)).start();
    let snapshot = launcher.healthy();
    assert_eq!(metrics(&snapshot).port, fallback);
}

#[test]
fn a_project_gets_its_last_named_ports_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.path().join("shop");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("skinai.toml"), stack(&ports, "socket").text()).unwrap();
    let skinai = |words: &[&str]| {
        let mut command = home.command(Programs::skinai());
        command.args(words).current_dir(&folder);
        command
    };
    let launched = || {
        let mut launcher = home.spawn("shop", &mut skinai(&["run", "--quiet"]));
        eventually(HEALTHY_WITHIN, "it is healthy", || home.run(&mut skinai(&["status"])).code == Some(0));
        let status = home.run(&mut skinai(&["status", "--json"])).stdout;
        assert_eq!(home.run(&mut skinai(&["stop"])).code, Some(0));
        launcher.wait(HEALTHY_WITHIN);
        metrics(&serde_json::from_str(&status).unwrap()).port
    };
    let taken = ports.occupy(ports.nth(2));
    assert_eq!(launched(), ports.nth(3));
    drop(taken);
    assert_eq!(launched(), ports.nth(3), "the usual one is free again");
}

/// Its metrics answer the check while its main port is shut.
#[test]
fn what_answers_at_a_named_port_is_not_taken_for_the_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines =
        "handoff = \"number\"\nports = { metrics = { env = \"METRICS_PORT\" } }\nstart_timeout = \"20s\"";
    let faults = ["--named-port", "metrics=METRICS_PORT", "--late", "5000"];
    let stack = StackFile::new(&ports).service("api", &faults, lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    let named = ports.nth(1);
    let answer = eventually_some(SOON, "the metrics answer", || http::get(named, "/health").ok());
    assert_eq!(answer.status, 200);
    let snapshot = launcher.healthy();
    assert_eq!((snapshot.services[0].port, snapshot.services[0].restarts), (Some(ports.nth(0)), 0));
    assert!(launcher.snapshots().iter().all(|snapshot| snapshot.services[0].port != Some(named)));
    let log = home.skinai(["logs", "api"]).stdout;
    assert!(!log.contains("it listens on"), "{log}");
}
