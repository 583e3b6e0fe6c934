//! A service lives as it would in a terminal: its input, its folder, what it prints and when.

use std::time::Duration;

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, Launch, Programs, SOON, eventually};

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
