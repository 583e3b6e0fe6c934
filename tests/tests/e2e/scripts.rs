//! What scripts and tests use: waiting, variables, and a command that runs while the stack does.

use std::time::Duration;

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, Launch, Outcome, PortBlock, Programs, SOON, StackFile, eventually};
use nix::sys::signal::Signal;

/// Two services, of which `web` listens late.
fn stack(ports: &PortBlock) -> StackFile {
    StackFile::new(ports).service("api", &[], "").service("web-site", &["--late", "700"], "needs = [\"api\"]")
}

/// The variables that say where these services are.
fn variables(snapshot: &Snapshot) -> Vec<(String, String)> {
    let of = |service: &contract::ServiceSnapshot| {
        let name = service.name.to_uppercase().replace('-', "_");
        let port = service.port_variable.clone().zip(service.port.map(|port| port.to_string()));
        port.into_iter().chain([(format!("{name}_URL"), service.url.clone().unwrap())])
    };
    let mut variables: Vec<_> = snapshot.services.iter().flat_map(|service| of(service)).collect();
    variables.sort();
    variables
}

#[test]
fn env_and_exec_say_where_the_services_are() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, stack(&ports).text()).start();
    let variables = variables(&launcher.healthy());
    assert_eq!(variables.len(), 4, "{variables:?}");
    let lines = |begin: &str, equals: &str, quote: &str| -> String {
        let line = |(name, value): &_| format!("{begin}{name}{equals}{quote}{value}{quote}\n");
        variables.iter().map(line).collect()
    };
    assert_eq!(home.skinai(["env"]).stdout, lines("export ", "=", "'"));
    assert_eq!(home.skinai(["env", "--format", "dotenv"]).stdout, lines("", "=", ""));
    assert_eq!(home.skinai(["env", "--format", "powershell"]).stdout, lines("$env:", " = ", "'"));
    let json: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&home.skinai(["env", "--format", "json"]).stdout).unwrap();
    assert_eq!(json.into_iter().collect::<Vec<_>>(), variables);
    // The command takes the place of the program, with its exit code and its end by a signal.
    let printed = home.skinai(["exec", "--", "sh", "-c", "echo $API_URL $WEB_SITE_URL; exit 7"]);
    let value = |name: &str| variables.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!(printed.stdout.trim(), format!("{} {}", value("API_URL"), value("WEB_SITE_URL")));
    assert_eq!(printed.code, Some(7));
    assert_eq!(home.skinai(["exec", "--", "no-such-program"]).code, Some(127));
    drop(launcher);
    assert_eq!(home.skinai(["exec", "--", "true"]).code, Some(3));
    assert_eq!(home.skinai(["env"]).code, Some(3));
}

#[test]
fn wait_comes_back_when_what_is_named_is_healthy_and_not_before() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let nothing = home.skinai(["wait", "--timeout", "100ms"]);
    assert_eq!(nothing.code, Some(3), "{nothing:?}");
    // It waits for the launch too.
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| home.skinai(["wait"]));
        let _launcher = Launch::stack(&home, stack(&ports).text()).start();
        let outcome = waiting.join().unwrap();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(home.status().all_healthy());
        assert_eq!(home.skinai(["wait", "api", "web-site"]).code, Some(0));
        let unknown = home.skinai(["wait", "nobody"]);
        assert_eq!(unknown.code, Some(2), "{unknown:?}");
        assert_eq!(home.skinai(["stop", "web-site"]).code, Some(0));
        assert_eq!(home.skinai(["wait", "api"]).code, Some(0));
        let stopped = home.skinai(["wait"]);
        assert_eq!(stopped.code, Some(1), "{stopped:?}");
        assert!(stopped.stderr.contains("web-site is stopp"), "{stopped:?}");
    });
}

#[test]
fn wait_says_what_has_failed_and_what_is_not_there_in_time() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let text = StackFile::new(&ports)
        .service("late", &["--late", "60000"], "start_timeout = \"5m\"")
        .command("broken", &["sh", "-c", "echo no table; exit 78"], "")
        .text()
        .to_owned();
    let _launcher = Launch::stack(&home, &text).start();
    let failed = home.skinai(["wait", "--timeout", "1m"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("the state of broken is failed (exited with code 78"), "{failed:?}");
    let late = home.skinai(["wait", "late", "--timeout", "300ms"]);
    assert_eq!(late.code, Some(1), "{late:?}");
    assert!(late.stderr.contains("not healthy in time: the state of late is starting"), "{late:?}");
}

/// `skinai run -- sh -c SCRIPT`.
fn run(home: &Home, script: &str) -> Outcome {
    home.run(home.command(Programs::skinai()).args(["run", "--", "sh", "-c", script]))
}

#[test]
fn run_with_a_command_ends_with_its_exit_code_and_leaves_nothing() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(stack(&ports).text());
    let skinai = Programs::skinai();
    let outcome = run(&home, &format!("{} status --json; exit 9", skinai.display()));
    assert_eq!(outcome.code, Some(9), "{outcome:?}");
    // Standard output is the command's own.
    let seen: Snapshot = serde_json::from_str(&outcome.stdout).unwrap();
    assert!(seen.all_healthy(), "{seen:#?}");
    assert_eq!(run(&home, "kill -TERM $$").code, Some(128 + 15));
    // What it leaves in the background ends with the launch.
    let outcome = run(&home, "setsid sleep 1000 >/dev/null 2>&1 & echo $WEB_SITE_URL");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.starts_with("http://127.0.0.1:"), "{outcome:?}");
    home.assert_nothing_left(SOON);
}

