//! Requests against services in every state: each is answered in time, and what worked goes on working.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::{ServiceState, Snapshot};
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, Load, Outcome, PortBlock, Programs, SOON, StackFile, eventually,
    http,
};

const OVERLAP: &str = "handoff = \"socket\"\nready = \"notify\"\non_restart = \"overlap\"";
const STOP_START: &str = "handoff = \"socket\"\non_restart = \"stop-start\"";

/// A program that is the fixture until a file says which fault it has.
fn flaky(home: &Home, name: &str) -> (String, PathBuf) {
    let fault = home.path().join(format!("{name}.fault"));
    let script = format!(
        "case \"$(cat '{0}' 2>/dev/null)\" in\n\
         exits) echo \"cannot go on, as told\" >&2; exit 1;;\n\
         deaf) exec sleep 1000;;\n\
         *) exec '{1}' \"$@\";;\nesac",
        fault.display(),
        Programs::fixture().display()
    );
    home.write_script(name, &script);
    (home.path().join("bin").join(name).display().to_string(), fault)
}

fn state(snapshot: &Snapshot, service: &str) -> ServiceState {
    snapshot.service(service).unwrap().state
}

#[track_caller]
fn assert_refused_in_one_line(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
}

/// Everything is where it was, and answers as itself.
#[track_caller]
fn assert_works_as_before(launcher: &Launcher, before: &Snapshot) {
    let after = launcher.healthy();
    for (old, new) in before.services.iter().zip(&after.services) {
        assert_eq!(old.port, new.port, "{new:#?}");
        let answer = http::get(new.port.unwrap(), "/").unwrap();
        assert!(answer.text().starts_with(&format!("{} ", new.name)), "{}", answer.text());
    }
}

#[test]
fn a_restart_whose_new_process_fails_leaves_the_old_one_serving() {
    for (fault, limit) in [("exits", 5), ("deaf", 20)] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let (program, file) = flaky(&home, "web");
        let stack =
            StackFile::new(&ports).command("web", &[&program], &format!("{OVERLAP}\nstart_timeout = \"1s\""));
        let launcher = Launch::stack(&home, stack.text()).start();
        let before = launcher.healthy();
        let load = Load::start(before.services[0].port.unwrap(), "/", 100);
        std::fs::write(&file, fault).unwrap();
        let begun = Instant::now();
        let outcome = home.skinai(["restart", "web"]);
        assert_refused_in_one_line(&outcome);
        assert!(outcome.stderr.contains("the old one goes on"), "{outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(limit), "{:?}", begun.elapsed());
        let after = home.status();
        assert_eq!(
            (state(&after, "web"), after.services[0].pid),
            (ServiceState::Healthy, before.services[0].pid)
        );
        let tally = load.stop();
        assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    }
}

#[test]
fn a_restart_that_stops_first_loses_no_request() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("web", &["--stop-slow", "50"], STOP_START);
    let launcher = Launch::stack(&home, stack.text()).start();
    let port = launcher.healthy().services[0].port.unwrap();
    let load = Load::start(port, "/", 100);
    for _ in 0..10 {
        assert_eq!(home.skinai(["restart", "web"]).code, Some(0));
    }
    let tally = load.stop();
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
}

#[test]
fn what_ends_first_in_a_restart_of_all_loses_no_request_while_its_socket_is_held() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("db", &["--stop-slow", "50"], "handoff = \"number\"").service(
        "web",
        &[],
        &format!("{OVERLAP}\nneeds = [\"db\"]"),
    );
    let launcher = Launch::stack(&home, stack.text()).start();
    let port = launcher.healthy().service("web").unwrap().port.unwrap();
    let load = Load::start(port, "/", 100);
    for _ in 0..5 {
        assert_eq!(home.skinai(["restart"]).code, Some(0));
    }
    let tally = load.stop();
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
}

