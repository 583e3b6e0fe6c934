//! What a process starts belongs to its tree, on every system. The processes are this program itself, in a role.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use contract::{StopSignal, StopSignalTo};
use listenfd::ListenFd;
use proctree::{LaunchMarker, Launchable, MARKER_VARIABLE, ProcessTree, Spawned, StopSignals};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const ROLE: &str = "PROCTREE_TEST_ROLE";
/// What a starter starts.
const PROGRAM: &str = "PROCTREE_TEST_PROGRAM";
const CHILD: &str = "child ";
const RUNS: &str = "runs";
const LISTENS: &str = "listens";
const IN_ORDER: &str = "in order";
const STOPPED_IN_ORDER: i32 = 7;
/// What a test passes through a script.
const ARGUMENTS: [&str; 4] = ["a b", "c\"d\"", "e&f", "*"];
const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
#[ignore = "what the other tests start"]
#[expect(clippy::zombie_processes, reason = "a parent ends before its child")]
async fn started() {
    match std::env::var(ROLE).as_deref() {
        Ok("parent") => {
            let mut child = itself("sleeper");
            let child = start_alone(child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
            writeln!(std::io::stdout(), "\n{CHILD}{}", child.id()).unwrap();
        }
        Ok("stopped in order") => {
            let mut signals = StopSignals::listen().unwrap();
            writeln!(std::io::stdout(), "\n{LISTENS}").unwrap();
            signals.next().await;
            if cfg!(windows) {
                // As `cmd` does, which asks whether to go on with its script.
                std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            }
            writeln!(std::io::stdout(), "{IN_ORDER}").unwrap();
            std::process::exit(STOPPED_IN_ORDER);
        }
        Ok("arguments") => {
            let arguments: Vec<String> = std::env::args().collect();
            writeln!(std::io::stdout(), "\n{arguments:?}").unwrap();
        }
        Ok("server") => {
            let listener = ListenFd::from_env().take_tcp_listener(0).unwrap().unwrap();
            for client in listener.incoming() {
                write!(client.unwrap(), "{}", std::process::id()).unwrap();
            }
        }
        #[cfg(windows)]
        Ok("told of its socket") => {
            let told = handed_over::TELL.map(|name| std::env::var(name).unwrap());
            writeln!(std::io::stdout(), "\n{CHILD}{}", told.join(" ")).unwrap();
            std::thread::sleep(2 * SOON);
        }
        Ok("sleeper") => {
            writeln!(std::io::stdout(), "\n{RUNS}").unwrap();
            std::thread::sleep(2 * SOON);
        }
        Ok("starter") => {
            let program = PathBuf::from(std::env::var_os(PROGRAM).unwrap());
            for number in 0.. {
                writeln!(std::io::stdout(), "\n{CHILD}{number}").unwrap();
                let (mut spawned, tree) = start_by(&program, "sleeper", number, &[]);
                kill(&mut spawned, &tree).await;
            }
        }
        Ok("opener") => {
            let program = PathBuf::from(std::env::var_os(PROGRAM).unwrap());
            let other = copy(program.parent().unwrap(), "started");
            let _started = start_by(&other, "sleeper", 0, &[]);
            let mut opened = start_alone(run("reader", &program).stdout(Stdio::null()));
            writeln!(std::io::stdout(), "\n{CHILD}{}", other.display()).unwrap();
            opened.wait().unwrap();
        }
        Ok("reader") => drop(std::io::stdin().read_to_end(&mut Vec::new())),
        _ => {}
    }
}

/// On Windows a tree has this program started with the name of this test, which is the only one that it runs then.
#[test]
fn ask_consoles() {
    proctree::has_asked_others_to_end();
}

fn itself(role: &str) -> Command {
    run(role, &std::env::current_exe().expect("the path of this program"))
}

/// A copy of this program, whose name nothing else has.
fn copy(folder: &Path, name: &str) -> PathBuf {
    let name = format!("{name}-{}{}", std::process::id(), std::env::consts::EXE_SUFFIX);
    std::fs::copy(std::env::current_exe().expect("the path of this program"), folder.join(&name))
        .expect("the folder is writable");
    folder.join(name)
}

fn run(role: &str, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["started", "--exact", "--ignored", "--nocapture"]).env(ROLE, role);
    command
}

/// Starts a program that is in no tree. Wine fails some at one moment that it starts at the next, with this error.
fn start_alone(command: &mut Command) -> Child {
    const INTERNAL_ERROR: i32 = 1359;
    let mut attempts = (0..4).map(|_| command.spawn());
    let passes = |error: &std::io::Error| cfg!(windows) && error.raw_os_error() == Some(INTERNAL_ERROR);
    let started = attempts.find(|started| started.as_ref().err().is_none_or(|error| !passes(error)));
    started.expect("no program can be started").expect("the program can be started")
}

fn start(role: &str, number: u64) -> (Spawned, ProcessTree) {
    start_by(&std::env::current_exe().expect("the path of this program"), role, number, &[])
}

