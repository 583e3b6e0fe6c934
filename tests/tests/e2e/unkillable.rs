//! What cannot be ended, what nobody collects, and signals that are to be ignored.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::Snapshot;
use end_to_end::{
    Guarded, HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, eventually, eventually_some, processes,
};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, User, geteuid};
use walkdir::WalkDir;

/// The user `nobody`.
const NOBODY: u32 = 65_534;
/// Besides the grace of the services.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(6);

/// The home of `nobody`, who can start a program of root's: it runs what follows as root, as sudo does.
fn home_of_nobody() -> (Home, PathBuf) {
    let home = Home::new();
    for entry in WalkDir::new(home.path()) {
        chown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let become_root = home.path().join("become-root");
    std::fs::copy("/usr/bin/setpriv", &become_root).unwrap();
    std::fs::set_permissions(&become_root, Permissions::from_mode(0o4755)).unwrap();
    (home, become_root)
}

fn as_nobody(home: &Home, program: &Path) -> std::process::Command {
    let mut command = home.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program);
    command
}

fn launch(home: &Home, skinai: &Path, stack: &str) -> Guarded {
    let path = home.write_stack(stack);
    for path in [path.parent().unwrap(), &path] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    home.spawn("run", as_nobody(home, skinai).arg("run"))
}

#[test]
fn a_process_that_became_another_users_is_named_and_the_launcher_goes() {
    if !geteuid().is_root() {
        // Nobody else can make a program that changes its user.
        return;
    }
    for (script, words) in [("exec SLEEP", &["stopping"][..]), ("SLEEP & wait", &[])] {
        assert_left_behind(script, "300ms", words);
    }
    // Nobody waits for the grace to pass.
    assert_left_behind("setsid SLEEP & wait", "1h", &["stopping", "ending everything at once"]);
}

#[test]
fn what_was_left_and_has_ended_since_is_not_left_at_the_end() {
    if !geteuid().is_root() {
        return;
    }
    let (home, _, mut launcher, left) = launch_sleep_of_root("SLEEP & sleep 0.5", "restart = \"never\"");
    eventually(SOON, "it is given up", || home.log_of("run").contains("could not be ended"));
    processes::signal(left, Signal::SIGKILL);
    eventually(SOON, "it has ended", || !processes::alive(left));
    // Meanwhile root can ask the instance by sudo.
    let asked = home.run(home.command(Programs::skinai()).arg("status").env("SUDO_UID", NOBODY.to_string()));
    assert!(asked.stdout.contains("default"), "{asked:?}");
    launcher.signal(Signal::SIGTERM);
    assert_eq!(launcher.wait(SOON).code(), Some(0), "{}", home.log_of("run"));
}

/// Launches a script with a sleep of root's as a service of `nobody`; returns the program and the sleep too.
fn launch_sleep_of_root(script: &str, lines: &str) -> (Home, PathBuf, Guarded, u32) {
    let (home, become_root) = home_of_nobody();
    // Its folder need not be everybody's to enter.
    let skinai = home.path().join("skinai");
    std::fs::copy(Programs::skinai(), &skinai).unwrap();
    let sleep = format!("{} --reuid 0 --regid 0 --clear-groups sleep 1000", become_root.display());
    let command = ["bash", "-c", &script.replace("SLEEP", &sleep)];
    let stack = format!("name = \"X\"\n[service.it]\ncommand = {command:?}\n{lines}\n");
    let launcher = launch(&home, &skinai, &stack);
    let left = eventually_some(HEALTHY_WITHIN, "it is root's", || {
        let of_root = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/status"))
                .is_ok_and(|status| status.contains("\nUid:\t0\t0\t0\t0\n"))
        };
        let sleeps = |pid: &u32| processes::command_line(*pid) == "sleep 1000";
        processes::descendants(launcher.pid()).into_iter().filter(sleeps).find(of_root)
    });
    (home, skinai, launcher, left)
}

