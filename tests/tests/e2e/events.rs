//! What happened: told with its time and reason, kept over launches, and followed.

use std::os::unix::fs::PermissionsExt;

use contract::{Cause, Happening, HappeningKind, Reason, ServiceState};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually, http, processes,
};
use nix::sys::signal::Signal;

/// What `skinai events --json` prints: an object a line.
#[track_caller]
fn happened(home: &Home, arguments: &[&str]) -> Vec<Happening> {
    let outcome = home.skinai(["events", "--json", "-n", "10000"].iter().chain(arguments));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Kinds and reasons of what happened to a service.
#[track_caller]
fn of(home: &Home, service: &str) -> Vec<(HappeningKind, Option<Reason>)> {
    happened(home, &[service]).iter().map(|happening| (happening.kind, happening.reason)).collect()
}

/// Restarted for that reason, and running again.
fn restarted(reason: Reason) -> [(HappeningKind, Option<Reason>); 2] {
    [(HappeningKind::Restarted, Some(reason)), (HappeningKind::Healthy, None)]
}

#[track_caller]
fn in_another_process(launcher: &Launcher, service: &str, act: impl FnOnce(u32, u16)) {
    let row = launcher.newest().unwrap().service(service).unwrap().clone();
    act(row.pid.unwrap(), row.port.unwrap());
    launcher.wait(HEALTHY_WITHIN, "it is healthy in another process", |snapshot| {
        let now = snapshot.service(service).unwrap();
        now.state == ServiceState::Healthy && now.pid != row.pid
    });
}

#[test]
fn each_restart_is_told_with_what_made_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("quits", &[], "label = \"Quitter\"")
        .service("killed", &[], "")
        .service("hangs", &[], "stop_grace = \"200ms\"")
        .service("asked", &[], "")
        .service("stopped", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    in_another_process(&launcher, "quits", |_, port| drop(http::get(port, "/exit?3")));
    in_another_process(&launcher, "killed", |pid, _| processes::signal(pid, Signal::SIGKILL));
    in_another_process(&launcher, "hangs", |_, port| {
        std::thread::spawn(move || http::get(port, "/hang"));
    });
    in_another_process(&launcher, "asked", |_, _| drop(home.skinai(["restart", "asked"])));
    assert_eq!(home.skinai(["stop", "stopped"]).code, Some(0));

    let begun = vec![(HappeningKind::Started, None), (HappeningKind::Healthy, None)];
    let exited = |reason| (HappeningKind::Exited, Some(reason));
    let expected = |more: &[(HappeningKind, Option<Reason>)]| [begun.as_slice(), more].concat();
    let ended = |reason| expected(&[&[exited(reason)][..], &restarted(reason)].concat());
    assert_eq!(of(&home, "quits"), ended(Reason::Exited));
    assert_eq!(of(&home, "killed"), ended(Reason::Signal));
    assert_eq!(of(&home, "asked"), expected(&restarted(Reason::Request)));
    assert_eq!(of(&home, "stopped"), expected(&[(HappeningKind::Stopped, Some(Reason::Request))]));

    // It was told to end, so that how it ended says nothing.
    let silent = (HappeningKind::Unhealthy, Some(Reason::Unhealthy));
    assert_eq!(of(&home, "hangs"), expected(&[&[silent][..], &restarted(Reason::Unhealthy)].concat()));
    let hung = happened(&home, &["hangs"]);
    assert!(matches!(hung[3].cause, Some(Cause::Unresponsive { .. })), "{:?}", hung[3]);
    assert_eq!(hung[3].text, "hangs was restarted, since it did not answer");

    let told = home.skinai(["events", "quits"]).stdout;
    let texts: Vec<&str> = told.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    let expected = [
        "Quitter was started",
        "Quitter is running",
        "Quitter exited with code 3",
        "Quitter was restarted, since it had ended by itself",
        "Quitter is running",
    ];
    assert_eq!(texts, expected);
    let all = happened(&home, &[]);
    assert_eq!((all[0].kind, all[0].service.as_deref()), (HappeningKind::Launched, None));
    assert!(all.windows(2).all(|pair| pair[0].number + 1 == pair[1].number && pair[0].at <= pair[1].at));
    assert_eq!(home.skinai(["events", "nobody"]).code, Some(2));
}

#[test]
fn a_service_that_fails_says_for_what() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("broken", &["--exit", "78"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(SOON, "it has failed", |s| s.services[0].state == ServiceState::Failed);
    let last = happened(&home, &["broken"]).pop().unwrap();
    assert_eq!((last.kind, last.reason), (HappeningKind::Failed, Some(Reason::Exited)));
    assert_eq!(last.text, "broken failed: exited with code 78");
}

#[test]
fn a_service_that_is_given_up_says_after_how_many_starts() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("broken", &["--exit", "3"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let failed =
        launcher.wait(HEALTHY_WITHIN, "it has failed", |s| s.services[0].state == ServiceState::Failed);
    let broken = &failed.services[0];
    let Some(Cause::GaveUp { count: 5, seconds: 1.., because }) = &broken.cause else { panic!("{broken:?}") };
    assert_eq!(**because, Cause::Exited { code: 3 });
    let said = broken.detail.clone().unwrap();
    assert!(said.starts_with("exited with code 3, given up after 5 starts in "), "{said}");
    assert_eq!(broken.last_exit.as_ref().unwrap().reason, "exited with code 3");
    assert!(home.skinai(["status"]).stdout.contains(&format!("\nbroken: {said}\n")));
    assert_eq!(happened(&home, &["broken"]).pop().unwrap().text, format!("broken failed: {said}"));

    // By hand, it is counted afresh, and said since when.
    let since = broken.restarts_since.unwrap();
    assert_eq!(broken.restarts, 4);
    assert_eq!(home.skinai(["restart", "broken"]).code, Some(1));
    let again = home.status().services[0].restarts_since.unwrap();
    assert!(again > since, "{again} and {since}");
}

#[test]
fn what_runs_on_says_that_what_it_needs_has_failed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("db", &[], "label = \"Database\"").service(
        "web",
        &[],
        "needs = [\"db\"]",
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let port = launcher.healthy().services[0].port.unwrap();
    drop(http::get(port, "/exit?78"));
    launcher.wait(SOON, "it has failed", |s| s.services[0].state == ServiceState::Failed);
    let said = home.skinai(["status"]).stdout;
    assert!(said.contains("\nweb: it needs Database, which has failed\n"), "{said}");
    assert_eq!(said.matches("Database").count(), 1, "{said}");
}

/// A service told its port, and one that has its address; a stranger takes the port while the service is stopped.
fn port_stolen(home: &Home, ports: &PortBlock, on_conflict: &str) -> (Launcher, end_to_end::Guarded, u16) {
    let stack = StackFile::new(ports)
        .line(&format!("on_conflict = \"{on_conflict}\""))
        .service("web", &[], "handoff = \"number\"")
        .service("needs", &[], "env = { ADDRESS = \"{web.url}\" }");
    let launcher = Launch::stack(home, stack.text()).start();
    let port = launcher.healthy().services[0].port.unwrap();
    assert_eq!(home.skinai(["stop", "web"]).code, Some(0));
    let mut command = home.command("python3");
    // What stands in a command line may be secret.
    let serve = ["-c", "import runpy; runpy.run_module('http.server', run_name='__main__')"];
    let port_text = port.to_string();
    command.args(serve).args(["--bind", "127.0.0.1", &port_text, "--directory", "/hush-hush"]);
    let stranger = home.spawn("stranger", &mut command);
    eventually(SOON, "the stranger listens", || http::get(port, "/").is_ok());
    // It may be answered with the conflict or at once.
    let _outcome = home.skinai(["restart", "web"]);
    (launcher, stranger, port)
}

#[test]
fn a_conflict_names_the_holder_and_a_move_by_request_both_ports() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, stranger, port) = port_stolen(&home, &ports, "ask");
    launcher.wait(SOON, "it is in conflict", |s| s.services[0].state == ServiceState::Conflict);
    let conflict = happened(&home, &["web"]).pop().unwrap();
    let holder = conflict.holder.clone().unwrap();
    assert_eq!((conflict.kind, holder.pid), (HappeningKind::Conflict, Some(stranger.pid())));
    assert!(
        conflict.text.starts_with(&format!("web has no port: port {port} is used by python3")),
        "{conflict:?}"
    );

    assert_eq!(home.skinai(["reallocate", "web"]).code, Some(0));
    let to = launcher.healthy().services[0].port;
    let moved = happened(&home, &["web"]).into_iter().find(|it| it.kind == HappeningKind::Moved).unwrap();
    assert_eq!((moved.from, moved.to, moved.reason), (Some(port), to, Some(Reason::Request)));
    assert_eq!(moved.text, format!("web moved from {port} to {}", to.unwrap()));
    let events = std::fs::read_to_string(home.state().join("default/events.jsonl")).unwrap();
    assert!(events.contains("\"conflict\"") && !events.contains("hush-hush"), "{events}");
}

#[test]
fn a_move_away_from_a_taken_port_and_who_had_the_address_are_told() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, _stranger, port) = port_stolen(&home, &ports, "move");
    let to = launcher.healthy().services[0].port;
    let moved = happened(&home, &["web"]).into_iter().find(|it| it.kind == HappeningKind::Moved).unwrap();
    assert_eq!((moved.from, moved.to, moved.reason), (Some(port), to, Some(Reason::Address)));
    eventually(SOON, "who had the address was restarted for it", || {
        of(&home, "needs").contains(&(HappeningKind::Restarted, Some(Reason::Address)))
    });
}

