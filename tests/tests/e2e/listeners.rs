//! Who listens at a service's address: strangers on its behalf.

use std::process::Command;

use contract::{ServiceState, Snapshot};
use end_to_end::{
    Guarded, HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, processes,
};

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
