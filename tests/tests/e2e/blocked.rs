//! Nothing waits for what does not take output: a reader that stands still.

use contract::Snapshot;
use end_to_end::{Guarded, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, StackFile, full_pipe};
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
