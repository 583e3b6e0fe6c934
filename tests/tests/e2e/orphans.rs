//! Nothing outlives the launcher, whichever of its processes are ended, and however.

use std::collections::HashSet;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::ServiceState;
use end_to_end::{
    Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually, eventually_some, http,
    processes,
};
use nix::errno::Errno;
use nix::sys::signal::Signal;

const WITHIN_A_SECOND: Duration = Duration::from_secs(1);
/// Two services with a child each, and a daemon without an environment.
const STARTED: usize = 5;

/// A service with a plain child, and one that starts a daemon: a session of its own, a parent that is gone,
/// an environment thrown away. What is started writes its process id into a folder.
fn start(home: &Home, ports: &PortBlock) -> Launcher {
    start_through(home, ports, &["env"])
}

fn start_through(home: &Home, ports: &PortBlock, program: &[&str]) -> Launcher {
    start_with_daemon(home, ports, program, "env")
}

/// As [`start`]; the daemon goes through a program of its own as well.
fn start_with_daemon(home: &Home, ports: &PortBlock, program: &[&str], daemon: &str) -> Launcher {
    let folder = home.path().join("pids");
    std::fs::create_dir_all(&folder).unwrap();
    home.write_script(
        "daemon",
        &format!("trap '' TERM HUP; touch '{}'/$$; exec sleep 1000", folder.display()),
    );
    let bin = home.path().join("bin");
    let script = format!(
        "setsid {daemon} sh -c 'env -i {}/daemon &'\nexec '{}' \"$@\"",
        bin.display(),
        Programs::fixture().display()
    );
    home.write_script("daemonic", &script);
    let daemonic = bin.join("daemonic").display().to_string();
    let stubborn = ["--ignore-term", "--children", "1", "--grandchild", "--children-ignore-term"];
    let stack =
        StackFile::new(ports).command("daemonic", &[&daemonic], "").service("stubborn", &stubborn, "");
    let launcher = Launch::through(home, program, stack.text()).start();
    launcher.healthy();
    eventually(SOON, "all that is to be started is there", || {
        started(&launcher).len() >= STARTED && daemons(&folder).len() == 1
    });
    launcher
}

fn daemons(folder: &Path) -> Vec<u32> {
    let names = std::fs::read_dir(folder).unwrap().flatten();
    names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// What the launcher started, itself left out.
fn started(launcher: &Launcher) -> Vec<u32> {
    let own: HashSet<u32> = launcher.own_processes().into_iter().collect();
    launcher.descendants().into_iter().filter(|pid| !own.contains(pid)).collect()
}

#[track_caller]
fn assert_gone(home: &Home, ports: &PortBlock, started: &[u32], what: &str) {
    eventually(WITHIN_A_SECOND, &format!("nothing is left: {what}"), || {
        !started.iter().any(|pid| processes::alive(*pid))
    });
    home.assert_nothing_left(WITHIN_A_SECOND);
    for n in 0..2 {
        TcpListener::bind(("127.0.0.1", ports.nth(n))).expect("the port is free");
    }
}

#[test]
fn a_service_that_is_stopped_takes_its_daemon_along() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start(&home, &ports);
    let daemon = daemons(&home.path().join("pids"))[0];
    let stop = home.command(Programs::skinai()).args(["stop", "daemonic"]).status().unwrap();
    assert!(stop.success());
    assert!(!processes::alive(daemon), "it is gone before the stop is called done");
    let snapshot = launcher.newest().unwrap();
    assert_eq!(snapshot.service("stubborn").unwrap().state, ServiceState::Healthy);
}

#[test]
fn orphans_that_end_are_collected() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let told = home.path().join("orphan");
    // Its parent is gone at once, and its environment as well.
    let orphan = format!("(env -i sh -c 'echo $$ > {}; sleep 0.1' &)", told.display());
    let script = format!("{orphan}\nexec '{}' \"$@\"", Programs::fixture().display());
    home.write_script("orphaning", &script);
    let orphaning = home.path().join("bin/orphaning").display().to_string();
    let launcher =
        Launch::stack(&home, StackFile::new(&ports).command("orphaning", &[&orphaning], "").text()).start();
    launcher.healthy();
    let pid: u32 = eventually_some(SOON, "the orphan says its number", || {
        std::fs::read_to_string(&told).ok()?.trim().parse().ok()
    });
    // An entry stays until the parent collects it, which is the launcher.
    eventually(SOON, "no entry of it is left", || !Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn the_launchers_whole_session_killed_leaves_nothing_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start(&home, &ports);
    let all = started(&launcher);
    let session = session_of(launcher.pid());
    // The test itself may be of that session; so only what the launcher started is ended.
    let own = std::iter::once(launcher.pid()).chain(launcher.descendants());
    let victims: Vec<u32> = own.filter(|pid| session_of(*pid) == session).collect();
    for victim in victims {
        processes::signal(victim, Signal::SIGKILL);
    }
    assert_gone(&home, &ports, &all, "its session was killed");
}