#[test]
fn run_with_a_command_does_not_run_it_where_a_service_fails() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(
        StackFile::new(&ports).command("broken", &["sh", "-c", "echo no table; exit 78"], "").text(),
    );
    let outcome = run(&home, "echo ran");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("the state of broken is failed"), "{outcome:?}");
    assert!(outcome.stderr.contains("broken | no table\n"), "{outcome:?}");
    home.write_stack(stack(&ports).text());
    let outcome = home.skinai(["run", "--", "no-such-program"]);
    assert_eq!(outcome.code, Some(127), "{outcome:?}");
    home.assert_nothing_left(SOON);
}

#[test]
fn who_ends_the_launcher_ends_its_command() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        home.write_stack(stack(&ports).text());
        let mark = home.path().join("runs");
        let script = format!("touch {}; exec sleep 1000", mark.display());
        let mut command = home.command(Programs::skinai());
        let launcher = home.spawn("run", command.args(["run", "--", "sh", "-c", &script]));
        eventually(HEALTHY_WITHIN, "the command runs", || mark.exists());
        launcher.signal(signal);
        home.assert_nothing_left(SOON + Duration::from_secs(2));
    }
}

#[test]
fn a_launch_in_the_background_comes_back_when_all_is_healthy_and_lives_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(stack(&ports).text());
    let launched = home.skinai(["run", "-d"]);
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert!(launched.stdout.contains("all healthy"), "{launched:?}");
    let first = home.status();
    assert!(first.all_healthy(), "{first:#?}");
    // It has a session of its own: the end of the terminal is none of its business.
    let session = procfs::process::Process::new(first.pid.cast_signed()).unwrap().stat().unwrap().session;
    assert_eq!(session, first.pid.cast_signed());
    // Who launches it again waits for the one that runs.
    let again = home.skinai(["run", "-d"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(home.status().pid, first.pid);
    // Another stack of the same name is not waited for.
    let other =
        home.write_config("other.toml", "name = \"Other\"\n[service.a]\ncommand = [\"sleep\", \"1000\"]\n");
    let other = home.skinai(["run", "-d", "--instance", "default", "--stack", other.to_str().unwrap()]);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.stderr.contains("instance default runs already (process "), "{other:?}");
    assert_eq!(home.skinai(["stop"]).code, Some(0));
    home.assert_nothing_left(SOON);
}

#[test]
fn a_launch_in_the_background_says_what_failed_and_lives_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(
        StackFile::new(&ports).command("broken", &["sh", "-c", "echo no table; exit 78"], "").text(),
    );
    for _ in 0..2 {
        let launched = home.skinai(["run", "-d"]);
        assert_eq!(launched.code, Some(1), "{launched:?}");
        assert!(
            launched.stderr.contains("the state of broken is failed (exited with code 78"),
            "{launched:?}"
        );
        assert!(launched.stderr.contains("runs on until `skinai stop`"), "{launched:?}");
        assert!(launched.stderr.starts_with("broken | no table\n"), "{launched:?}");
    }
    assert_eq!(home.status().services.len(), 1);
    assert_eq!(home.skinai(["stop"]).code, Some(0));
    home.assert_nothing_left(SOON);
    // What is refused is said as in the foreground.
    home.write_stack("name = \"Wrong\"\n[service.a]\ncommand = [\"no-such-program\"]\n");
    let (refused, in_foreground) = (home.skinai(["run", "-d"]), home.skinai(["run"]));
    assert_eq!((refused.code, &refused.stderr), (Some(2), &in_foreground.stderr), "{refused:?}");
}

#[test]
fn a_program_that_goes_into_the_background_is_no_launch_that_succeeded() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // Whoever waits for it listens already; so do many such programs.
    let daemon = "import os, socket, time\ns = socket.create_server(('127.0.0.1', int(os.environ['D_PORT'])))\n\
                  os.fork() and (time.sleep(0.03), os._exit(0))\ntime.sleep(1000)";
    let lines = "health = { tcp = true }";
    home.write_stack(StackFile::new(&ports).command("d", &["python3", "-c", daemon], lines).text());
    let launched = home.skinai(["run", "-d"]);
    assert_eq!(launched.code, Some(1), "{launched:?}");
    assert!(launched.stderr.contains("have it stay in the foreground"), "{launched:?}");
    assert_eq!(home.skinai(["stop"]).code, Some(0));
    home.assert_nothing_left(SOON);
}

#[test]
fn start_starts_what_was_stopped_with_what_it_needs_and_nothing_else() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let text = stack(&ports).service("other", &[], "").text().to_owned();
    let launcher = Launch::stack(&home, &text).start();
    let before = launcher.healthy();
    let pid = |snapshot: &Snapshot, name: &str| snapshot.service(name).unwrap().pid;
    assert_eq!(home.skinai(["start"]).code, Some(0));
    assert_eq!(home.status().services[0].pid, before.services[0].pid, "what runs is left alone");
    for name in ["web-site", "api", "other"] {
        assert_eq!(home.skinai(["stop", name]).code, Some(0));
    }
    let started = home.skinai(["start", "web-site"]);
    assert_eq!(started.code, Some(0), "{started:?}");
    let now = home.status();
    assert!(now.service("web-site").unwrap().is_well() && now.service("api").unwrap().is_well(), "{now:#?}");
    assert_eq!(pid(&now, "other"), None);
    assert_eq!(home.skinai(["start"]).code, Some(0));
    let all = home.status();
    assert!(all.all_healthy(), "{all:#?}");
    assert_eq!(pid(&all, "api"), pid(&now, "api"));
    assert_eq!(home.skinai(["start", "nobody"]).code, Some(2));
}