/// Runs a script with a sleep of root's as a service, and sends a signal for each of the words; where there are none,
/// it is stopped by the command.
fn assert_left_behind(script: &str, grace: &str, words: &[&str]) {
    let grace = format!("stop_grace = \"{grace}\"");
    let (home, skinai, mut launcher, left) = launch_sleep_of_root(script, &grace);
    for word in words {
        launcher.signal(Signal::SIGTERM);
        eventually(SOON, word, || home.log_of("run").contains(word));
    }
    let what_to_do =
        format!("sleep ({left}) became root's and could not be ended; run `sudo kill -KILL {left}`");
    if words.is_empty() {
        let stopped = home.run(as_nobody(&home, &skinai).arg("stop"));
        assert_eq!((stopped.code, stopped.stderr.trim()), (Some(1), &*format!("skinai: {what_to_do}")));
    }
    assert_eq!(launcher.wait(GIVEN_UP_WITHIN).code(), Some(1));
    let said = home.log_of("run");
    assert!(said.contains(&what_to_do), "{said}");
    assert!(said.trim_end().ends_with(&format!("could not be ended: {left}")), "{said}");
    processes::signal(left, Signal::SIGKILL);
}

#[test]
fn a_frozen_process_is_named_and_the_launcher_goes() {
    let freezer = Path::new("/sys/fs/cgroup/freezer").join(format!("skinai-{}", std::process::id()));
    if std::fs::create_dir(&freezer).is_err() {
        // A cgroup of version 2 lets what is frozen be killed.
        return;
    }
    let home = Home::new();
    // Dropped before its processes are waited for.
    let _thawed = Thawed(freezer.clone());
    let stack = "name = \"X\"\n[service.leader]\ncommand = [\"sleep\", \"1000\"]\nstop_grace = \"300ms\"\n\
                 [service.child]\ncommand = [\"bash\", \"-c\", \"sleep 1000 & wait\"]\nstop_grace = \"300ms\"\n";
    let mut launcher = Launch::stack(&home, stack).start();
    launcher.healthy();
    let sleepers = eventually_some(SOON, "both sleep", || {
        let mut sleepers = launcher.descendants();
        sleepers.retain(|pid| processes::command_line(*pid).ends_with("sleep 1000"));
        (sleepers.len() == 2).then_some(sleepers)
    });
    for pid in &sleepers {
        std::fs::write(freezer.join("cgroup.procs"), pid.to_string()).unwrap();
    }
    std::fs::write(freezer.join("freezer.state"), "FROZEN").unwrap();
    launcher.signal(Signal::SIGTERM);
    assert_eq!(launcher.ended(GIVEN_UP_WITHIN).code(), Some(1));
    let said = launcher.stderr();
    for pid in sleepers {
        assert!(said.contains(&format!("sleep ({pid}) was killed and does not end: it is frozen")), "{said}");
    }
}

#[test]
fn a_second_signal_ends_a_launcher_that_waits_for_the_system() {
    let home = Home::new();
    let stack = "name = \"X\"\n[service.it]\ncommand = [\"sleep\", \"1000\"]\n";
    let mut launcher = Launch::stack(&home, stack).start();
    launcher.healthy();
    // Its first thread, which is the engine's, stands still.
    let first_thread = Pid::from_raw(launcher.pid().cast_signed());
    ptrace::attach(first_thread).unwrap();
    waitpid(first_thread, Some(WaitPidFlag::__WALL)).unwrap();
    for word in ["stopping", "ending everything at once"] {
        launcher.signal(Signal::SIGTERM);
        eventually(SOON, word, || launcher.stderr().contains(word));
    }
    assert_eq!(launcher.ended(2 * GIVEN_UP_WITHIN).code(), Some(1));
    home.assert_nothing_left(SOON);
}

/// A frozen group, which is thawed and removed in the end.
struct Thawed(PathBuf);

