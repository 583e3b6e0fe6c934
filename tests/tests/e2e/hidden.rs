//! Services whose processes the launcher may not look into: no evidence is not evidence of a stranger.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use contract::{Cause, ServiceState, Snapshot};
use end_to_end::{Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile};
use nix::unistd::geteuid;

/// Several times as long as a service that is taken for a stranger lives.
const WATCHED_FOR: Duration = Duration::from_secs(4);
const CHECK: &str = "health = { http = \"/health\", interval = \"100ms\" }";
const TCP: &str = "health = { tcp = true, interval = \"100ms\" }";

/// Runs what follows as `nobody`, where this is root.
const AS_NOBODY: [&str; 5] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];

#[test]
fn a_service_that_hides_its_sockets_is_well_and_that_it_cannot_be_seen_is_said_once() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let fixture = Programs::fixture().display().to_string();
    let behind_a_shell = ["sh", "-c", "\"$0\" --hidden \"$@\" & wait", &fixture];
    let mut stack = StackFile::new(&ports)
        .service("http", &["--hidden"], CHECK)
        .service("tcp", &["--hidden"], TCP)
        .service("six", &["--hidden", "--host", "::1"], CHECK)
        .command("shell", &behind_a_shell, CHECK);
    let mut names = vec!["http", "tcp", "six", "shell"];
    // What another user is to run.
    let copy = home.path().join("tmp/fixture");
    if geteuid().is_root() {
        set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        set_permissions(copy.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
        std::fs::copy(&fixture, &copy).unwrap();
        let command = [&AS_NOBODY[..], &[copy.to_str().unwrap()]].concat();
        stack = stack.command("user", &command, CHECK);
        names.push("user");
    }
    let launcher = Launch::without_trace(&home, stack.text()).start();
    let before = launcher.healthy();
    // The port of `six` is found a little later.
    assert_stays_well(&launcher, &before);
    for name in names {
        let newest = launcher.newest().unwrap();
        let service = newest.service(name).unwrap();
        assert!(matches!(service.cause, Some(Cause::ListenersHidden { .. })), "{service:#?}");
        let said = service.detail.as_ref().unwrap();
        assert!(home.skinai(["status"]).stdout.contains(said), "{said}");
        let log = home.skinai(["logs", name]).stdout;
        assert_eq!(log.matches("hides its sockets").count(), 1, "{log}");
        let host = if name == "six" { "[::1]" } else { "127.0.0.1" };
        assert_eq!(service.url, Some(format!("http://{host}:{}", service.port.unwrap())));
    }
}

/// Nobody is killed, for longer than it takes to tell.
#[track_caller]
fn assert_stays_well(launcher: &Launcher, before: &Snapshot) {
    let pids = |snapshot: &Snapshot| snapshot.services.iter().map(|s| s.pid).collect::<Vec<_>>();
    let end = Instant::now() + WATCHED_FOR;
    while Instant::now() < end {
        let newest = launcher.newest().unwrap();
        assert!(newest.all_healthy(), "{newest:#?}");
        assert_eq!(pids(&newest), pids(before));
        std::thread::sleep(Duration::from_millis(50));
    }
    let one_pid = |index: usize| {
        let seen = launcher.snapshots().into_iter().filter_map(|s| s.services[index].pid);
        seen.collect::<std::collections::BTreeSet<_>>().len() == 1
    };
    assert!((0..before.services.len()).all(one_pid), "each has had one process");
}

#[test]
fn who_is_known_to_be_a_stranger_stays_one_although_the_service_hides_its_sockets() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("never", &["--hidden", "--late", "600000"], TCP);
    let launcher = Launch::without_trace(&home, stack.text()).start();
    launcher.wait(SOON, "it was started", |snapshot| snapshot.services[0].pid.is_some());
    let mut python = home.command_without_trace("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", &ports.nth(0).to_string()]);
    let _stranger = home.spawn("stranger", &mut python);
    launcher.wait(SOON, "it goes elsewhere", |s| s.services[0].port == Some(ports.nth(1)));
    assert!(home.skinai(["logs", "never"]).stdout.contains("is answered by"));
    assert!(launcher.snapshots().iter().all(|s| s.services[0].state != ServiceState::Healthy));
}
