//! Nothing waits for what does not take output: a reader that stands still, a pipe or a frozen disk in place of a log.

use contract::Snapshot;
use end_to_end::{
    FrozenFolder, Guarded, HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually,
    full_pipe,
};
use nix::sys::signal::Signal;

#[test]
fn a_launcher_whose_output_nobody_reads_launches_answers_and_stops() {
    for arguments in [&["run", "--json"][..], &["run"]] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        home.write_stack(StackFile::new(&ports).service("a", &[], "").service("b", &[], "").text());
        let (_reader, writer) = full_pipe();
        let mut command = home.command(Programs::skinai());
        // The engine has much to say by itself.
        command.args(arguments).env("SKINAI_LOG", "trace");
        command.stdin(std::process::Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut launcher = Guarded::spawn(&mut command);
        home.wait_status(HEALTHY_WITHIN, "both are healthy", Snapshot::all_healthy);
        let restarted = home.skinai(["restart", "a"]);
        assert_eq!(restarted.code, Some(0), "{restarted:?}");
        launcher.signal(Signal::SIGTERM);
        assert_eq!(launcher.wait(SOON).code(), Some(0), "{arguments:?}");
        home.assert_nothing_left(SOON);
    }
}

#[test]
fn what_is_refused_ends_although_nobody_reads_why() {
    let home = Home::new();
    for arguments in [&["run", "--stack", "/nonexistent"][..], &["status"]] {
        let (_reader, writer) = full_pipe();
        let mut command = home.command(Programs::skinai());
        command.args(arguments).stdin(std::process::Stdio::null()).stderr(writer);
        let code = Guarded::spawn(&mut command).wait(SOON).code();
        assert!(matches!(code, Some(2 | 3)), "{arguments:?}: {code:?}");
    }
}

#[test]
fn a_reader_that_stood_still_is_told_the_end() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(StackFile::new(&ports).service("a", &[], "").text());
    let (reader, writer) = full_pipe();
    let mut command = home.command(Programs::skinai());
    command.args(["run", "--json"]).stdin(std::process::Stdio::null()).stdout(writer);
    let mut launcher = Guarded::spawn(&mut command);
    drop(command);
    home.wait_status(HEALTHY_WITHIN, "it is healthy", Snapshot::all_healthy);
    let read = std::thread::spawn(move || std::io::read_to_string(reader).unwrap());
    launcher.signal(Signal::SIGTERM);
    assert_eq!(launcher.wait(SOON).code(), Some(0));
    let read = read.join().unwrap();
    let last: Snapshot = serde_json::from_str(read.lines().last().unwrap()).unwrap();
    assert_eq!(last.state, contract::ServiceState::Stopped);
}

#[test]
fn a_pipe_in_place_of_a_log_is_said_and_delays_nobody() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.state().join("default");
    std::fs::create_dir_all(&folder).unwrap();
    let _readers = ["a.log", "flood.log"].map(|log| {
        let pipe = folder.join(log);
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // Somebody reads, so that it can be opened, and stands still.
        std::fs::File::options().read(true).write(true).open(&pipe).unwrap()
    });
    // What is said of the second one goes by with its lines.
    let stack = StackFile::new(&ports).service("a", &[], "").service("flood", &["--flood", "10000000"], "");
    let stack = stack.service("b", &[], "");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    eventually(SOON, "it is said", || home.skinai(["logs", "a"]).stdout.contains("no regular file"));
    assert!(std::fs::read_to_string(folder.join("b.log")).unwrap().contains("listening"));
    assert_eq!(launcher.stop().code(), Some(0));
}

#[test]
fn a_frozen_disk_under_the_logs_delays_nobody_and_what_it_did_not_take_is_counted() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.state().join("default");
    std::fs::create_dir_all(&folder).unwrap();
    let Some(frozen) = FrozenFolder::freeze(&folder) else { return };
    let stack = StackFile::new(&ports).service("loud", &["--flood-forever"], "").service("b", &[], "");
    let mut launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let dropped = "the log file does not take lines in time";
    eventually(HEALTHY_WITHIN, "it is said where one looks", || launcher.stderr().contains(dropped));
    let restarted = home.skinai(["restart", "b"]);
    assert_eq!(restarted.code, Some(0), "{restarted:?}");
    drop(frozen);
    eventually(HEALTHY_WITHIN, "the file says what it lacks", || {
        let logs = ["loud.log", "loud.log.1", "loud.log.2"].map(|name| std::fs::read(folder.join(name)));
        let lacks = b"lines are missing: they could not be written";
        logs.iter().flatten().any(|log| log.windows(lacks.len()).any(|window| window == lacks))
    });
    let _frozen = FrozenFolder::freeze(&folder);
    let before = launcher.stderr().matches(dropped).count();
    eventually(HEALTHY_WITHIN, "the next file is awaited", || {
        launcher.stderr().matches(dropped).count() > before
    });
    launcher.signal(Signal::SIGTERM);
    assert_eq!(launcher.ended(SOON).code(), Some(0));
    home.assert_nothing_left(SOON);
}
