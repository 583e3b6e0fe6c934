//! What a process starts belongs to its tree, on every system. The processes are this program itself, in a role.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract::{StopSignal, StopSignalTo};
use proctree::{LaunchMarker, Launchable, MARKER_VARIABLE, ProcessTree, Spawned, StopSignals};

const ROLE: &str = "PROCTREE_TEST_ROLE";
const CHILD: &str = "child ";
const LISTENS: &str = "listens";
const IN_ORDER: &str = "in order";
const STOPPED_IN_ORDER: i32 = 7;
/// What a test passes through a script.
const ARGUMENTS: [&str; 4] = ["a b", "c\"d\"", "e&f", "*"];
const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
#[ignore = "what the other tests start"]
async fn started() {
    match std::env::var(ROLE).as_deref() {
        Ok("parent") => {
            let child =
                itself("sleeper").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            writeln!(std::io::stdout(), "\n{CHILD}{}", child.unwrap().id()).unwrap();
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
        Ok("sleeper") => std::thread::sleep(2 * SOON),
        _ => {}
    }
}

/// On Windows a tree has this program started with the name of this test, which is the only one that it runs then.
#[test]
fn ask_consoles() {
    proctree::has_asked_others_to_end();
}

fn itself(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.args(["started", "--exact", "--ignored", "--nocapture"]).env(ROLE, role);
    command
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
        listeners: &[],
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
        assert!(spawned.child.wait().await.unwrap().success());
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
    until("both", || tree.living() >= 2).await;
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