#[test]
fn a_restart_of_what_waits_for_a_failed_service_is_answered_and_names_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (program, fault) = flaky(&home, "base");
    std::fs::write(&fault, "exits").unwrap();
    let stack = StackFile::new(&ports)
        .command("base", &[&program], "")
        .service("middle", &[], "needs = [\"base\"]")
        .service("top", &[], "needs = [\"middle\"]");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(HEALTHY_WITHIN, "base has failed", |s| state(s, "base") == ServiceState::Failed);
    for service in ["middle", "top"] {
        let begun = Instant::now();
        let outcome = home.skinai(["restart", service]);
        assert_refused_in_one_line(&outcome);
        assert!(outcome.stderr.contains("base"), "{outcome:?}");
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        let row = home.status().service(service).unwrap().clone();
        assert_eq!(row.state, ServiceState::Starting);
        assert!(row.detail.unwrap().starts_with("waiting for"));
    }
    // To move what waits is no reason to start anything.
    let before = home.status().service("top").unwrap().port;
    assert_eq!(home.skinai(["reallocate", "top"]).code, Some(0));
    assert_ne!(home.status().service("top").unwrap().port, before);
    std::fs::remove_file(fault).unwrap();
    assert_eq!(home.skinai(["restart", "base"]).code, Some(0));
    launcher.healthy();
}

#[test]
fn a_failed_service_shows_its_last_lines_and_can_be_restarted_by_hand() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (program, fault) = flaky(&home, "broken");
    std::fs::write(&fault, "exits").unwrap();
    let stack = StackFile::new(&ports).command("broken", &[&program], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(HEALTHY_WITHIN, "it has failed", |s| state(s, "broken") == ServiceState::Failed);
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains("cannot go on, as told"), "{told:?}");
    assert_refused_in_one_line(&home.skinai(["restart", "broken"]));
    launcher.wait(HEALTHY_WITHIN, "it has failed again", |s| state(s, "broken") == ServiceState::Failed);
    std::fs::remove_file(fault).unwrap();
    assert_eq!(home.skinai(["restart", "broken"]).code, Some(0));
    assert_eq!(launcher.healthy().services[0].restarts, 0);
}

#[test]
fn what_finished_well_or_is_never_to_be_restarted_is_left_alone() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("done", &["--exit", "0", "--exit-after", "300"], "restart = \"on-failure\"")
        .service("once", &["--exit", "3", "--exit-after", "300"], "restart = \"never\"")
        .service("again", &["--exit", "4", "--exit-after", "300"], "restart = \"on-failure\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    let seen = launcher.wait(HEALTHY_WITHIN, "each has gone its way", |s| {
        state(s, "done") == ServiceState::Stopped
            && state(s, "once") == ServiceState::Failed
            && s.service("again").unwrap().restarts >= 1
    });
    for (service, code) in [("done", 0), ("once", 3)] {
        let row = seen.service(service).unwrap();
        assert_eq!((row.restarts, row.last_exit.as_ref().unwrap().code), (0, Some(code)));
    }
}

#[test]
fn a_reallocation_during_a_backoff_is_answered_and_tried() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (program, fault) = flaky(&home, "shaky");
    std::fs::write(&fault, "exits").unwrap();
    for handoff in ["socket", "number"] {
        std::fs::write(&fault, "exits").unwrap();
        let stack = StackFile::new(&ports).command("shaky", &[&program], &format!("handoff = \"{handoff}\""));
        let mut launcher = Launch::stack(&home, stack.text()).start();
        launcher.wait(HEALTHY_WITHIN, "it is in backoff", |s| state(s, "shaky") == ServiceState::Backoff);
        let before = launcher.newest().unwrap().services[0].port;
        assert_refused_in_one_line(&home.skinai(["reallocate", "shaky"]));
        assert_eq!(home.status().services[0].port, before);
        std::fs::remove_file(&fault).unwrap();
        assert_eq!(home.skinai(["reallocate", "shaky"]).code, Some(0));
        assert_ne!(launcher.healthy().services[0].port, before);
        launcher.stop();
    }
}

