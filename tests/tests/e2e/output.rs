//! What `skinai run` shows of what services print.

use end_to_end::{Home, Outcome, Programs};

/// Two services that print and end.
const STACK: &str = r#"
name = "Two"
[service.api]
command = ["bash", "-c", "printf '\\033[32mgreen\\033[0m\\033[2J of api\\n'; printf 'no end'"]
restart = "never"
[service.longer]
command = ["bash", "-c", "for n in 1 2 3; do echo line $n; done; echo to stderr >&2"]
restart = "never"
[service.last]
command = ["bash", "-c", "trap 'echo one last line; exit' TERM; sleep 1000 & wait"]
"#;

/// What `skinai run` prints until it is stopped.
fn run(home: &Home, through: &[&str], options: &[&str]) -> Outcome {
    let stack = home.write_stack(STACK);
    let script = format!(
        "{through} '{skinai}' run --stack '{stack}' {options} &
        '{skinai}' wait --stack '{stack}' && '{skinai}' stop --stack '{stack}'; wait",
        through = through.join(" "),
        skinai = Programs::skinai().display(),
        stack = stack.display(),
        options = options.join(" "),
    );
    home.run(home.command("bash").args(["-c", &script]))
}

#[test]
fn lines_of_all_services_are_shown_with_their_names() {
    let shown = run(&Home::new(), &[], &[]);
    let lines: Vec<&str> = shown.stdout.lines().filter(|line| line.contains(" | ")).collect();
    let of = |name: &str| lines.iter().copied().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
    assert_eq!(of("api    | "), ["api    | green of api", "api    | no end"], "{shown:?}");
    let longer = of("longer | ");
    assert_eq!(longer.len(), 4, "{shown:?}");
    assert!(longer.contains(&"longer | to stderr"), "{shown:?}");
    let numbered: Vec<&str> = longer.into_iter().filter(|line| line.contains("line ")).collect();
    assert_eq!(numbered, ["longer | line 1", "longer | line 2", "longer | line 3"], "{shown:?}");
    assert_eq!(of("last   | "), ["last   | one last line"], "{shown:?}");
    assert_eq!(lines.len(), 7, "nothing else: {shown:?}");
}

#[test]
fn who_asks_for_quiet_or_for_json_is_shown_none() {
    for options in [&["--quiet"][..], &["--json"]] {
        let home = Home::new();
        let shown = run(&home, &[], options);
        assert!(!shown.stdout.contains("of api\n"), "{shown:?}");
        let logged = home.skinai(["logs", "api"]).stdout;
        assert!(logged.contains("green of api"), "{logged}");
    }
}

#[test]
fn colours_are_kept_on_a_terminal_and_nothing_else_that_changes_it() {
    let terminal = "python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])'";
    let shown = run(&Home::new(), &[terminal], &[]);
    let line = "\x1b[36mapi    |\x1b[0m \x1b[32mgreen\x1b[m of api";
    assert!(shown.stdout.contains(line), "{shown:?}");
    let shown = run(&Home::new(), &["NO_COLOR=1", terminal], &[]);
    assert!(shown.stdout.contains("api    | green of api"), "{shown:?}");
}

#[test]
fn the_word_of_an_end_stands_after_all_that_was_printed() {
    // Enough to be on its way through its pipe when the process has ended.
    let command = "seq 1 600; echo 'its last words' >&2; exit 3";
    let services = (1..=12).map(|n| format!("[service.s{n}]\ncommand = [\"sh\", \"-c\", {command:?}]\n"));
    let services: String = services.map(|service| service + "restart = \"never\"\n").collect();
    let home = Home::new();
    home.write_stack(&format!("name = \"Twelve\"\n{services}"));
    let mut launcher = home.command(Programs::skinai());
    let _launcher = home.spawn("launcher", launcher.arg("run"));
    for n in 1..=12 {
        let name = format!("s{n}");
        let logged = end_to_end::eventually_some(end_to_end::SOON, "it has ended", || {
            let logged = home.skinai(["logs", &name, "-n", "800"]).stdout;
            logged.contains("exited with code 3").then_some(logged)
        });
        let last: Vec<&str> = logged.lines().rev().take(2).collect();
        assert!(last[0].contains("exited with code 3"), "{name}: {last:?}");
        let words = logged.lines().position(|line| line.contains("its last words"));
        let end = logged.lines().position(|line| line.contains("exited with code 3"));
        assert!(words.is_some() && words < end, "{name}: {last:?}");
    }
}