#[test]
fn the_list_is_kept_over_launches_and_after_the_end() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &[], "");
    assert_eq!(home.skinai(["events"]).code, Some(3), "nothing has happened");
    for launch in 1..=2 {
        let mut launcher = Launch::stack(&home, stack.text()).start();
        launcher.healthy();
        let running = happened(&home, &[]);
        let count = |kind| running.iter().filter(|happening| happening.kind == kind).count();
        assert_eq!((count(HappeningKind::Launched), count(HappeningKind::Healthy)), (launch, launch));
        assert_eq!(launcher.stop().code(), Some(0));
        let ended = happened(&home, &[]);
        assert_eq!(ended[..running.len()], running);
        let texts: Vec<&str> =
            ended[running.len()..].iter().map(|happening| happening.text.as_str()).collect();
        assert_eq!(texts, ["a was stopped", "The stack was stopped"]);
    }
    let told = home.skinai(["events", "-n", "1"]);
    assert!(
        told.stdout.ends_with(" The stack was stopped\n") && told.stdout.lines().count() == 1,
        "{told:?}"
    );
    assert!(told.stderr.contains("nothing runs"), "{told:?}");
    assert_eq!(home.skinai(["events", "--follow"]).code, Some(3));

    // What somebody else can write is not believed.
    let file = home.state().join("default/events.jsonl");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(home.skinai(["events"]).code, Some(3));
}

