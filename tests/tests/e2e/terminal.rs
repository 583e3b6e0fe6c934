//! A service lives as it would in a terminal: its input, its folder, what it prints and when.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually};

/// A stack whose one service, `it`, is this shell script.
fn script(script: &str) -> String {
    command(&["bash", "-c", script])
}

/// A stack whose one service, `it`, is this command.
fn command(command: &[&str]) -> String {
    format!("name = \"One\"\n[service.it]\ncommand = {command:?}\n")
}

/// The newest lines that the service printed.
fn printed(home: &Home) -> Vec<String> {
    let lines = home.skinai(["logs", "it", "-n", "1000"]).stdout;
    lines.lines().map(str::to_owned).collect()
}

fn prints(home: &Home, text: &str) -> bool {
    printed(home).iter().any(|line| line.contains(text))
}

#[test]
fn the_input_is_open_and_silent() {
    let home = Home::new();
    let watchers = [
        ("shell", "read line; echo over"),
        (
            "node",
            "node -e 'process.stdin.on(\"end\", () => process.exit(3)).resume(); console.log(\"watching\")'",
        ),
    ];
    let services = watchers.map(|(name, script)| {
        format!("[service.{name}]\ncommand = {:?}\nrestart = \"never\"\n", ["bash", "-c", script])
    });
    let launcher = Launch::stack(&home, &format!("name = \"Watchers\"\n{}", services.concat())).start();
    launcher.healthy();
    eventually(SOON, "node waits for its input", || {
        home.skinai(["logs", "node"]).stdout.contains("watching")
    });
    // What ends at the end of its input does so immediately; this is the silence itself.
    std::thread::sleep(Duration::from_millis(500));
    assert!(launcher.newest().unwrap().all_healthy(), "{:#?}", launcher.newest());
}

#[test]
fn what_python_prints_is_there_at_once_unless_it_is_told_otherwise() {
    let home = Home::new();
    let python = ["python3", "-c", "import time; print('printed'); time.sleep(1000)"];
    let launcher = Launch::stack(&home, &command(&python)).start();
    launcher.healthy();
    eventually(SOON, "it is in the log", || prints(&home, "printed"));
    drop(launcher);
    let variable = script("echo \"<$PYTHONUNBUFFERED>\"; sleep 1000");
    for (inherited, own, seen) in
        [("", "", "<>"), ("x", "", "<x>"), ("x", "env = { PYTHONUNBUFFERED = \"0\" }", "<0>")]
    {
        let launcher =
            Launch::stack(&home, &format!("{variable}{own}")).env("PYTHONUNBUFFERED", inherited).start();
        launcher.healthy();
        eventually(SOON, seen, || prints(&home, seen));
    }
}

#[test]
fn a_service_runs_in_the_folder_of_its_stack_file() {
    let home = Home::new();
    let folder = home.path().join("project");
    std::fs::create_dir(&folder).unwrap();
    home.write_script("program", "exec sleep 1000");
    let stack = "name = \"Folders\"\n[service.it]\ncommand = [\"bash\", \"-c\", \"pwd; sleep 1000\"]\n\
                 [service.own]\ncommand = [\"./program\"]\ncwd = \"../bin\"\n";
    std::fs::write(folder.join("stack.toml"), stack).unwrap();
    let mut launch = home.command(Programs::skinai());
    launch.args(["run", "--stack", "project/stack.toml"]);
    let _launcher = home.spawn("run", &mut launch);
    let status = home.wait_status(HEALTHY_WITHIN, "both run", Snapshot::all_healthy);
    eventually(SOON, "it says where it is", || prints(&home, &folder.display().to_string()));
    let own = status.service("own").unwrap().pid.unwrap();
    assert_eq!(std::fs::read_link(format!("/proc/{own}/cwd")).unwrap(), home.path().join("bin"));
}

#[test]
fn a_question_that_waits_is_shown_and_a_progress_bar_is_one_line_that_changes() {
    let home = Home::new();
    let shell = "printf 'a\\tb\\n'; for n in 10 20 30; do printf '%s%%\\r' $n; sleep 0.3; done; echo done.; \
                 printf 'Name? '; read name";
    let mut launcher = Launch::stack(&home, &script(shell)).start();
    launcher.wait(SOON, "it runs", |s| s.services[0].pid.is_some());
    let mut follower = home.spawn("follow", home.command(Programs::skinai()).args(["logs", "it", "-f"]));
    eventually(SOON, "the bar is seen", || prints(&home, "20%"));
    eventually(SOON, "the question is seen", || prints(&home, "Name?"));
    let lines = printed(&home);
    let texts: Vec<&str> = lines.iter().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(texts, ["a\tb", "done.", "Name? "]);
    assert_eq!(launcher.stop().code(), Some(0));
    assert_eq!(follower.wait(SOON).code(), Some(0));
    let followed = home.log_of("follow");
    assert_eq!(followed.matches('%').count(), 0, "what is no terminal gets whole lines: {followed}");
    assert!(followed.contains("done.") && followed.contains("Name?"), "{followed}");
}

