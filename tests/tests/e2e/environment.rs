//! Folders, variables and clocks that are not as they should be; secrets that must stay secret.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::ServiceState;
use end_to_end::{Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, http, processes};
use nix::sys::signal::Signal;
use walkdir::{DirEntry, WalkDir};

#[test]
fn without_a_runtime_folder_a_private_one_is_used() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).env("XDG_RUNTIME_DIR", "").start();
    launcher.healthy();
    let socket = home.state().join("run/default.sock");
    assert!(socket.exists());
    let folder = std::fs::metadata(socket.parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    let mut command = home.command(Programs::skinai());
    assert_eq!(home.run(command.arg("status").env("XDG_RUNTIME_DIR", "")).code, Some(0));
}

#[test]
fn an_unusable_log_folder_is_said_once_and_harms_nothing() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    std::fs::write(home.state(), "a file where the folder should be").unwrap();
    let stack = StackFile::new(&ports).service("a", &["--flood", "100000"], "").service("b", &[], "");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    let port = launcher.healthy().services[0].port.unwrap();
    assert_eq!(http::get(port, "/print?still%20here").unwrap().status, 200);
    eventually(SOON, "the log is in memory all the same", || {
        home.skinai(["logs", "a", "-n", "5"]).stdout.contains("still here")
    });
    assert_eq!(launcher.stop().code(), Some(0));
    let said = launcher.stderr();
    assert_eq!(said.matches("cannot write").count(), 1, "for both services together: {said}");
}

#[test]
fn a_full_disk_harms_nothing() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.state().join("default");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.join("a.log")).unwrap();
    let stack = StackFile::new(&ports).service("a", &["--flood", "1000000"], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    assert_eq!(launcher.healthy().services[0].restarts, 0);
}

#[test]
fn nobody_is_called_unhealthy_because_the_machine_slept() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &[], "").service("b", &[], "handoff = \"socket\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    let all = home.processes();
    for pid in &all {
        processes::signal(*pid, Signal::SIGSTOP);
    }
    // As long as several probes and their timeouts: this is the sleep itself, not a wait for something.
    std::thread::sleep(Duration::from_secs(3));
    for pid in all {
        processes::signal(pid, Signal::SIGCONT);
    }
    home.wait_status(SOON, "probes go on", |snapshot| {
        snapshot
            .services
            .iter()
            .all(|service| service.health.checked_at > before.services[0].health.checked_at)
    });
    let after = launcher.healthy();
    for (before, after) in before.services.iter().zip(&after.services) {
        assert_eq!((before.pid, after.restarts), (after.pid, 0));
    }
    assert!(
        launcher.snapshots().iter().all(|s| s.services.iter().all(|s| s.state != ServiceState::Unhealthy))
    );
}

#[test]
fn a_strict_port_is_kept_or_the_launch_fails() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let requested = ports.spare();
    let stack = StackFile::new(&ports).service("web", &[], "strict = true");
    let stranger = ports.occupy(requested);
    home.write_stack(stack.text());
    let mut command = home.command(Programs::skinai());
    let refused = home.run(command.arg("run").env("WEB_PORT", requested.to_string()));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
    assert!(
        refused.stderr.contains(&requested.to_string()) && refused.stderr.contains("strict"),
        "{refused:?}"
    );
    drop(stranger);
    let launcher = Launch::stack(&home, stack.text()).env("WEB_PORT", requested.to_string()).start();
    assert_eq!(launcher.healthy().services[0].port, Some(requested));
}

#[test]
fn every_service_is_told_every_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("a", &[], "env = { TEXT = \"{b.host}:{b.port} {port} {{port}}\" }")
        .service("b", &[], "handoff = \"socket\"");
    let launcher = Launch::stack(&home, stack.text()).env("LISTEN_FDS", "7").env("OWN", "kept").start();
    let snapshot = launcher.healthy();
    let [a, b] = ["a", "b"].map(|name| snapshot.service(name).unwrap().port.unwrap());
    let variable = |port: u16, name: &str| http::get(port, &format!("/env?{name}")).unwrap().text();
    for port in [a, b] {
        assert_eq!(variable(port, "A_PORT"), a.to_string());
        assert_eq!(variable(port, "B_PORT"), b.to_string());
        assert_eq!(variable(port, "OWN"), "kept");
    }
    assert_eq!(variable(a, "TEXT"), format!("127.0.0.1:{b} {a} {{port}}"));
    // As they were started: the fixture forgets the variable once it has its socket.
    let started_with = |name: &str, text: &str| {
        let pid = snapshot.service(name).unwrap().pid.unwrap();
        let bytes = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        String::from_utf8_lossy(&bytes).split('\0').any(|variable| variable.starts_with(text))
    };
    assert!(started_with("b", "LISTEN_FDS=1"));
    assert!(!started_with("a", "LISTEN_FDS="), "a `number` service inherits no socket");
}

