//! Services without a port and a check: tasks, oneshots, and what needs them.

use std::time::Duration;

use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot};
use end_to_end::{HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually};

/// A stack in which `web` needs the task `migrate`, which is this shell script.
fn stack(ports: &PortBlock, script: &str, restart: &str) -> String {
    let web = StackFile::new(ports).service("web", &[], "needs = [\"migrate\"]");
    let command = ["sh", "-c", script];
    format!("{}[service.migrate]\ncommand = {command:?}\nrestart = {restart:?}\n", web.text())
}

fn row<'a>(snapshot: &'a Snapshot, service: &str) -> &'a ServiceSnapshot {
    snapshot.service(service).unwrap()
}

#[test]
fn a_migration_that_fails_holds_back_what_needs_it_and_says_why_until_it_succeeds() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mended = home.path().join("mended");
    let script = format!("echo migrating; test -e {} || exit 3", mended.display());
    let launcher = Launch::stack(&home, &stack(&ports, &script, "never")).start();
    let why = "waiting for migrate, which has failed (exited with code 3)";
    let held = launcher
        .wait(SOON, "what needs it says why it waits", |s| row(s, "web").detail.as_deref() == Some(why));
    let web = row(&held, "web");
    let because = Some(Box::new(Cause::Exited { code: 3 }));
    let cause = Cause::HeldBack { label: "migrate".to_owned(), state: ServiceState::Failed, because };
    assert_eq!((web.state, web.pid, &web.cause), (ServiceState::Starting, None, &Some(cause)));
    assert_eq!(held.state, ServiceState::Failed);
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains(&format!("web: {why}")), "{told:?}");
    // Who connects does not wait for what nobody starts.
    let address = ("127.0.0.1", web.port.unwrap());
    eventually(SOON, "who connects is refused", || std::net::TcpStream::connect(address).is_err());

    std::fs::write(mended, "").unwrap();
    assert_eq!(home.skinai(["restart", "migrate"]).code, Some(0));
    let well = launcher.healthy();
    let migrate = row(&well, "migrate");
    assert_eq!((migrate.state, migrate.finished, migrate.pid), (ServiceState::Stopped, true, None));
    assert_eq!((row(&well, "web").state, well.state), (ServiceState::Healthy, ServiceState::Healthy));
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.stdout.contains("all healthy"), "{told:?}");
    assert!(told.stdout.contains("migrate: has done its work"), "{told:?}");
    let has_ended_well =
        |s: &Snapshot| row(s, "migrate").last_exit.as_ref().is_some_and(|exit| exit.code == Some(0));
    let early = launcher.snapshots().into_iter().find(|s| row(s, "web").pid.is_some() && !has_ended_well(s));
    assert!(early.is_none(), "{early:#?}");
}

/// A stack in which `web` needs the oneshot `migrate`, which is this shell script.
fn with_oneshot(ports: &PortBlock, script: &str) -> String {
    let web = StackFile::new(ports).service("web", &[], "needs = [\"migrate\"]");
    let command = ["sh", "-c", script];
    format!("{}[service.migrate]\ntype = \"oneshot\"\ncommand = {command:?}\n", web.text())
}

#[test]
fn what_needs_a_oneshot_starts_when_that_is_done_and_runs_on_when_it_is_run_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (runs, go_on) = (home.path().join("runs"), home.path().join("go-on"));
    let script = format!(
        "echo run >> {}; until test -e {}; do sleep 0.05; done; exit $(cat {1})",
        runs.display(),
        go_on.display()
    );
    let launcher = Launch::stack(&home, &with_oneshot(&ports, &script)).start();
    let working =
        launcher.wait(SOON, "it runs for longer than a second", |s| row(s, "migrate").started_at.is_some());
    std::thread::sleep(Duration::from_millis(1500));
    let still = launcher.newest().unwrap();
    assert_eq!(row(&still, "migrate").pid, row(&working, "migrate").pid);
    assert_eq!((row(&still, "migrate").state, row(&still, "web").pid), (ServiceState::Starting, None));
    assert_eq!(home.skinai(["status"]).code, Some(4), "it still starts");

    std::fs::write(&go_on, "3").unwrap();
    let why = "waiting for migrate, which has failed (exited with code 3)";
    launcher.wait(SOON, "what needs it says why it waits", |s| row(s, "web").detail.as_deref() == Some(why));
    assert_eq!(home.skinai(["status"]).code, Some(1), "it has failed");
    let waited = home.skinai(["wait", "web", "--timeout", "1m"]);
    assert_eq!(waited.code, Some(1), "{waited:?}");
    assert!(waited.stderr.contains(why), "{waited:?}");

    std::fs::write(&go_on, "0").unwrap();
    assert_eq!(home.skinai(["restart", "migrate"]).code, Some(0));
    let well = launcher.healthy();
    let migrate = row(&well, "migrate");
    assert_eq!((migrate.state, migrate.pid, migrate.port), (ServiceState::Done, None, None));
    assert_eq!((row(&well, "web").state, well.state), (ServiceState::Healthy, ServiceState::Healthy));
    let told = home.skinai(["status"]);
    assert!(told.code == Some(0) && told.stdout.contains("all healthy"), "{told:?}");
    assert_eq!(home.skinai(["wait"]).code, Some(0));

    let pid = row(&well, "web").pid;
    assert_eq!(home.skinai(["restart", "migrate"]).code, Some(0));
    let again = launcher.healthy();
    assert_eq!(row(&again, "web").pid, pid);
    assert_eq!(std::fs::read_to_string(runs).unwrap(), "run\n".repeat(3));
}

#[test]
fn a_launch_in_the_background_comes_back_when_its_oneshots_are_done() {
    for (code, said) in [(0, "all healthy"), (4, "migrate is failed (exited with code 4)")] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        home.write_stack(&with_oneshot(&ports, &format!("exit {code}")));
        let outcome = home.skinai(["run", "-d"]);
        assert_eq!(outcome.code, Some(i32::from(code != 0)), "{outcome:?}");
        assert!(format!("{outcome:?}").contains(said), "{outcome:?}");
        home.skinai(["stop"]);
    }
}

#[test]
fn a_terminal_is_told_what_is_held_back_and_what_is_done() {
    for (code, said) in [
        (3, "web does not start: waiting for migrate, which has failed (exited with code 3)"),
        (0, "migrate has done its work"),
    ] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        home.write_stack(&stack(&ports, &format!("exit {code}"), "on-failure"));
        let mut command = home.command(Programs::skinai());
        let _launcher = home.spawn("launcher", command.arg("run"));
        eventually(HEALTHY_WITHIN, said, || home.log_of("launcher").contains(said));
    }
}

#[test]
fn what_needs_a_service_without_a_check_starts_when_that_has_run_for_a_second() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, &stack(&ports, "exec sleep 1000", "always")).start();
    let well = launcher.healthy();
    let started = |service| row(&well, service).started_at.unwrap();
    let between = started("web").duration_since(started("migrate"));
    assert!(Duration::try_from(between).unwrap() >= Duration::from_millis(990), "{between:?}");
    assert!(!row(&well, "migrate").finished);
}