#[test]
fn a_reallocation_that_fails_at_any_step_leaves_everything_where_it_was() {
    for handoff in ["socket", "number"] {
        for (victim, fault) in [("base", "exits"), ("base", "deaf"), ("top", "exits"), ("top", "deaf")] {
            let (home, ports) = (Home::new(), PortBlock::lock());
            let (base, base_fault) = flaky(&home, "base");
            let (top, top_fault) = flaky(&home, "top");
            let lines = format!("handoff = \"{handoff}\"\nstart_timeout = \"1s\"\nstop_grace = \"1s\"");
            let needs = format!("{lines}\nneeds = [\"base\"]\nenv = {{ BASE = \"{{base.url}}\" }}");
            let stack =
                StackFile::new(&ports).command("base", &[&base], &lines).command("top", &[&top], &needs);
            let launcher = Launch::stack(&home, stack.text()).start();
            let before = launcher.healthy();
            let file = if victim == "base" { base_fault } else { top_fault };
            // Its next start fails; after a while its starts go well again.
            let once = format!("echo {fault} >'{0}'; sleep 2.5; rm -f '{0}'", file.display());
            let _fault = home.spawn("fault", home.command("sh").args(["-c", &once]));
            eventually(SOON, "the fault is there", || file.exists());
            let outcome = home.skinai(["reallocate", "base"]);
            assert_refused_in_one_line(&outcome);
            eventually(SOON, "the fault is gone", || !file.exists());
            if launcher.newest().unwrap().services.iter().any(|s| s.state == ServiceState::Failed) {
                assert_eq!(home.skinai(["restart", victim]).code, Some(0));
            }
            assert_works_as_before(&launcher, &before);
            let told = http::get(before.service("top").unwrap().port.unwrap(), "/env?BASE").unwrap();
            assert_eq!(Some(told.text()), before.service("base").unwrap().url, "{handoff} {victim} {fault}");
        }
    }
}

#[test]
fn two_reallocations_at_once_are_both_carried_out() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("base", &[], "handoff = \"number\"")
        .service("top", &[], "needs = [\"base\"]\nenv = { BASE = \"{base.url}\" }")
        .service("side", &[], OVERLAP);
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let one = |service: &'static str| scope.spawn(|| home.skinai(["reallocate", service]).code);
        let threads = [one("base"), one("top"), one("side"), one("base")];
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(codes, [Some(0); 4]);
    let after = launcher.healthy();
    for (old, new) in before.services.iter().zip(&after.services) {
        // One that is moved twice may come back to where it was.
        let moved = launcher.snapshots().iter().any(|s| s.service(&old.name).unwrap().port != old.port);
        assert!(moved, "{} was moved", old.name);
        assert!(http::get(new.port.unwrap(), "/").unwrap().text().starts_with(&new.name));
    }
    let told = http::get(after.service("top").unwrap().port.unwrap(), "/env?BASE").unwrap();
    assert_eq!(Some(told.text()), after.service("base").unwrap().url);
}

#[test]
fn a_stop_during_a_reallocation_wins_and_both_are_answered() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (base, fault) = flaky(&home, "base");
    let lines = "handoff = \"number\"\nstart_timeout = \"30s\"\nstop_grace = \"1s\"";
    let stack =
        StackFile::new(&ports).command("base", &[&base], lines).service("top", &[], "needs = [\"base\"]");
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    std::fs::write(&fault, "deaf").unwrap();
    std::thread::scope(|scope| {
        let moving = scope.spawn(|| home.skinai(["reallocate", "base"]));
        launcher.wait(SOON, "it is started at its new place", |s| {
            let base = s.service("base").unwrap();
            base.state == ServiceState::Starting && base.port != before.service("base").unwrap().port
        });
        for service in ["top", "base"] {
            let body = format!("{{\"service\":\"{service}\"}}");
            let stopped = http::control(&home.control_socket("default"), "POST", "/v1/stop", &body).unwrap();
            assert_eq!(stopped.status, 200, "{}", stopped.text());
        }
        assert_refused_in_one_line(&moving.join().unwrap());
    });
    launcher.wait(SOON, "both are stopped, at their earlier places", |s| {
        let port = |snapshot: &Snapshot| snapshot.service("base").unwrap().port;
        s.services.iter().all(|service| service.state == ServiceState::Stopped) && port(s) == port(&before)
    });
    std::fs::remove_file(fault).unwrap();
    assert_eq!(home.skinai(["restart"]).code, Some(0));
    assert_works_as_before(&launcher, &before);
}