#[test]
fn a_launcher_that_is_killed_loses_nothing_but_its_end() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &[], "");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let file = home.state().join("default/events.jsonl");
    eventually(SOON, "it is written", || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"healthy\""))
    });
    launcher.signal(Signal::SIGKILL);
    launcher.ended(SOON);
    // As if it had been killed within a line.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{{\"number\":9,\"at\":\"20")).unwrap();
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    eventually(SOON, "it is written again", || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.matches("\"healthy\"").count() == 2)
    });
    drop(launcher);
    let kinds: Vec<HappeningKind> = happened(&home, &[]).iter().map(|happening| happening.kind).collect();
    let run = [HappeningKind::Launched, HappeningKind::Started, HappeningKind::Healthy];
    assert_eq!(kinds[..6], [run, run].concat(), "{kinds:?}");
}

#[test]
fn who_follows_is_told_as_it_happens_until_the_end_and_may_go_away() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &[], "").service("b", &[], "");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let follow = |name: &str, arguments: &[&str]| {
        home.spawn(name, home.command(Programs::skinai()).args(["events", "-f", "--json"]).args(arguments))
    };
    let mut all = follow("all", &[]);
    let mut one = follow("one", &["a", "-n", "1"]);
    let mut shell = home.command("bash");
    let pipe =
        format!("'{}' events -f -n 1 | head -n 1; exit ${{PIPESTATUS[0]}}", Programs::skinai().display());
    let mut head = home.spawn("head", shell.args(["-c", &pipe]));
    let reads = |name: &str| !home.log_of(name).is_empty();
    eventually(SOON, "all three have begun", || ["all", "one", "head"].into_iter().all(reads));
    assert_eq!(home.skinai(["restart", "b"]).code, Some(0));
    assert_eq!(head.wait(SOON).code(), Some(0), "who has seen enough is told no more");
    eventually(SOON, "it is told", || home.log_of("all").contains("\"reason\":\"request\""));
    assert_eq!(launcher.stop().code(), Some(0));
    assert_eq!((all.wait(SOON).code(), one.wait(SOON).code()), (Some(0), Some(0)));
    let numbers = |name: &str| {
        let lines = home.log_of(name);
        let told = lines.lines().map(|line| serde_json::from_str::<Happening>(line).unwrap());
        told.map(|happening| (happening.number, happening.service)).collect::<Vec<_>>()
    };
    let told = numbers("all");
    assert!(told.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "each once and in order: {told:?}");
    assert_eq!(told.last().unwrap().1, None, "the end of the stack is the last: {told:?}");
    let told = numbers("one");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(_, service)| service.as_deref() == Some("a")), "{told:?}");
}

#[test]
fn the_api_tells_so_many_and_refuses_rubbish() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    let socket = home.control_socket("default");
    let answer = http::control(&socket, "GET", "/v1/happenings?lines=2", "").unwrap();
    let kinds: Vec<_> = answer.json().as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["started", "healthy"]);
    for query in ["lines=many", "lines=-1"] {
        let answer = http::control(&socket, "GET", &format!("/v1/happenings?{query}"), "").unwrap();
        assert!(answer.status == 400 && answer.json()["message"].is_string(), "{}", answer.text());
    }
}
