//! Stopping: what is waited for is visible, and it ends in time.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use contract::{ServiceState, Snapshot};
use end_to_end::{
    Guarded, HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, http, processes,
};
use nix::sys::signal::Signal;
use nix::unistd::geteuid;

const WITHIN_A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn who_waits_for_a_stop_sees_for_which_service_and_how_much_of_it_is_left() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stubborn = ["--ignore-term", "--children", "2", "--children-ignore-term"];
    let stack = StackFile::new(&ports).service("stubborn", &stubborn, "stop_grace = \"2s\"").service(
        "quick",
        &[],
        "needs = [\"stubborn\"]",
    );
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let begun = Instant::now();
    launcher.signal(Signal::SIGTERM);
    let seen = launcher.wait(SOON, "it is said what is left", |snapshot| {
        let row = snapshot.service("stubborn").unwrap();
        row.detail.as_deref() == Some("ending, 3 processes left")
    });
    assert_eq!(seen.service("stubborn").unwrap().state, ServiceState::Stopping);
    assert_eq!(seen.service("quick").unwrap().state, ServiceState::Stopped);
    let told = home.skinai(["status"]);
    assert!(told.stdout.contains("3 processes left"), "{told:?}");
    assert_eq!(launcher.ended(SOON).code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2) + WITHIN_A_SECOND, "{:?}", begun.elapsed());
    home.assert_nothing_left(WITHIN_A_SECOND);
}

/// It is shown as a zombie, and goes on serving.
#[test]
fn a_process_whose_first_thread_has_ended_has_its_grace() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let script = "import ctypes, http.server, os, signal, threading\n\
                  end_first_thread = ctypes.CDLL(None).pthread_exit\n\
                  signal.signal(signal.SIGTERM, lambda *_: end_first_thread(None))\n\
                  address = ('127.0.0.1', int(os.environ['HALF_PORT']))\n\
                  server = http.server.HTTPServer(address, http.server.SimpleHTTPRequestHandler)\n\
                  threading.Thread(target=server.serve_forever).start()\n\
                  signal.pause()\n";
    let path = home.path().join("half.py");
    std::fs::write(&path, script).unwrap();
    let command = ["sh", "-c", &format!("python3 {} & wait", path.display())];
    let lines = "health = { http = \"/\" }\nhandoff = \"number\"\nstop_grace = \"1s\"";
    let stack = StackFile::new(&ports).command("half", &command, lines);
    let mut launcher = Launch::stack(&home, stack.text()).start();
    let before = launcher.healthy();
    let begun = Instant::now();
    assert_eq!(home.skinai(["restart", "half"]).code, Some(0));
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(launcher.healthy().services[0].port, before.services[0].port);
    assert_eq!(launcher.stop().code(), Some(0));
}

#[test]
fn the_terminal_says_who_is_waited_for() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("stubborn", &["--ignore-term"], "stop_grace = \"2s\"");
    home.write_stack(stack.text());
    let mut launcher = home.spawn("terminal", home.command(Programs::skinai()).arg("run"));
    eventually(SOON, "it is healthy", || home.log_of("terminal").contains("all healthy"));
    launcher.signal(Signal::SIGINT);
    eventually(SOON, "it is said", || home.log_of("terminal").contains("stubborn is ending, 1 process left"));
    assert_eq!(launcher.wait(SOON).code(), Some(0));
}

#[test]
fn a_terminal_that_is_closed_ends_everything_in_order() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let ended = home.path().join("ended");
    // It says so only if it was asked to end and given the time.
    let script = format!(
        "trap 'sleep 0.3; touch {}; kill $!; exit 0' TERM\n'{}' \"$@\" &\nwait",
        ended.display(),
        Programs::fixture().display()
    );
    home.write_script("polite", &script);
    let polite = home.path().join("bin/polite").display().to_string();
    home.write_stack(StackFile::new(&ports).command("polite", &[&polite], "").text());
    let mut command = home.command(Programs::skinai());
    command.arg("run").env("SKINAI_LOG", "debug");
    // As with a terminal that is gone, what is written can be read by nobody.
    let mut launcher =
        Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    home.wait_status(HEALTHY_WITHIN, "it is healthy", Snapshot::all_healthy);
    drop((launcher.child().stdout.take(), launcher.child().stderr.take()));
    launcher.signal(Signal::SIGHUP);
    assert_eq!(launcher.wait(SOON).code(), Some(0));
    assert!(ended.exists(), "the service was given its time");
    home.assert_nothing_left(WITHIN_A_SECOND);
}

#[test]
fn a_chain_of_slow_services_ends_within_the_longest_grace_and_a_second() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let grace = |needs: &str| format!("stop_grace = \"2s\"\nneeds = [{needs}]");
    let stack = StackFile::new(&ports)
        .service("a", &["--ignore-term"], &grace(""))
        .service("b", &["--ignore-term"], &grace("\"a\""))
        .service("c", &["--ignore-term"], &grace("\"b\""));
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let begun = Instant::now();
    assert_eq!(launcher.stop().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2) + WITHIN_A_SECOND, "{:?}", begun.elapsed());
    home.assert_nothing_left(WITHIN_A_SECOND);
}