#[test]
fn a_restart_during_a_stop_takes_its_place_and_both_are_answered() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("slow", &["--stop-slow", "700"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let old = launcher.healthy().services[0].pid;
    std::thread::scope(|scope| {
        let socket = home.control_socket("default");
        let stop =
            scope.spawn(move || http::control(&socket, "POST", "/v1/stop", r#"{"service":"slow"}"#).unwrap());
        launcher.wait(SOON, "it is stopping", |s| state(s, "slow") == ServiceState::Stopping);
        assert_eq!(home.skinai(["restart", "slow"]).code, Some(0));
        let answer = stop.join().unwrap();
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (409, Some("superseded")),
            "{}",
            answer.text()
        );
    });
    assert_ne!(launcher.healthy().services[0].pid, old);
}

/// How many programs are connected to the instance.
fn connections(home: &Home) -> usize {
    let socket = home.runtime().join("skinai/default.sock").display().to_string();
    let table = std::fs::read_to_string("/proc/net/unix").unwrap();
    // Connected: state 03. The listening one has the same path.
    table.lines().filter(|line| line.ends_with(&socket) && line.contains(" 03 ")).count()
}

#[test]
fn a_stop_of_the_instance_answers_whoever_waits_for_something_else() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (program, fault) = flaky(&home, "web");
    let stack =
        StackFile::new(&ports).command("web", &[&program], "start_timeout = \"60s\"\nstop_grace = \"1s\"");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    std::fs::write(fault, "deaf").unwrap();
    std::thread::scope(|scope| {
        let restart = scope.spawn(|| home.skinai(["restart"]));
        launcher.wait(SOON, "it is starting", |s| state(s, "web") == ServiceState::Starting);
        let queued = scope.spawn(|| home.skinai(["reallocate"]));
        eventually(SOON, "both have been asked for", || connections(&home) == 2);
        assert_eq!(home.skinai(["stop"]).code, Some(0));
        assert_refused_in_one_line(&restart.join().unwrap());
        assert_eq!(queued.join().unwrap().code, Some(1));
    });
    assert_eq!(launcher.ended(SOON).code(), Some(0));
}

#[test]
fn a_strict_port_is_not_moved() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let requested = ports.spare();
    let stack = StackFile::new(&ports).service("web", &[], "strict = true").service("other", &[], "");
    let launcher = Launch::stack(&home, stack.text()).env("WEB_PORT", requested.to_string()).start();
    let before = launcher.healthy();
    let outcome = home.skinai(["reallocate", "web"]);
    assert_refused_in_one_line(&outcome);
    assert!(outcome.stderr.contains("strict"), "{outcome:?}");
    assert_eq!(home.skinai(["reallocate"]).code, Some(0));
    let after = launcher.healthy();
    assert_eq!(after.service("web").unwrap().port, Some(requested));
    assert_ne!(after.service("other").unwrap().port, before.service("other").unwrap().port);
}