#[test]
fn a_service_has_the_variables_of_env_files_and_nothing_else_of_the_file_beside() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let wanted = ports.spare();
    home.write_config(
        "all.env",
        &format!("SHARED=all\nSECRET='hunter2$x'\nFILE=${{BESIDE}}\nA_PORT={wanted}\n"),
    );
    home.write_config("own.env", "SHARED=own\nINHERITED=own\n");
    home.write_config(".env", "BESIDE=beside\nONLY=in braces\n");
    let stack = StackFile::new(&ports)
        .line("env_file = \"all.env\"")
        .line("env = { WHERE = \"{b.url}\" }")
        .service("a", &[], "env_file = [\"own.env\"]\nenv = { ONLY_OWN = \"{env.ONLY}, {env.OUTSIDE}\" }")
        .service("b", &[], "");
    let mut launcher =
        Launch::stack(&home, stack.text()).env("INHERITED", "outside").env("OUTSIDE", "outside").start();
    let snapshot = launcher.healthy();
    let [a, b] = ["a", "b"].map(|name| snapshot.service(name).unwrap().port.unwrap());
    assert_eq!(a, wanted, "a port in an env file is a wish");
    let variable = |port: u16, name: &str| {
        let answer = http::get(port, &format!("/env?{name}")).unwrap();
        (answer.status == 200).then(|| answer.text())
    };
    for (name, in_a, in_b) in [
        ("SHARED", Some("own"), Some("all")),
        ("SECRET", Some("hunter2$x"), Some("hunter2$x")),
        ("FILE", Some("beside"), Some("beside")),
        ("INHERITED", Some("own"), Some("outside")),
        (
            "WHERE",
            Some(format!("http://127.0.0.1:{b}").as_str()),
            Some(format!("http://127.0.0.1:{b}").as_str()),
        ),
        ("ONLY_OWN", Some("in braces, outside"), None),
        ("BESIDE", None, None),
        ("ONLY", None, None),
    ] {
        assert_eq!(variable(a, name).as_deref(), in_a, "{name} in a");
        assert_eq!(variable(b, name).as_deref(), in_b, "{name} in b");
    }
    let shown = [home.skinai(["status", "--json"]), home.skinai(["logs"]), home.skinai(["env"])];
    assert!(
        shown.iter().all(|shown| shown.code == Some(0) && !shown.stdout.contains("hunter2")),
        "{shown:?}"
    );
    assert_eq!(launcher.stop().code(), Some(0));
    assert!(!launcher.stderr().contains("hunter2"));
    let holders = files_with(home.path(), "hunter2");
    assert_eq!(holders, [home.config().join("all.env")], "it is kept nowhere else");
}

#[test]
fn an_env_file_that_is_not_right_or_anybodys_to_write_is_refused() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(StackFile::new(&ports).line("env_file = \"x.env\"").service("a", &[], "").text());
    let file = home.config().join("x.env");
    let refused = |expected: &str| {
        let outcome = home.skinai(["run"]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
        assert!(outcome.stderr.contains(&format!("stack.toml:3:12: {expected}")), "{outcome:?}");
    };
    refused(&format!("there is no file {}", file.display()));
    std::fs::write(&file, "A=1\nB=\"hunter2\n").unwrap();
    refused(&format!("{}:2:3: the closing \" is missing", file.display()));
    std::fs::write(&file, "A=1\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    refused(&format!("{} is not used, since everybody may write", file.display()));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    refused(&format!("cannot read {}", file.display()));
}

#[test]
fn a_service_may_bind_an_address_of_ipv6() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("six", &[], "handoff = \"socket\"\nhost = \"::1\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    let snapshot = launcher.healthy();
    let port = snapshot.services[0].port.unwrap();
    assert_eq!(snapshot.services[0].url, Some(format!("http://[::1]:{port}")));
    std::net::TcpStream::connect(("::1", port)).unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn the_token_is_in_no_command_line_log_or_open_file_and_lasts() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    let snapshot = launcher.healthy();
    let token = home.skinai(["token"]).stdout.trim().to_owned();
    assert!(token.len() >= 32, "a secret of {} characters", token.len());
    for port in snapshot.services.iter().map(|service| service.port.unwrap()) {
        http::get_with_token(port, "/", &token).unwrap();
        http::get(port, &format!("/?token={token}")).unwrap();
    }
    assert_eq!(home.skinai(["open", "ui"]).code, Some(0));
    http::enter(&Home::led_to(&home.opened()[0]));
    let shown = [home.skinai(["status", "--json"]), home.skinai(["status"]), home.skinai(["url", "admin"])];
    assert!(shown.iter().all(|shown| shown.code == Some(0) && !shown.stdout.contains(&token)), "{shown:?}");
    assert!(
        launcher
            .snapshots()
            .iter()
            .all(|snapshot| !serde_json::to_string(snapshot).unwrap().contains(&token))
    );
    for pid in home.processes() {
        assert!(!processes::command_line(pid).contains(&token));
    }
    assert!(!launcher.stderr().contains(&token));
    assert_eq!(launcher.stop().code(), Some(0));
    let holders = files_with(home.path(), &token);
    for file in &holders {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} can be read by others", file.display());
        assert!(!file.starts_with(home.state().join("default")), "{} is a log", file.display());
    }
    assert_eq!(holders.len(), 1, "{holders:?}");
    Launch::builtin(&home, &ports).start().healthy();
    assert_eq!(home.skinai(["token"]).stdout.trim(), token, "scripts go on");
}

fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let has_it = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let files = WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    files.map(DirEntry::into_path).filter(has_it).collect()
}