impl Drop for Thawed {
    fn drop(&mut self) {
        let _ = std::fs::write(self.0.join("freezer.state"), "THAWED");
        eventually(SOON, "the group is empty", || std::fs::remove_dir(&self.0).is_ok());
    }
}

#[test]
fn orphans_that_end_are_collected_also_where_nothing_is_probed() {
    let home = Home::new();
    let script = "for n in $(seq 30); do (setsid sleep 0.05 &); done; echo made; exec sleep 1000";
    let command = ["bash", "-c", script];
    let launcher =
        Launch::stack(&home, &format!("name = \"X\"\n[service.it]\ncommand = {command:?}\n")).start();
    launcher.healthy();
    eventually(SOON, "they are made", || home.skinai(["logs", "it"]).stdout.contains("made"));
    eventually(SOON, "they have ended", || launcher.descendants().len() == 2);
    eventually(SOON, "they are collected", || processes::zombies(launcher.pid()) == 0);
}

#[test]
fn a_terminal_that_hangs_up_is_ignored_where_it_was_ignored_at_the_start() {
    let home = Home::new();
    home.write_stack("name = \"X\"\n[service.it]\ncommand = [\"sleep\", \"1000\"]\n");
    let mut command = home.command("nohup");
    let mut launcher = home.spawn("run", command.arg(Programs::skinai()).arg("run"));
    let before = home.wait_status(HEALTHY_WITHIN, "it runs", Snapshot::all_healthy);
    launcher.signal(Signal::SIGHUP);
    // Whoever does not ignore it says that it stops.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(home.status().services[0].pid, before.services[0].pid);
    assert!(!home.log_of("run").contains("stopping"), "{}", home.log_of("run"));
    launcher.signal(Signal::SIGTERM);
    assert_eq!(launcher.wait(SOON).code(), Some(0));
}

#[test]
fn what_root_launches_in_the_environment_of_who_called_sudo_locks_nobody_out() {
    let unshared = std::process::Command::new("unshare").args(["--mount", "--", "true"]).status();
    if !geteuid().is_root() || !unshared.is_ok_and(|status| status.success()) {
        // Root's own home cannot be put away.
        return;
    }
    let (home, _) = home_of_nobody();
    let skinai = home.path().join("skinai");
    std::fs::copy(Programs::skinai(), &skinai).unwrap();
    let root = User::from_uid(geteuid()).unwrap().unwrap().dir;
    let stack = "name = \"X\"\n[service.it]\ncommand = [\"skinai\", \"backend\"]\nport = { env = \"BACKEND_PORT\" }\n\
                 handoff = \"socket\"\nready = \"notify\"\n";
    let ports = PortBlock::lock();
    std::fs::write(home.path().join("stack.toml"), format!("ports = \"{}\"\n{stack}", ports.range()))
        .unwrap();
    let script = format!(
        "mount -t tmpfs tmpfs '{}' && exec '{}' run --stack stack.toml",
        root.display(),
        skinai.display()
    );
    let mut command = home.command("unshare");
    command.args(["--mount", "--", "sh", "-c", &script]).env("SUDO_UID", NOBODY.to_string());
    let mut launcher = home.spawn("run", &mut command);
    eventually(HEALTHY_WITHIN, "it runs", || home.log_of("run").contains("all healthy"));
    let roots =
        ["run", "data", "state", "config", "cache"].map(|folder| WalkDir::new(home.path().join(folder)));
    let locks_out = |entry: &walkdir::DirEntry| entry.metadata().unwrap().uid() != NOBODY;
    let left: Vec<_> = roots.into_iter().flatten().flatten().filter(locks_out).collect();
    assert!(left.is_empty(), "{left:?}");
    launcher.signal(Signal::SIGTERM);
    assert_eq!(launcher.wait(SOON).code(), Some(0), "{}", home.log_of("run"));
}