fn session_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // proc_pid_stat(5): the session is field 6.
    stat.rsplit_once(')')?.1.split_whitespace().nth(3).map(str::to_owned)
}

#[test]
fn who_ends_every_process_of_the_programs_name_leaves_nothing_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start(&home, &ports);
    let all = started(&launcher);
    for pid in launcher.own_processes() {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.trim() == "skinai" {
            processes::signal(pid, Signal::SIGKILL);
        }
    }
    assert_gone(&home, &ports, &all, "all of its name were killed");
}

#[test]
fn a_crash_in_any_of_the_launchers_processes_leaves_nothing_behind() {
    // What a panic ends in, what a wild pointer does, and what a lack of memory does.
    for signal in [Signal::SIGABRT, Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGKILL] {
        for place in 0..2 {
            let (home, ports) = (Home::new(), PortBlock::lock());
            let launcher = start(&home, &ports);
            let all = started(&launcher);
            let own = launcher.own_processes();
            assert_eq!(own.len(), 2, "the launcher and its watchdog");
            // A watchdog has no memory of its own to go astray in: all but SIGKILL is nothing to it.
            let signal = if place == 0 { signal } else { Signal::SIGKILL };
            processes::signal(own[place], signal);
            assert_gone(&home, &ports, &all, &format!("{signal} to number {place}"));
        }
    }
}

#[test]
fn a_launcher_that_runs_out_of_memory_leaves_nothing_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = start(&home, &ports);
    let all = started(&launcher);
    let port = launcher.newest().unwrap().services[0].port.unwrap();
    // It keeps what it has, and gets no further writable page. A limit of the address space would not do: a
    // thread's heap has its address space reserved, and grows inside it.
    let pid = launcher.pid().to_string();
    let limited = home.run(home.command("prlimit").args(["--data=1", "--pid", &pid]));
    assert_eq!(limited.code, Some(0), "{limited:?}");
    let line = format!("/print?{}", "line".repeat(2500));
    eventually(SOON, "the lines that it keeps are more than it has room for", || {
        // The service goes with the launcher, maybe in the middle of an answer.
        let _ = http::get(port, &line);
        !processes::alive(launcher.pid())
    });
    assert_eq!(launcher.ended(SOON).signal(), Some(Signal::SIGABRT as i32));
    assert_gone(&home, &ports, &all, "its memory was used up");
}

#[test]
fn limits_that_an_administrator_set_let_nothing_escape() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start_through(&home, &ports, &["prlimit", "--locks=100"]);
    let all = started(&launcher);
    launcher.signal(Signal::SIGKILL);
    assert_gone(&home, &ports, &all, "its limit of locks was set");
}

#[test]
fn a_daemon_that_lowered_one_of_the_limits_that_mark_it_does_not_escape() {
    for lowered in ["prlimit --locks=1", "prlimit --rss=1"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let launcher = start_with_daemon(&home, &ports, &["env"], lowered);
        let daemon = daemons(&home.path().join("pids"))[0];
        let stop = home.skinai(["stop", "daemonic"]);
        assert_eq!(stop.code, Some(0), "{stop:?}");
        assert!(!processes::alive(daemon), "it is gone before the stop is called done");
        drop(launcher);
        let ports = PortBlock::lock();
        std::fs::remove_dir_all(home.path().join("pids")).unwrap();
        let launcher = start_with_daemon(&home, &ports, &["env"], lowered);
        let all = [started(&launcher), daemons(&home.path().join("pids"))].concat();
        launcher.signal(Signal::SIGKILL);
        assert_gone(&home, &ports, &all, lowered);
    }
}