/// A script that starts this program with its own arguments.
fn script(folder: &Path) -> PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    let (name, text) = if cfg!(windows) {
        ("script.cmd", format!("@echo off\r\n\"{}\" %*\r\n", own.display()))
    } else {
        ("script", format!("#!/bin/sh\n\"{}\" \"$@\"\n", own.display()))
    };
    let script = folder.join(name);
    std::fs::write(&script, text).expect("a script");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    }
    script
}

/// Starts this program, or a script that does.
fn start_by(program: &Path, role: &str, number: u64, more: &[&str]) -> (Spawned, ProcessTree) {
    start_with(&[], program, role, number, more)
}

fn start_with(
    listeners: &[(&str, &TcpListener)],
    program: &Path,
    role: &str,
    number: u64,
    more: &[&str],
) -> (Spawned, ProcessTree) {
    let marker = LaunchMarker::launch(&proctree::watchdog::name_launch()).run("test", number);
    let mut environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    environment.push((ROLE.into(), role.into()));
    environment.push((MARKER_VARIABLE.into(), marker.as_str().into()));
    let arguments = ["started", "--exact", "--ignored", "--nocapture"].iter().chain(more);
    let spawned = proctree::spawn(&Launchable {
        program,
        arguments: &arguments.map(OsString::from).collect::<Vec<_>>(),
        environment: &environment,
        cwd: None,
        listeners,
        marker: &marker,
    });
    let spawned = spawned.expect("a process");
    let tree = spawned.tree(marker, StopSignal::default(), StopSignalTo::default());
    (spawned, tree)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < end, "not within {SOON:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_a_process_starts_first_of_all_is_in_its_tree_and_ends_with_it() {
    let mut started = Vec::new();
    for number in 0..8 {
        started.push(start("parent", number));
    }
    for (spawned, tree) in &mut started {
        let end = spawned.child.wait().await.unwrap();
        assert!(end.success(), "{end}: {:?}", std::io::read_to_string(&mut spawned.stderr));
        tree.leader_ended();
        // Its end may not come while the child lives, which inherits it on Windows.
        let mut lines = BufReader::new(&mut spawned.stdout).lines().map_while(Result::ok);
        let child = lines.find_map(|line| line.strip_prefix(CHILD)?.parse().ok()).unwrap();
        assert!(tree.pids().contains(&child), "{child} is none of {:?}", tree.pids());
        tree.kill(false);
        until("its end", || tree.is_empty()).await;
    }
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_an_empty_tree() {
    let (mut spawned, tree) = start("sleeper", 0);
    tree.kill(true);
    assert!(!spawned.child.wait().await.unwrap().success());
    tree.leader_ended();
    until("its end", || tree.is_empty()).await;
}

#[tokio::test]
async fn a_process_that_is_asked_to_end_ends_in_order() {
    let (mut spawned, tree) = start("stopped in order", 0);
    let mut lines = BufReader::new(&mut spawned.stdout).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == LISTENS));
    tree.terminate(true);
    let end = tokio::time::timeout(SOON, spawned.child.wait()).await.unwrap().unwrap();
    assert_eq!(end.code(), Some(STOPPED_IN_ORDER), "{end}");
    tree.leader_ended();
    until("its end", || tree.is_empty()).await;
}

#[tokio::test]
async fn what_a_script_starts_is_in_its_tree_and_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spawned, tree) = start_by(&script(folder.path()), "sleeper", 0, &[]);
    // Wine ends no process of a job that has no thread yet.
    let mut lines = BufReader::new(&mut spawned.stdout).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == RUNS), "{:?}", std::io::read_to_string(&mut spawned.stderr));
    assert!(tree.living() >= 2, "{}", tree.living());
    tree.kill(true);
    spawned.child.wait().await.unwrap();
    tree.leader_ended();
    until("its end", || tree.is_empty()).await;
}

#[tokio::test]
async fn a_script_that_is_asked_to_end_ends_with_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spawned, tree) = start_by(&script(folder.path()), "stopped in order", 0, &[]);
    let mut lines = BufReader::new(&mut spawned.stdout).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == LISTENS));
    tree.terminate(true);
    assert!(lines.any(|line| line == IN_ORDER));
    tokio::time::timeout(SOON, spawned.child.wait()).await.unwrap().unwrap();
    tree.leader_ended();
    until("its end", || tree.is_empty()).await;
}

#[tokio::test]
async fn arguments_of_a_script_are_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec!["--skip"];
    all.extend(ARGUMENTS.iter().flat_map(|argument| [*argument, "--skip"]));
    all.push("last");
    let (mut spawned, _tree) = start_by(&script(folder.path()), "arguments", 0, &all);
    let mut lines = BufReader::new(&mut spawned.stdout).lines().map_while(Result::ok);
    let all = format!("{all:?}");
    let printed = lines.find(|line| line.starts_with('[')).unwrap();
    assert!(printed.contains(all.trim_matches(['[', ']'])), "{printed}");
}

/// Starts this program with sockets.
fn start_listening(listeners: &[(&str, &TcpListener)], role: &str, number: u64) -> (Spawned, ProcessTree) {
    let own = std::env::current_exe().expect("the path of this program");
    start_with(listeners, &own, role, number, &[])
}

