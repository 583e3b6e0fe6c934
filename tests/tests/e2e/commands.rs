//! The commands that speak with a running instance, and those about ports and files.

use std::io::Write;

use contract::{ServiceState, Snapshot};
use end_to_end::{HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, eventually, http, processes};
use serde_json::Value;

#[test]
fn status_says_what_runs_and_where() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    assert_eq!(home.skinai(["status"]).code, Some(3), "nothing runs");
    let launcher = Launch::builtin(&home, &ports).start();
    let watched = launcher.healthy();
    let plain = home.skinai(["status"]);
    assert_eq!(plain.code, Some(0), "{plain:?}");
    for service in &watched.services {
        assert!(
            plain.stdout.contains(&service.name) && plain.stdout.contains(&service.port.unwrap().to_string())
        );
    }
    let asked = home.status();
    assert_eq!(asked.instance, "default");
    assert_eq!(asked.pid, launcher.pid());
    assert!(asked.revision >= watched.revision);
    assert_eq!(asked.service("ui").unwrap().pid, watched.service("ui").unwrap().pid);
}

#[test]
fn status_tells_services_that_start_from_one_that_has_failed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = end_to_end::StackFile::new(&ports).service("late", &["--late", "600000"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(SOON, "it is starting", |snapshot| snapshot.services[0].state == ServiceState::Starting);
    assert_eq!(home.skinai(["status"]).code, Some(4), "it may be well yet");
    drop(launcher);
    let stack = end_to_end::StackFile::new(&ports).command("ill", &["false"], "restart = \"never\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.wait(SOON, "it has failed", |snapshot| snapshot.services[0].state == ServiceState::Failed);
    assert_eq!(home.skinai(["status"]).code, Some(1));
}

#[test]
fn the_json_has_the_fields_that_others_rely_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    launcher.healthy();
    let outcome = home.skinai(["status", "--json"]);
    let value: Value = serde_json::from_str(&outcome.stdout).unwrap();
    for field in ["instance", "stack", "pid", "revision", "state", "services"] {
        assert!(!value[field].is_null(), "{field}");
    }
    let ui = &value["services"][1];
    let fields = "name label wanted state host port requested_port url open_url pid handoff restarts since health \
                  conflict last_exit";
    for field in fields.split_whitespace() {
        assert!(ui.get(field).is_some(), "{field}");
    }
    assert_eq!((&ui["name"], &ui["wanted"], &ui["handoff"]), (&"ui".into(), &"up".into(), &"socket".into()));
    assert_eq!(ui["open_url"], format!("{}/", ui["url"].as_str().unwrap()), "it holds no secret");
}

#[test]
fn url_gives_an_address_that_works() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    let outcome = home.skinai(["url", "ui"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let port = snapshot.service("ui").unwrap().port.unwrap();
    assert!(outcome.stdout.trim().contains(&format!(":{port}")), "{outcome:?}");
    let unknown = home.skinai(["url", "nobody"]);
    assert_ne!(unknown.code, Some(0));
    assert!(unknown.stderr.contains("nobody") && unknown.stderr.contains("backend"), "{unknown:?}");
}

#[test]
fn restart_keeps_the_port_and_changes_the_process() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let before = launcher.healthy();
    let outcome = home.skinai(["restart", "ui"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let changed = |snapshot: &Snapshot| {
        let (old, new) = (before.service("ui").unwrap(), snapshot.service("ui").unwrap());
        new.pid != old.pid && new.pid.is_some() && new.state == ServiceState::Healthy
    };
    let after = launcher.wait(SOON, "another process is healthy", changed);
    assert_eq!(after.service("ui").unwrap().port, before.service("ui").unwrap().port);
    assert_eq!(after.service("backend").unwrap().pid, before.service("backend").unwrap().pid);
    let old = before.service("ui").unwrap().pid.unwrap();
    eventually(SOON, "the old process is gone", || !processes::alive(old));
    let unknown = home.skinai(["restart", "nobody"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}

#[test]
fn restart_of_all_restarts_every_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let before = launcher.healthy();
    assert_eq!(home.skinai(["restart"]).code, Some(0));
    launcher.wait(SOON, "every process is another", |snapshot| {
        let pairs = before.services.iter().zip(&snapshot.services);
        snapshot.all_healthy()
            && pairs.into_iter().all(|(old, new)| old.pid != new.pid && old.port == new.port)
    });
}

#[test]
fn reallocate_moves_a_service_and_tells_those_that_need_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let before = launcher.healthy();
    let outcome = home.skinai(["reallocate", "backend"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let old = before.service("backend").unwrap().port;
    let after = launcher.wait(SOON, "the backend is elsewhere and all is healthy", |snapshot| {
        snapshot.all_healthy() && snapshot.service("backend").unwrap().port != old
    });
    let new = after.service("backend").unwrap().port.unwrap();
    // The process that was there finishes what it was asked, and goes.
    eventually(SOON, "nobody answers at the old port", || http::get(old.unwrap(), "/health").is_err());
    let ui = after.service("ui").unwrap();
    let environment = std::fs::read(format!("/proc/{}/environ", ui.pid.unwrap())).unwrap();
    let expected = format!("SKINAI_API_URL=http://127.0.0.1:{new}");
    assert!(String::from_utf8_lossy(&environment).split('\0').any(|variable| variable == expected));
    assert_eq!(ui.port, before.service("ui").unwrap().port);
}

#[test]
fn stop_ends_the_instance_and_everything_in_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    let outcome = home.skinai(["stop"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(launcher.ended(SOON).code(), Some(0));
    home.assert_nothing_left(SOON);
    for service in &snapshot.services {
        std::net::TcpListener::bind(("127.0.0.1", service.port.unwrap())).expect("the port is free again");
    }
    assert_eq!(home.skinai(["stop"]).code, Some(3), "nothing runs any more");
}

#[test]
fn logs_show_what_a_service_printed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = end_to_end::StackFile::new(&ports).service("talker", &["--ansi", "--binary"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let port = launcher.newest().unwrap().services[0].port.unwrap();
    http::get(port, "/print?a%20line%20of%20its%20own").unwrap();
    eventually(SOON, "the line is in the log", || {
        home.skinai(["logs", "talker", "-n", "50"]).stdout.contains("a line of its own")
    });
    let outcome = home.skinai(["logs", "talker"]);
    assert!(!outcome.stdout.contains('\u{1b}'), "escape sequences are never printed raw");
    assert!(outcome.stdout.contains("red"));
    let last = home.skinai(["logs", "talker", "-n", "1"]);
    assert_eq!(last.stdout.lines().count(), 1, "{last:?}");
}

#[test]
fn an_instance_can_have_a_name() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).arg("--instance").arg("work").start();
    assert_eq!(launcher.healthy().instance, "work");
    assert_eq!(home.skinai(["status", "--instance", "work"]).code, Some(0));
    assert_eq!(home.skinai(["status"]).code, Some(0), "the only one that runs is meant");
    assert_eq!(home.skinai(["status", "--instance", "other"]).code, Some(3));
    let all = home.skinai(["status", "--all"]);
    assert!(all.stdout.contains("work"), "{all:?}");
    let twice = home.skinai(["run", "--instance", "work"]);
    assert!(matches!(twice.code, Some(1 | 2)), "{twice:?}");
    assert!(twice.stderr.contains("work"), "{twice:?}");
}

#[test]
fn the_control_socket_is_its_users_own() {
    use std::os::unix::fs::PermissionsExt;

    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    launcher.healthy();
    let socket = home.control_socket("default");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let answer = http::control(&socket, "GET", "/v1/status", "").unwrap();
    assert_eq!((answer.status, &answer.json()["instance"]), (200, &"default".into()));
    let unknown = http::control(&socket, "POST", "/v1/restart", r#"{"service":"nobody"}"#).unwrap();
    assert!((400..500).contains(&unknown.status), "{unknown:?}");
    assert_eq!(unknown.json()["code"], "unknown_service");
    // A socket of an instance that was killed is no obstacle to the next.
    launcher.signal(nix::sys::signal::Signal::SIGKILL);
    launcher.ended(SOON);
    home.assert_nothing_left(SOON);
    assert!(socket.exists(), "a killed launcher leaves its socket behind");
    assert_eq!(home.skinai(["status"]).code, Some(3));
    let next = Launch::builtin(&home, &ports).start();
    assert_eq!(next.healthy().instance, "default");
}

#[test]
fn ports_check_tells_free_from_taken_and_from_nonsense() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.nth(0).to_string();
    assert_eq!(home.skinai(["ports", "check", &port]).code, Some(0));
    let _stranger = ports.occupy(ports.nth(0));
    let taken = home.skinai(["ports", "check", &port, "--json"]);
    assert_eq!(taken.code, Some(1), "{taken:?}");
    assert!(taken.stdout.contains(&std::process::id().to_string()), "it names the holder: {taken:?}");
    for nonsense in ["0", "65536", "abc", "-1", ""] {
        let outcome = home.skinai(["ports", "check", nonsense]);
        assert_eq!(outcome.code, Some(2), "{nonsense:?}: {outcome:?}");
    }
}

#[test]
fn ports_find_gives_the_lowest_free_ones() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let _stranger = ports.occupy(ports.nth(1));
    let outcome = home.skinai(["ports", "find", "-n", "3", "--range", &ports.range()]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let found: Vec<u16> = outcome.stdout.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(found, [0, 2, 3].map(|n| ports.nth(n)));
    let too_many = home.skinai(["ports", "find", "-n", "2", "--range", &format!("{0}-{0}", ports.nth(1))]);
    assert_eq!(too_many.code, Some(1), "{too_many:?}");
    let backwards = home.skinai(["ports", "find", "--range", "9000-8000"]);
    assert_eq!(backwards.code, Some(2), "{backwards:?}");
}

#[test]
fn check_points_at_the_fault_in_a_stack_file() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let good = home.write_stack(&ports.builtin_stack());
    assert_eq!(home.skinai(["check"]).code, Some(0));
    let good = home.skinai(["check", "--stack", good.to_str().unwrap()]);
    assert_eq!(good.code, Some(0), "{good:?}");
    home.write_stack(&ports.builtin_stack().replace("handoff", "hand_off"));
    let bad = home.skinai(["check"]);
    assert_eq!(bad.code, Some(2), "{bad:?}");
    assert!(bad.stderr.contains("hand_off") && bad.stderr.contains("stack.toml"), "{bad:?}");
}

#[test]
fn check_and_run_say_everything_that_is_wrong_with_a_stack_file() {
    let home = Home::new();
    home.write_stack(
        "name = \"s\"\n[service.a]\ncomand = [\"x\"]\n[service.b]\ncommand = [\"x\"]\nstop_grace = 5\n",
    );
    for args in [&["check"][..], &["run"], &["run", "-d"]] {
        let refused = home.skinai(args);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        for words in ["stack.toml:3:1: ", "did you mean `command`?", "stack.toml:6:14: "] {
            assert!(refused.stderr.contains(words), "{words}: {refused:?}");
        }
    }
}

#[test]
fn check_says_all_for_which_run_would_refuse_a_stack() {
    let home = Home::new();
    home.write_stack(
        "name = \"s\"\n[service.a]\ncommand = [\"/no/such/program\"]\n[service.b]\ncommand = [\"true\"]\ncwd = \"nowhere\"\n\
         [service.c]\ncommand = [\"true\"]\nport = { env = \"C_PORT\" }\n\
         [service.d]\ncommand = [\"true\"]\nport = { env = \"D_PORT\" }\nhost = \"192.0.2.1\"\n",
    );
    let refused = |args: &[&str]| {
        let mut command = home.command(Programs::skinai());
        let outcome = home.run(command.args(args).env("C_PORT", "70000"));
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        outcome
    };
    let checked = refused(&["check"]).stderr;
    let reasons =
        ["C_PORT is `70000`", "listen at 192.0.2.1", "no program `/no/such/program`", "nowhere is not there"];
    assert_eq!(checked.lines().count(), reasons.len(), "{checked}");
    for (line, reason) in checked.lines().zip(reasons) {
        assert!(line.starts_with("skinai: ") && line.contains(reason), "{line}");
    }
    assert!(!checked.contains("os error"), "{checked}");
    assert_eq!(refused(&["run"]).stderr, checked);
    assert_eq!(refused(&["run", "-d"]).stderr, checked);

    let found: serde_json::Value = serde_json::from_str(&refused(&["check", "--json"]).stdout).expect("JSON");
    assert_eq!(found["faults"].as_array().map(Vec::len), Some(4), "{found}");
    let file = home.write_stack("name = \"s\"\n[service.a]\ncomand = [\"x\"]\n");
    let found: serde_json::Value = serde_json::from_str(&refused(&["check", "--json"]).stdout).expect("JSON");
    let fault = &found["faults"][0];
    assert_eq!((fault["line"].as_u64(), fault["column"].as_u64()), (Some(3), Some(1)), "{found}");
    assert_eq!(
        (fault["file"].as_str(), fault["help"].as_str()),
        (file.to_str(), Some("did you mean `command`?"))
    );
}

#[test]
fn check_says_which_port_variables_are_kept_true() {
    let home = Home::new();
    let service = |name: &str, lines: &str| {
        let variable = name.to_uppercase();
        format!("[service.{name}]\ncommand = [\"true\"]\nport = {{ env = \"{variable}_PORT\" }}\n{lines}\n")
    };
    let (api, db) = (service("api", "needs = [\"db\"]"), service("db", ""));
    let web = service("web", "env = { API = \"{api.url}\", DB = \"{db.port}\" }");
    home.write_stack(&format!("name = \"s\"\n{api}{db}{web}"));
    let said = home.skinai(["check"]).stdout;
    let lines: Vec<_> = said.lines().skip(1).collect();
    let expected = [
        "api is started again when DB_PORT changes",
        "web is started again when API_PORT or DB_PORT changes",
        "where a service reads the port of another that it does not need, a new port is told at its next start",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn wrong_usage_is_2_and_help_is_0() {
    let home = Home::new();
    assert_eq!(home.skinai(["--help"]).code, Some(0));
    assert_eq!(home.skinai(["--version"]).code, Some(0));
    assert_eq!(home.skinai(["frobnicate"]).code, Some(2));
    assert_eq!(home.skinai(["status", "--nonsense"]).code, Some(2));
    let missing = home.skinai(["run", "--stack", "/nowhere/stack.toml"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.stderr.contains("/nowhere/stack.toml"));
}

#[test]
fn a_service_on_its_own_keeps_to_the_contract() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.spare();
    let mut command = home.command(Programs::skinai());
    let backend = home.spawn("backend", command.arg("backend").env("BACKEND_PORT", port.to_string()));
    eventually(SOON, "the backend answers at its port", || {
        http::get(port, "/health").is_ok_and(|answer| answer.status == 200)
    });
    // A second one with the same port set says so and goes elsewhere.
    let mut command = home.command(Programs::skinai());
    let _other = home.spawn("other", command.arg("backend").env("BACKEND_PORT", port.to_string()));
    eventually(SOON, "the second warns and names the port", || {
        let said = home.log_of("other");
        said.contains("WARNING") && said.contains(&port.to_string())
    });
    drop(backend);
    let mut command = home.command(Programs::skinai());
    let outcome = home.run(command.arg("backend").env("BACKEND_PORT", "abc"));
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
}

#[test]
fn logs_of_all_services_are_in_the_order_of_time_with_their_names() {
    let home = Home::new();
    let pipe = |name: &str| home.path().join(format!("{name}.pipe"));
    let script = |name: &str| {
        format!("while read -r line; do echo {name} $line; done < {}; sleep 1000", pipe(name).display())
    };
    let services = ["one", "second"].map(|name| {
        nix::unistd::mkfifo(&pipe(name), nix::sys::stat::Mode::S_IRWXU).unwrap();
        format!("[service.{name}]\ncommand = {:?}\n", ["sh", "-c", &script(name)])
    });
    home.write_stack(&format!("name = \"Talk\"\n{}", services.concat()));
    let launcher = home.spawn("run", home.command(Programs::skinai()).arg("run"));
    eventually(HEALTHY_WITHIN, "both run", || home.skinai(["status"]).code == Some(0));
    let mut pipes =
        ["one", "second"].map(|name| std::fs::OpenOptions::new().write(true).open(pipe(name)).unwrap());
    let logs = |arguments: &[&str]| {
        let printed = home.skinai(["logs"].iter().chain(arguments)).stdout;
        let without_time = |line: &str| {
            let (name, rest) = line.split_once("| ").unwrap_or(("", line));
            (name.trim().to_owned(), rest.split_once(' ').unwrap().1.to_owned())
        };
        printed.lines().map(without_time).collect::<Vec<_>>()
    };
    let mut expected = Vec::new();
    for number in 0..4 {
        let name = ["one", "second"][number % 2];
        writeln!(pipes[number % 2], "{number}").unwrap();
        expected.push((name.to_owned(), format!("{name} {number}")));
        eventually(SOON, "it is printed", || logs(&[]).last() == expected.last());
    }
    assert_eq!(logs(&[]), expected);
    assert_eq!(logs(&["-n", "3"]), expected[1..]);
    assert_eq!(logs(&["second", "one"]), expected);
    assert_eq!(
        logs(&["second"]),
        [(String::new(), "second 1".to_owned()), (String::new(), "second 3".to_owned())]
    );
    assert_eq!(home.skinai(["logs", "one", "nobody"]).code, Some(2));
    // `-n` counts what matches.
    assert_eq!(logs(&["--grep", "[13]$"]), [expected[1].clone(), expected[3].clone()]);
    assert_eq!(logs(&["--grep", "^one", "-n", "1"]), [expected[2].clone()]);
    assert_eq!(logs(&["--since", "10m"]), expected);
    assert_eq!(logs(&["--since", "1ms"]), []);
    for wrong in [["--grep", "("], ["--since", "yesterday"]] {
        assert_eq!(home.skinai(["logs"].iter().chain(&wrong)).code, Some(2), "{wrong:?}");
    }
    let objects = home.skinai(["logs", "--json"]).stdout;
    let objects: Vec<Value> = objects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts: Vec<_> = objects
        .iter()
        .map(|line| {
            assert_eq!(line["stream"], "stdout");
            assert!(line["at"].as_str().unwrap().ends_with('Z'), "{line}");
            (line["service"].as_str().unwrap().to_owned(), line["text"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(texts, expected);
    let followed = home.spawn("logs", home.command(Programs::skinai()).args(["logs", "-f", "-n", "1"]));
    eventually(SOON, "it follows", || home.log_of("logs").contains("second 3"));
    writeln!(pipes[0], "last").unwrap();
    eventually(SOON, "what is new follows", || home.log_of("logs").contains("one last"));
    assert!(!home.log_of("logs").contains("second 1"));
    drop(followed);
    expected.push(("one".to_owned(), "one last".to_owned()));

    // They can be read after the end.
    assert_eq!(home.skinai(["stop"]).code, Some(0));
    eventually(SOON, "it has ended", || home.skinai(["status"]).code == Some(3));
    assert_eq!(logs(&["--grep", "^(one|second) "]), expected);
    assert_eq!(logs(&["--grep", "^(one|second) ", "-n", "1"]), expected[4..]);
    let one = home.skinai(["logs", "one"]);
    assert!(one.stdout.contains(" one last\n") && !one.stdout.contains("second"), "{one:?}");
    assert!(one.stderr.contains("nothing runs"), "{one:?}");
    assert_eq!(home.skinai(["logs", "nobody"]).code, Some(2));
    assert_eq!(home.skinai(["logs", "--follow"]).code, Some(3));
    assert_eq!(home.skinai(["logs", "--instance", "other"]).code, Some(3));
    drop(launcher);
}

#[test]
fn the_status_says_how_many_of_the_services_are_stopped() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = end_to_end::StackFile::new(&ports).service("a", &[], "").service("b", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    for (name, said) in [("a", "): 1 of 2 stopped\n"), ("b", "): stopped\n")] {
        assert_eq!(home.skinai(["stop", name]).code, Some(0));
        let status = home.skinai(["status"]).stdout;
        assert!(status.contains(said), "{status}");
    }
}

#[test]
fn commands_are_about_what_runs_in_their_folder_whatever_its_file_is_called() {
    let home = Home::new();
    let folders = ["one", "two"].map(|name| home.path().join(name));
    let skinai = |folder: &std::path::Path| {
        std::fs::create_dir_all(folder).unwrap();
        let mut command = home.command(Programs::skinai());
        command.current_dir(folder);
        command
    };
    let mut launchers = Vec::new();
    for folder in &folders {
        let mut run = skinai(folder);
        std::fs::write(folder.join("Procfile.dev"), "worker: exec sleep 1000\n").unwrap();
        launchers.push(home.spawn("run", run.args(["run", "-f", "Procfile.dev"])));
        eventually(HEALTHY_WITHIN, "it is healthy", || {
            home.run(skinai(folder).args(["status"])).code == Some(0)
        });
    }
    let status = home.run(skinai(&folders[0].join("below")).args(["status"]));
    assert!(status.code == Some(0) && status.stdout.contains("(one, process"), "{status:?}");

    // What does not run is no wrong usage.
    let idle = home.path().join("idle");
    std::fs::create_dir_all(&idle).unwrap();
    std::fs::write(idle.join("skinai.toml"), "name = \"idle\"\n[service.a]\ncommand = [\"true\"]\n").unwrap();
    let status = home.run(skinai(&idle).args(["status"]));
    assert_eq!(status.code, Some(3), "{status:?}");
    assert!(
        status.stderr.contains("start it with `skinai run`") && status.stderr.contains("one, two"),
        "{status:?}"
    );

    for (folder, name) in folders.iter().zip(["one", "two"]) {
        assert_eq!(home.run(skinai(folder).args(["stop"])).code, Some(0));
        assert_eq!(home.run(skinai(folder).args(["status", "--instance", name])).code, Some(3));
    }
    for mut launcher in launchers {
        assert_eq!(launcher.wait(SOON).code(), Some(0));
    }
}
