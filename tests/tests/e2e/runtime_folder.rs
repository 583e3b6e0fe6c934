//! The runtime folder under a running launcher: logins that end take it away, and cleaners remove files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, Launch, Launcher, PortBlock, SOON, StackFile, eventually, processes};
use nix::sys::signal::Signal;

fn stack(ports: &PortBlock) -> String {
    let lines = "handoff = \"socket\"\nready = \"notify\"";
    StackFile::new(ports).service("a", &[], lines).service("b", &[], "").text().to_owned()
}

/// Waits until the instance is found again, and asserts that it is whole and nobody else's to open.
fn assert_restored(home: &Home, launcher: &Launcher) {
    let status = |snapshot: &Snapshot| snapshot.pid == launcher.pid();
    home.wait_status(SOON, "it answers again", status);
    let refusal = format!("runs already (process {})", launcher.pid());
    eventually(SOON, "its name is its own again", || {
        home.skinai(["run", "--instance", "default"]).stderr.contains(&refusal)
    });
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = home.runtime().join("skinai");
    assert_eq!(mode(&folder), 0o700);
    for file in ["default.sock", "default.lock", "ports.lock"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    let restarted = home.skinai(["restart"]);
    assert_eq!(restarted.code, Some(0), "{restarted:?}");
    assert!(folder.join("default.runs").exists(), "what it started is written down");
}

#[test]
fn a_runtime_folder_that_was_removed_is_made_again() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::stack(&home, &stack(&ports)).start();
    launcher.healthy();
    for gone in [home.runtime().join("skinai"), home.runtime()] {
        fs::remove_dir_all(&gone).unwrap();
        assert_restored(&home, &launcher);
    }
    for file in ["default.lock", "default.sock"] {
        fs::remove_file(home.runtime().join("skinai").join(file)).unwrap();
        eventually(SOON, file, || home.runtime().join("skinai").join(file).exists());
        assert_restored(&home, &launcher);
    }
    assert!(launcher.stderr().contains("are made again"), "{}", launcher.stderr());
    assert_eq!(launcher.stop().code(), Some(0));
    assert_eq!(home.skinai(["status"]).code, Some(3), "it leaves no socket");
}

#[test]
fn a_runtime_folder_that_cannot_be_made_again_is_said_once() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, &stack(&ports)).start();
    launcher.healthy();
    fs::remove_dir_all(home.runtime()).unwrap();
    fs::write(home.runtime(), "").unwrap();
    let said = || launcher.stderr().matches("cannot be made again").count();
    eventually(SOON, "it is said", || said() == 1);
    fs::remove_file(home.runtime()).unwrap();
    assert_restored(&home, &launcher);
    assert_eq!(said(), 1);
}

#[test]
fn a_second_launcher_takes_neither_name_nor_socket_of_one_whose_lock_was_removed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let first = Launch::stack(&home, &stack(&ports)).start();
    first.healthy();
    // It is not quick enough to take its lock again.
    first.signal(Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || processes::is_stopped(first.pid()));
    fs::remove_file(home.runtime().join("skinai/default.lock")).unwrap();
    let mut second = Launch::stack(&home, &stack(&ports)).start();
    assert_eq!(second.healthy().instance, "default-2");
    assert_eq!(second.stop().code(), Some(0));
    first.signal(Signal::SIGCONT);
    assert_restored(&home, &first);
}

#[test]
fn a_launcher_that_lost_its_name_says_so_harms_nobody_and_has_it_back_later() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let first = Launch::stack(&home, &stack(&ports)).start();
    first.healthy();
    first.signal(Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || processes::is_stopped(first.pid()));
    fs::remove_dir_all(home.runtime()).unwrap();
    let mut second = Launch::stack(&home, &stack(&ports)).start();
    assert_eq!(second.healthy().instance, "default");
    first.signal(Signal::SIGCONT);
    let by_whom = format!("instance default runs already (process {})", second.pid());
    eventually(SOON, "the first says who has its name", || first.stderr().contains(&by_whom));
    assert_eq!(home.status().pid, second.pid());
    let mut third = Launch::stack(&home, &stack(&ports)).start();
    assert_eq!(third.healthy().instance, "default-2");
    assert_eq!((second.stop().code(), third.stop().code()), (Some(0), Some(0)));
    assert_restored(&home, &first);
}

#[test]
fn the_end_of_a_launcher_that_lost_its_name_leaves_the_others_socket() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut first = Launch::stack(&home, &stack(&ports)).start();
    first.healthy();
    first.signal(Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || processes::is_stopped(first.pid()));
    fs::remove_dir_all(home.runtime()).unwrap();
    let second = Launch::stack(&home, &stack(&ports)).start();
    assert_eq!(second.healthy().instance, "default");
    first.signal(Signal::SIGTERM);
    first.signal(Signal::SIGCONT);
    assert_eq!(first.ended(HEALTHY_WITHIN).code(), Some(0));
    assert_eq!(home.status().pid, second.pid());
}

#[test]
fn launchers_that_start_at_once_over_a_dead_ones_socket_all_have_their_own() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut dead = Launch::stack(&home, &stack(&ports)).start();
    dead.healthy();
    dead.signal(Signal::SIGKILL);
    dead.ended(SOON);
    assert!(home.control_socket("default").exists(), "it could not remove its socket");
    let launchers: Vec<Launcher> = (0..4).map(|_| Launch::stack(&home, &stack(&ports)).start()).collect();
    let mut names: Vec<String> =
        launchers.iter().map(|launcher| launcher.healthy().instance.clone()).collect();
    for (name, launcher) in names.iter().zip(&launchers) {
        let outcome = home.skinai(["status", "--json", "--instance", name]);
        let snapshot: Snapshot = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(snapshot.pid, launcher.pid(), "{name}");
    }
    names.sort();
    assert_eq!(names, ["default", "default-2", "default-3", "default-4"]);
}
