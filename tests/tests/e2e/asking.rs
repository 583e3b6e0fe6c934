//! Whoever asks a running instance: for how long, and what becomes of the answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;
use std::time::Duration;

use end_to_end::{
    Guarded, HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, processes,
};
use nix::sys::signal::Signal;

/// What asks the instance and prints something; `a` is its service.
const PRINTING: [&[&str]; 6] = [
    &["status"],
    &["status", "--json"],
    &["status", "--all"],
    &["url", "a"],
    &["logs", "a"],
    &["logs", "a", "--follow"],
];

/// Runs `skinai` with this standard output; how it ended, and what it said on stderr.
fn printing_to(home: &Home, stdout: Stdio, args: &[&str]) -> (Option<i32>, String) {
    let mut command = home.command(Programs::skinai());
    command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    let mut program = Guarded::spawn(&mut command);
    let status = program.wait(HEALTHY_WITHIN);
    let mut stderr = String::new();
    program.child().stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn a_launcher_that_does_not_answer_is_not_waited_for() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    launcher.signal(Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || processes::is_stopped(launcher.pid()));
    let acting: [&[&str]; 6] =
        [&["stop"], &["stop", "a"], &["restart"], &["restart", "a"], &["reallocate"], &["open", "a"]];
    std::thread::scope(|scope| {
        for args in PRINTING.into_iter().chain(acting) {
            let (home, launcher) = (&home, &launcher);
            scope.spawn(move || {
                let outcome = home.skinai(args);
                assert_eq!(outcome.code, Some(1), "{args:?}: {outcome:?}");
                assert_eq!(outcome.stderr.lines().count(), 1, "{args:?}: {outcome:?}");
                let cure = format!("kill -CONT {}", launcher.pid());
                assert!(outcome.stderr.contains(&cure), "{args:?}: {outcome:?}");
            });
        }
    });
    launcher.signal(Signal::SIGCONT);
    // What it was asked for it does as soon as it can.
    launcher.ended(HEALTHY_WITHIN);
}

#[test]
fn what_cannot_be_printed_is_one_clear_line() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &["--ansi"], "").text()).start();
    launcher.healthy();
    let port = ports.spare().to_string();
    let alone: [&[&str]; 8] = [
        &["ports", "find"],
        &["ports", "find", "--json"],
        &["ports", "check", &port],
        &["ports", "check", &port, "--json"],
        &["check"],
        &["doctor"],
        &["--version"],
        &["--help"],
    ];
    for args in PRINTING.into_iter().chain(alone) {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let (code, stderr) = printing_to(&home, full.into(), args);
        assert_eq!((code, stderr.lines().count()), (Some(1), 1), "{args:?}: {stderr}");
        assert!(stderr.starts_with("skinai: cannot write to standard output: No space left"), "{stderr}");
    }
    // What the doctor finds is up to the machine.
    for args in PRINTING.into_iter().chain(alone).filter(|args| *args != ["doctor"]) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, stderr) = printing_to(&home, OwnedFd::from(writer).into(), args);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_launcher_outlives_who_reads_what_it_prints() {
    for args in [&["run"][..], &["run", "--json"]] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        home.write_stack(StackFile::new(&ports).service("a", &[], "").text());
        let mut command = home.command(Programs::skinai());
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut launcher = Guarded::spawn(&mut command);
        let mut first = String::new();
        let stdout = launcher.child().stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut first).unwrap();
        home.wait_status(HEALTHY_WITHIN, "every service is healthy", contract::Snapshot::all_healthy);
        assert_eq!(home.skinai(["restart"]).code, Some(0), "{args:?}");
        assert!(home.status().all_healthy(), "{args:?}");
        launcher.signal(Signal::SIGTERM);
        assert_eq!(launcher.wait(HEALTHY_WITHIN).code(), Some(0), "{args:?}");
        home.assert_nothing_left(Duration::from_secs(2));
    }
}

#[test]
fn a_launcher_that_comes_up_while_it_is_looked_for_is_found() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    let file = launcher.healthy().stack_file.clone().unwrap();
    // Who is not ready yet takes a connection, and gives no answer.
    let (socket, real) = (home.control_socket("default"), home.path().join("real"));
    let not_ready = home.path().join("not-ready");
    let listener = UnixListener::bind(&not_ready).unwrap();
    std::fs::hard_link(&socket, &real).unwrap();
    std::fs::rename(&not_ready, &socket).unwrap();
    std::thread::spawn(move || {
        let mut is_ready = false;
        for client in listener.incoming() {
            let (mut client, mut request) = (client.unwrap(), [0; 4096]);
            let length = client.read(&mut request).unwrap();
            if length > 0 && std::mem::replace(&mut is_ready, true) {
                let mut launcher = UnixStream::connect(&real).unwrap();
                launcher.write_all(&request[..length]).unwrap();
                std::thread::spawn(move || std::io::copy(&mut launcher, &mut client));
            }
        }
    });
    let outcome = home.skinai(["status", "--stack", &file]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let process = format!("process {}", launcher.pid());
    assert!(outcome.stdout.contains(&process) && outcome.stderr.is_empty(), "{outcome:?}");
}