#[test]
fn a_daemon_that_lowered_both_limits_goes_with_the_last_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start_with_daemon(&home, &ports, &["env"], "prlimit --locks=1 --rss=1");
    let daemon = daemons(&home.path().join("pids"))[0];
    for service in ["stubborn", "daemonic"] {
        assert!(processes::alive(daemon), "it belongs to a service that runs");
        let stop = home.skinai(["stop", service]);
        assert_eq!(stop.code, Some(0), "{stop:?}");
    }
    assert!(!processes::alive(daemon), "it is gone before the stop is called done");
    drop(launcher);
}

/// How a kernel before 5.3 and the filter of a container refuse descriptors of processes.
const REFUSED_WITH: [Errno; 2] = [Errno::ENOSYS, Errno::EPERM];

fn start_without_pidfd(home: &Home, ports: &PortBlock, refused_with: Errno) -> Launcher {
    let program = Programs::without_pidfd();
    let number = (refused_with as i32).to_string();
    start_through(home, ports, &[program.to_str().unwrap(), &number])
}

#[test]
fn without_descriptors_of_processes_a_stop_takes_everything_along() {
    for refused_with in REFUSED_WITH {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let _launcher = start_without_pidfd(&home, &ports, refused_with);
        let daemon = daemons(&home.path().join("pids"))[0];
        let stop = home.skinai(["stop", "daemonic"]);
        assert_eq!(stop.code, Some(0), "{stop:?}");
        assert!(!processes::alive(daemon), "it is gone before the stop is called done");
    }
}

#[test]
fn without_descriptors_of_processes_whoever_of_the_two_is_killed_nothing_is_left() {
    for refused_with in REFUSED_WITH {
        for place in 0..2 {
            let (home, ports) = (Home::new(), PortBlock::lock());
            let launcher = start_without_pidfd(&home, &ports, refused_with);
            let all = started(&launcher);
            let own = launcher.own_processes();
            assert_eq!(own.len(), 2, "the launcher and its watchdog");
            processes::signal(own[place], Signal::SIGKILL);
            assert_gone(&home, &ports, &all, &format!("number {place} was killed"));
        }
    }
}

#[test]
fn without_descriptors_of_processes_a_service_that_ends_is_noticed_and_the_next_start_finds_the_rest() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start_without_pidfd(&home, &ports, Errno::ENOSYS);
    let pid = launcher.newest().unwrap().services[0].pid.unwrap();
    processes::signal(pid, Signal::SIGKILL);
    launcher.wait(SOON, "it is started again", |snapshot| {
        snapshot.all_healthy() && snapshot.services[0].pid != Some(pid)
    });
    let all = started(&launcher);
    kill_with_its_watchdog(&launcher);
    drop(launcher);
    let (stack, program) = (StackFile::new(&ports).service("a", &[], ""), Programs::without_pidfd());
    let launcher = Launch::through(&home, &[program.to_str().unwrap(), "38"], stack.text()).start();
    launcher.healthy();
    eventually(SOON, "nothing is left of the crashed instance", || {
        !all.iter().any(|pid| processes::alive(*pid))
    });
    assert!(launcher.stderr().contains("that an earlier launch left behind"), "{}", launcher.stderr());
}

#[test]
fn a_launcher_among_the_services_goes_with_all_that_it_started() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.path().join("pids");
    std::fs::create_dir_all(&folder).unwrap();
    let daemon = format!("trap '' TERM HUP; touch '{}'/$$; exec sleep 1000", folder.display());
    home.write_script("daemon", &daemon);
    let bin = home.path().join("bin");
    home.write_script("inner", &format!("setsid sh -c 'env -i {}/daemon &'\nexec sleep 1000", bin.display()));
    let service = |name: &str, command: &str| {
        format!("name = \"{name}\"\n[service.{name}]\ncommand = {command}\nhealth = {{ tcp = false }}\n")
    };
    let inner = home.write_config("inner.toml", &service("inner", &format!("[\"{}/inner\"]", bin.display())));
    let skinai = Programs::skinai();
    let command = format!("[{skinai:?}, \"run\", \"--instance\", \"inner\", \"--stack\", {inner:?}]");
    let launcher = Launch::stack(&home, &service("outer", &command)).start();
    eventually(SOON, "the daemon of the inner one is there", || daemons(&folder).len() == 1);
    let all = started(&launcher);
    let daemon = daemons(&folder)[0];
    launcher.signal(Signal::SIGKILL);
    assert_gone(&home, &ports, &[&all[..], &[daemon]].concat(), "the outer one was killed");
}