#[test]
fn a_broken_service_keeps_nobody_else_from_being_moved_or_restarted() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (broken, fault) = flaky(&home, "broken");
    std::fs::write(&fault, "exits").unwrap();
    let needs = "needs = [\"base\"]\nenv = { BASE = \"{base.url}\" }";
    let stack = StackFile::new(&ports)
        .service("base", &[], "handoff = \"number\"")
        .command("broken", &[&broken], needs)
        .service("top", &[], needs);
    let launcher = Launch::stack(&home, stack.text()).start();
    let well = |s: &Snapshot| {
        let healthy = |name: &str| state(s, name) == ServiceState::Healthy;
        state(s, "broken") == ServiceState::Failed && healthy("base") && healthy("top")
    };
    let before = launcher.wait(HEALTHY_WITHIN, "one has failed, the others are well", well);
    for target in [&["reallocate", "base"][..], &["reallocate"]] {
        let old = home.status().service("base").unwrap().port;
        let outcome = home.skinai(target);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let moved = home.wait_status(HEALTHY_WITHIN, "the others are well at their new places", well);
        assert_ne!(moved.service("base").unwrap().port, old);
        let told = http::get(moved.service("top").unwrap().port.unwrap(), "/env?BASE").unwrap();
        assert_eq!(Some(told.text()), moved.service("base").unwrap().url);
    }
    assert_refused_in_one_line(&home.skinai(["restart"]));
    let after = home.wait_status(HEALTHY_WITHIN, "it has failed again, the others are well", well);
    for service in ["base", "top"] {
        assert_ne!(after.service(service).unwrap().pid, before.service(service).unwrap().pid, "{service}");
    }
    std::fs::remove_file(fault).unwrap();
    assert_eq!(home.skinai(["restart", "broken"]).code, Some(0));
    let mended = launcher.healthy();
    let told = http::get(mended.service("broken").unwrap().port.unwrap(), "/env?BASE").unwrap();
    assert_eq!(Some(told.text()), mended.service("base").unwrap().url);
}

#[test]
fn two_services_in_conflict_are_moved_together() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .line("on_conflict = \"ask\"")
        .service("base", &[], "handoff = \"number\"")
        .service("top", &[], "handoff = \"number\"\nneeds = [\"base\"]\nenv = { BASE = \"{base.url}\" }");
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    let socket = home.control_socket("default");
    for service in ["top", "base"] {
        let body = format!("{{\"service\":\"{service}\"}}");
        assert_eq!(http::control(&socket, "POST", "/v1/stop", &body).unwrap().status, 200);
    }
    let taken: Vec<_> = before.services.iter().map(|service| ports.occupy(service.port.unwrap())).collect();
    for service in ["base", "top"] {
        assert_refused_in_one_line(&home.skinai(["restart", service]));
    }
    let both = |s: &Snapshot| s.services.iter().all(|service| service.state == ServiceState::Conflict);
    launcher.wait(SOON, "both are in conflict", both);
    assert_eq!(home.skinai(["reallocate", "base"]).code, Some(0));
    assert_eq!(state(&home.status(), "top"), ServiceState::Conflict);
    assert_eq!(home.skinai(["reallocate", "top"]).code, Some(0));
    let after = launcher.healthy();
    let told = http::get(after.service("top").unwrap().port.unwrap(), "/env?BASE").unwrap();
    assert_eq!(Some(told.text()), after.service("base").unwrap().url);
    drop(taken);
}

/// Each notes its start and its end.
#[test]
fn a_restart_of_all_ends_what_needs_others_before_what_they_need() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let notes = home.path().join("notes");
    let script = "note() { echo \"$1\" >>\"$NOTES\"; }\nname=$1\nshift\nnote \"$name starts\"\n\
                  trap 'wait; note \"$name ends\"; exit 0' TERM\n\"$FIXTURE\" \"$@\" & wait";
    home.write_script("noted", script);
    let noted = home.path().join("bin/noted").display().to_string();
    let variables = format!("env = {{ NOTES = {notes:?}, FIXTURE = {:?} }}", Programs::fixture());
    let lines = |needs: &str| format!("handoff = \"number\"\nneeds = [{needs}]\n{variables}");
    let stack = StackFile::new(&ports)
        .command("web", &[&noted, "web"], &lines("\"api\""))
        .command("api", &[&noted, "api"], &lines("\"db\""))
        .command("db", &[&noted, "db"], &lines(""));
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    assert_eq!(home.skinai(["restart"]).code, Some(0));
    let starts = ["db starts", "api starts", "web starts"];
    let ends = ["web ends", "api ends", "db ends"];
    let noted = std::fs::read_to_string(&notes).unwrap();
    assert_eq!(noted.lines().collect::<Vec<_>>(), [starts, ends, starts].concat());
}
