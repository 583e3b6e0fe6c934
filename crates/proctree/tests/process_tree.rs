//! What a process starts belongs to its tree, on every system. The processes are this program itself, in a role.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract::{StopSignal, StopSignalTo};
use proctree::{LaunchMarker, Launchable, MARKER_VARIABLE, ProcessTree, Spawned, StopSignals};

const ROLE: &str = "PROCTREE_TEST_ROLE";
const CHILD: &str = "child ";
const LISTENS: &str = "listens";
const STOPPED_IN_ORDER: i32 = 7;
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
            std::process::exit(STOPPED_IN_ORDER);
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
    let marker = LaunchMarker::launch(&proctree::watchdog::name_launch()).run("test", number);
    let mut environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    environment.push((ROLE.into(), role.into()));
    environment.push((MARKER_VARIABLE.into(), marker.as_str().into()));
    let spawned = proctree::spawn(&Launchable {
        program: &std::env::current_exe().expect("the path of this program"),
        arguments: &["started", "--exact", "--ignored", "--nocapture"].map(OsString::from),
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