#[test]
fn what_somebody_else_named_changes_neither_the_terminal_nor_the_order_of_letters() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.spare().to_string();
    let listen =
        "import socket,sys,time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(1000)";
    let mut stranger = home.command("python3");
    stranger.args(["-c", listen, &port, "\u{1b}[2Jevil\u{202e}txt.exe"]);
    let _stranger = home.spawn("stranger", &mut stranger);
    let check = || home.skinai(["ports", "check", &port]);
    eventually(SOON, "the port is taken", || check().code == Some(1));
    let stack = StackFile::new(&ports)
        .service("web", &[], "strict = true\nlabel = \"We\\u001b[2Jb\\u202e\"")
        .text()
        .to_owned();
    let named = stack.replace("Fixtures", "Fix\\u001b[31mtures\\u202e");
    home.write_stack(&named);
    let refused = home.run(home.command(Programs::skinai()).arg("run").env("WEB_PORT", &port));
    let json = home.skinai(["ports", "check", &port, "--json"]);
    let wrong = home.run(home.command(Programs::skinai()).arg("run").env("WEB_PORT", "\u{1b}[2J\u{202e}80"));
    for said in [check(), refused, json, wrong] {
        let text = said.stdout + &said.stderr;
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.contains("\\u001b"), "{text:?}");
    }
    assert!(check().stdout.contains("eviltxt.exe"), "{:?}", check());
    let launcher = Launch::stack(&home, &named).start();
    let snapshot = launcher.healthy();
    assert_eq!((snapshot.stack.as_str(), snapshot.services[0].label.as_str()), ("Fixtures", "Web"));
}

#[test]
fn a_program_that_cannot_run_is_refused_before_anything_starts_and_it_is_said_what_to_do() {
    let home = Home::new();
    for (script, mode, part) in [
        ("#!/bin/sh\nsleep 1000\n", 0o644, "chmod +x"),
        ("sleep 1000\n", 0o755, "#!/bin/sh"),
        ("#!/bin/sh\r\nsleep 1000\r\n", 0o755, "as on Windows"),
        ("#!/usr/bin/env no-such-program\n", 0o755, "needs no-such-program"),
        ("#!/moved/venv/bin/python\n", 0o755, "needs /moved/venv/bin/python"),
    ] {
        let program = home.path().join("program");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(mode)).unwrap();
        assert_refused(&home, &command(&[program.to_str().unwrap()]), part);
    }
    assert_refused(&home, &command(&["/tmp"]), "is a folder");
    assert_refused(&home, &command(&["a\0b"]).replace("\\0", "\\u0000"), "NUL");
    assert_refused(&home, &format!("{}cwd = \"gone\"\n", command(&["sleep", "1000"])), "gone is not there");
    let ring = format!(
        "{}needs = [\"b\"]\n[service.b]\ncommand = [\"true\"]\nneeds = [\"it\"]\n",
        command(&["true"])
    );
    assert_refused(&home, &ring, "go in a circle");
}

#[track_caller]
fn assert_refused(home: &Home, stack: &str, part: &str) {
    home.write_stack(stack);
    for verb in ["check", "run"] {
        let refused = home.skinai([verb]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        // What stands in the file is shown below.
        let (said, shown): (Vec<&str>, Vec<&str>) =
            refused.stderr.lines().partition(|line| line.starts_with("skinai: "));
        assert!(said.len() == 1 && said[0].contains(part), "{part}: {refused:?}");
        assert!(shown.iter().all(|line| line.starts_with(' ')), "{refused:?}");
    }
}

#[test]
fn what_only_the_system_refuses_fails_with_the_reason_and_the_check_finds_another_processor() {
    let home = Home::new();
    let mut foreign = std::fs::read("/bin/sleep").unwrap();
    // e_machine of elf(5): PowerPC.
    foreign[18..20].copy_from_slice(&[21, 0]);
    for (name, content) in [("foreign", foreign.as_slice()), ("rubbish", b"\0\x01\x02")] {
        let program = home.path().join("bin").join(name);
        std::fs::write(&program, content).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }
    let stack = format!("{}[service.junk]\ncommand = [\"rubbish\"]\n", command(&["foreign", "1000"]));
    let launcher = Launch::stack(&home, &stack).start();
    for (name, reason) in [("it", "another kind of processor"), ("junk", "is no program for this system")] {
        launcher.wait(HEALTHY_WITHIN, reason, |snapshot| {
            let row = snapshot.service(name).unwrap();
            row.detail.as_ref().is_some_and(|detail| detail.contains(reason))
        });
    }
    let check = home.skinai(["check"]);
    assert!(check.code == Some(2) && check.stderr.contains("(64-bit PowerPC)"), "{check:?}");
}