/// What is said by who accepts at an address: its process id.
async fn accepted_by(client: &mut TcpStream) -> Option<u32> {
    let mut said = String::new();
    tokio::time::timeout(SOON, client.read_to_string(&mut said)).await.unwrap().unwrap();
    said.parse().ok()
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn kill(spawned: &mut Spawned, tree: &ProcessTree) {
    tree.kill(true);
    spawned.child.wait().await.unwrap();
    tree.leader_ended();
    until("its end", || tree.is_empty()).await;
}

#[tokio::test]
async fn who_connects_while_no_process_has_the_socket_is_answered_by_the_next_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (mut first, tree) = start_listening(&[("main", &listener)], "server", 0);
    assert_eq!(accepted_by(&mut connect(address).await).await, first.child.id());
    assert!(tree.has_taken_sockets());
    kill(&mut first, &tree).await;
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(connect(address).await);
    }
    let (mut second, tree) = start_listening(&[("main", &listener)], "server", 1);
    for client in &mut waiting {
        assert_eq!(accepted_by(client).await, second.child.id());
    }
    kill(&mut second, &tree).await;
}

#[tokio::test]
async fn who_is_killed_while_it_starts_something_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = copy(folder.path(), "leftover");
    for round in 0..40 {
        let mut starter = itself("starter");
        starter.env(PROGRAM, &program).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut starter = start_alone(&mut starter);
        let lines = BufReader::new(starter.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.filter(|line| line.starts_with(CHILD)).nth(1).is_some());
        // Each round at another instant of the next start.
        std::thread::sleep(Duration::from_millis(round));
        starter.kill().unwrap();
        starter.wait().unwrap();
        until("the end of all", || !runs(&program)).await;
    }
}

#[tokio::test]
async fn what_is_opened_for_a_person_stays_when_who_opened_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let program = copy(folder.path(), "opened");
    let mut opener = itself("opener");
    opener.env(PROGRAM, &program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut opener = start_alone(&mut opener);
    let input = opener.stdin.take();
    let lines = BufReader::new(opener.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut started = lines.filter_map(|line| line.strip_prefix(CHILD).map(PathBuf::from));
    let started = started.next().unwrap();
    opener.kill().unwrap();
    opener.wait().unwrap();
    until("the end of what it started", || !runs(&started)).await;
    assert!(runs(&program));
    drop(input);
    until("its end", || !runs(&program)).await;
}

/// Whether a process runs the program: nobody may write to it then.
#[cfg(unix)]
fn runs(program: &Path) -> bool {
    std::fs::File::options().append(true).open(program).is_err()
}

/// Whether a process runs the program; wine lets anybody write to it as long as that is suspended.
#[cfg(windows)]
fn runs(program: &Path) -> bool {
    let all = sysinfo::System::new_with_specifics(
        sysinfo::RefreshKind::nothing().with_processes(sysinfo::ProcessRefreshKind::nothing()),
    );
    all.processes_by_exact_name(program.file_name().unwrap()).next().is_some()
}

#[cfg(windows)]
mod handed_over {
    use tokio::io::AsyncWriteExt;

    use super::*;

    pub(super) const TELL: [&str; 3] = ["SYSTEMFD_SOCKET_SERVER", "SYSTEMFD_SOCKET_SECRET", "LISTEN_FDNAMES"];

    /// How many bytes who says that gets.
    async fn got(server: SocketAddr, said: &str) -> usize {
        let mut client = connect(server).await;
        client.write_all(said.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap()
    }

    #[tokio::test]
    async fn sockets_are_for_processes_of_the_tree_and_for_who_knows_the_secret() {
        let [main, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let listeners = [("main", &main), ("other", &other)];
        let (mut spawned, tree) = start_listening(&listeners, "told of its socket", 0);
        let mut lines = BufReader::new(&mut spawned.stdout).lines().map_while(Result::ok);
        let told = lines.find_map(|line| line.strip_prefix(CHILD).map(str::to_owned)).unwrap();
        let [server, secret, names] = told.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(names, "main:other");
        let server: SocketAddr = server.parse().unwrap();
        assert!(server.ip().is_loopback(), "{server}");
        let (own, child) = (std::process::id(), spawned.child.id().unwrap());
        // Somebody who says nothing keeps nobody waiting.
        let _silent = connect(server).await;
        let wrong = secret.replace(|c: char| c.is_ascii_digit(), "a");
        let unfit =
            [format!("{wrong}|{child}"), format!("{secret}|{own}"), format!("{secret}|x"), secret.to_owned()];
        for said in unfit {
            assert_eq!(got(server, &said).await, 0, "{said}");
        }
        assert!(!tree.has_taken_sockets());
        let one = got(server, &format!("{secret}|{child}")).await;
        assert!(one > 0 && one % listeners.len() == 0, "{one} bytes");
        assert!(tree.has_taken_sockets());
        kill(&mut spawned, &tree).await;
        drop((spawned, tree));
        until("the end of the server", || std::net::TcpStream::connect(server).is_err()).await;
    }
}