#[test]
fn a_stop_that_is_waited_for_ends_only_when_the_last_grandchild_has() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let faults = ["--grandchild", "--children", "1", "--children-ignore-term"];
    let stack = StackFile::new(&ports).service("a", &faults, "stop_grace = \"1s\"").service("b", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let begun = Instant::now();
    let answer =
        http::control(&home.control_socket("default"), "POST", "/v1/stop", r#"{"service":"a"}"#).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(begun.elapsed() < Duration::from_secs(2) + WITHIN_A_SECOND, "{:?}", begun.elapsed());
    let left: Vec<u32> = launcher.descendants().into_iter().filter(|pid| is_fixture(*pid, "a")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(home.status().service("b").unwrap().state, ServiceState::Healthy);
}

#[test]
fn a_stop_ends_what_left_the_session_and_threw_its_environment_away() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_script("stranger", "trap '' TERM HUP; exec sleep 1000");
    let bin = home.path().join("bin");
    let script = format!(
        "env -i setsid {}/stranger &\nexec '{}' \"$@\"",
        bin.display(),
        Programs::fixture().display()
    );
    home.write_script("host", &script);
    let host = bin.join("host").display().to_string();
    let stack =
        StackFile::new(&ports).command("host", &[&host], "stop_grace = \"500ms\"").service("b", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let leader = launcher.healthy().service("host").unwrap().pid.unwrap();
    let mut strange = Vec::new();
    eventually(SOON, "the stranger runs", || {
        strange = processes::descendants(leader);
        strange.iter().any(|pid| processes::command_line(*pid) == "sleep 1000")
    });
    let answer =
        http::control(&home.control_socket("default"), "POST", "/v1/stop", r#"{"service":"host"}"#).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(strange.iter().all(|pid| !processes::alive(*pid)), "{strange:?}");
}

/// A child of the fixture's carries its service's mark.
fn is_fixture(pid: u32, service: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&environment)
        .split('\0')
        .any(|line| line.starts_with("SKINAI_RUN=") && line.contains(&format!("/{service}/")))
}

#[test]
fn who_follows_what_happens_does_not_delay_the_end_and_sees_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &["--ignore-term"], "stop_grace = \"1s\"");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let follow = |path: &str| {
        let mut stream = UnixStream::connect(home.control_socket("default")).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stream.read_to_string(&mut text);
            text
        })
    };
    let (events, lines) = (follow("/v1/events"), follow("/v1/logs/a/events"));
    let begun = Instant::now();
    assert_eq!(launcher.stop().code(), Some(0));
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(1900), "{took:?}");
    assert!(events.join().unwrap().contains("\"state\":\"stopped\""));
    assert!(lines.join().unwrap().contains("was ended by SIGKILL"));
}

/// Starts a child, and writes to a file which of the two gets which signal. It ends half a second after its first.
const NOTES: &str = "import os, signal, sys, time\n\
    def note(text):\n\
    \x20   with open(sys.argv[1], 'a') as file: print(role, text, file=file)\n\
    def end(number, _):\n\
    \x20   note(signal.Signals(number).name)\n\
    \x20   time.sleep(0.5)\n\
    \x20   note('ends')\n\
    \x20   os._exit(0)\n\
    role = 'main' if os.fork() else 'child'\n\
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1): signal.signal(number, end)\n\
    note('ready')\n\
    while True: signal.pause()\n";

/// What the processes of a service with these lines note between their start and their end.
fn noted(lines: &str) -> Vec<String> {
    let home = Home::new();
    let (script, notes) = (home.path().join("notes.py"), home.path().join("notes"));
    std::fs::write(&script, NOTES).unwrap();
    let command = format!("command = [\"python3\", {script:?}, {notes:?}]");
    let text = format!("name = \"s\"\n[service.a]\n{command}\nstop_grace = \"20s\"\n{lines}\n");
    let mut launcher = Launch::stack(&home, &text).start();
    let read = || std::fs::read_to_string(&notes).unwrap_or_default();
    eventually(HEALTHY_WITHIN, "both processes are ready", || read().matches("ready").count() == 2);
    assert_eq!(launcher.stop().code(), Some(0));
    read().lines().filter(|line| !line.contains("ready")).map(str::to_owned).collect()
}

#[test]
fn all_processes_get_the_usual_signal_at_once() {
    let mut noted = noted("");
    assert!(noted[2..].iter().all(|line| line.ends_with("ends")), "{noted:?}");
    noted.sort();
    assert_eq!(noted, ["child SIGTERM", "child ends", "main SIGTERM", "main ends"]);
}

#[test]
fn a_stop_signal_of_its_own_goes_to_all() {
    let mut noted = noted("stop_signal = \"INT\"");
    noted.sort();
    assert_eq!(noted, ["child SIGINT", "child ends", "main SIGINT", "main ends"]);
}

#[test]
fn a_stop_signal_for_the_main_process_goes_to_what_it_leaves_behind_once_it_has_ended() {
    let noted = noted("stop_signal = \"SIGUSR1\"\nstop_signal_to = \"main\"");
    assert_eq!(noted, ["main SIGUSR1", "main ends", "child SIGUSR1", "child ends"]);
}

/// They sleep for two seconds after they were asked to end, whatever becomes of what they started.
#[test]
fn su_and_runuser_are_not_waited_for_once_the_service_behind_them_has_ended() {
    if !geteuid().is_root() {
        eprintln!("left out: only root becomes another user without a password");
        return;
    }
    for wrapper in ["runuser -u nobody --", "su nobody -s /bin/sh -c"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let server = format!("python3 -m http.server -d / --bind 127.0.0.1 {}", ports.nth(0));
        let command = match wrapper.ends_with("-c") {
            true => format!("{wrapper} '{server}; true'"),
            false => format!("{wrapper} {server}"),
        };
        let command = ["sh", "-c", &format!("exec {command}")];
        let lines = "handoff = \"number\"\nhealth = { tcp = true }";
        let stack = StackFile::new(&ports).command("web", &command, lines);
        let mut launcher = Launch::stack(&home, stack.text()).start();
        launcher.healthy();
        let begun = Instant::now();
        assert_eq!(launcher.stop().code(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(2), "{wrapper}: {:?}", begun.elapsed());
    }
}