/// Services that go on as another process all the time, each in a session of its own; they leave a sign of life
/// in a file.
fn start_runners(home: &Home) -> (Launcher, PathBuf) {
    let signs = home.path().join("signs");
    std::fs::write(&signs, "").unwrap();
    let script =
        format!("trap '' TERM HUP INT\n[ -e '{0}' ] || exit\necho >>'{0}'\nsetsid \"$0\" &", signs.display());
    home.write_script("run-on", &script);
    let run_on = home.path().join("bin/run-on").display().to_string();
    home.write_script("runners", &format!("for n in 1 2 3; do setsid {run_on} & done\nexec sleep 1000"));
    let stack = format!(
        "name = \"Runners\"\n[service.runners]\ncommand = [\"{}/bin/runners\"]\nhealth = {{ tcp = false }}\n\
         stop_grace = \"200ms\"\n",
        home.path().display()
    );
    let launcher = Launch::stack(home, &stack).start();
    eventually(SOON, "they run", || std::fs::metadata(&signs).unwrap().len() > 20);
    (launcher, signs)
}

/// Whether nothing gives a sign of life any more. On a busy machine they give one every tenth of a second.
fn are_still(signs: &Path) -> bool {
    let signs = || std::fs::metadata(signs).unwrap().len();
    let before = signs();
    std::thread::sleep(Duration::from_millis(400));
    signs() == before
}

#[test]
fn who_runs_on_as_another_process_does_not_outrun_the_watchdog() {
    let home = Home::new();
    let (launcher, signs) = start_runners(&home);
    launcher.signal(Signal::SIGKILL);
    eventually(SOON, "they are caught", || are_still(&signs));
    assert!(home.processes().is_empty(), "nothing is left");
}

#[test]
fn who_runs_on_as_another_process_does_not_outrun_a_stop() {
    let home = Home::new();
    let (launcher, signs) = start_runners(&home);
    let stopped = home.skinai(["stop", "runners"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(are_still(&signs), "they are gone before the stop is called done");
    drop(launcher);
}

/// All of it at once: nobody is left to clean up. What is stopped first cannot notice anything.
fn kill_with_its_watchdog(launcher: &Launcher) {
    let own = launcher.own_processes();
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        for pid in &own {
            processes::signal(*pid, signal);
        }
    }
}

#[test]
fn leaders_end_with_the_launcher_though_its_watchdog_is_killed_too() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &["--ignore-term"], "").service("b", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let leaders: Vec<u32> = launcher.healthy().services.iter().filter_map(|service| service.pid).collect();
    assert_eq!(leaders.len(), 2);
    kill_with_its_watchdog(&launcher);
    eventually(WITHIN_A_SECOND, "no leader is left", || !leaders.iter().any(|pid| processes::alive(*pid)));
}

#[test]
fn a_leader_is_on_record_before_anybody_is_told_of_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    let started = launcher.wait(SOON, "it is started", |snapshot| snapshot.services[0].pid.is_some());
    let leader = started.services[0].pid.unwrap();
    let record = std::fs::read_to_string(home.runtime().join("skinai/default.runs")).unwrap_or_default();
    assert!(record.contains(&format!("leader {leader} ")), "{record:?}");
}

#[test]
fn what_a_crashed_instance_left_is_ended_at_the_next_start_and_nobody_else() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = start(&home, &ports);
    let all = started(&launcher);
    let bystander = home.spawn("bystander", home.command("sleep").arg("1000"));
    kill_with_its_watchdog(&launcher);
    drop(launcher);
    // The record names a process that lives, with another start time.
    let record = home.runtime().join("skinai/default.runs");
    let text = std::fs::read_to_string(&record).expect("the record of a crashed instance stays");
    let leader = text.lines().find_map(|line| line.strip_prefix("leader ")).expect("it names a leader");
    let (_, rest) = leader.split_once(' ').unwrap();
    std::fs::write(&record, format!("{text}leader {} {rest}\n", bystander.pid())).unwrap();
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    // They have been ended by now; when their entries go is for the system's first process to say.
    eventually(SOON, "nothing is left of the crashed instance", || {
        !all.iter().any(|pid| processes::alive(*pid))
    });
    assert!(launcher.stderr().contains("that an earlier launch left behind"), "{}", launcher.stderr());
    assert!(processes::alive(bystander.pid()), "a stranger with a recorded number is left alone");
}
