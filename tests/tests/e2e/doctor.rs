//! `skinai doctor`: each thing that would stop a launch is said, with what to do.

use end_to_end::{Home, Outcome, PortBlock, Programs};

/// The line about one thing.
fn line<'a>(outcome: &'a Outcome, about: &str) -> &'a str {
    outcome
        .stdout
        .lines()
        .find(|line| line[6..].starts_with(about))
        .unwrap_or_else(|| panic!("{about}: {outcome:?}"))
}

#[test]
fn a_machine_without_a_desktop_is_told_how_it_works_there() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let outcome = home.skinai(["doctor"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(line(&outcome, "display").starts_with("note"), "{outcome:?}");
    for good in ["runtime folder", "data folder", "port range", "pidfd", "stack file"] {
        assert!(line(&outcome, good).starts_with("good"), "{good}: {outcome:?}");
    }
}

#[test]
fn what_a_container_refuses_is_said_with_what_to_allow() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let mut command = home.command(Programs::without_pidfd());
    let outcome = home.run(command.arg("1").arg(Programs::skinai()).arg("doctor"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let said = line(&outcome, "pidfd");
    assert!(said.starts_with("note") && said.contains("Operation not permitted"), "{said}");
    assert!(said.contains("pidfd_send_signal"), "{said}");
}

#[test]
fn who_holds_a_port_of_the_range_is_named() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let _held = ports.occupy(ports.nth(0));
    let outcome = home.skinai(["doctor"]);
    let said = line(&outcome, "port range");
    assert!(said.contains(&format!("held: {} ", ports.nth(0))), "{said}");
    assert!(said.contains(&format!("({})", std::process::id())), "{said}");
}

#[test]
fn what_has_to_be_mended_is_said_and_the_exit_code_is_1() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = home.write_stack(&ports.builtin_stack().replace("handoff", "hand_off"));
    let mut command = home.command(Programs::skinai());
    let outcome =
        home.run(command.arg("doctor").env("DISPLAY", ":4242").env("PATH", "/nowhere").env_remove("BROWSER"));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let (display, browser) = (line(&outcome, "display"), line(&outcome, "browser"));
    assert!(display.starts_with("FIX") && display.contains(":4242"), "{display}");
    assert!(browser.starts_with("FIX") && browser.contains("xdg-utils"), "{browser}");
    let file = line(&outcome, "stack file");
    assert!(file.starts_with("FIX") && file.contains(stack.to_str().unwrap()), "{file}");
    // A runtime folder that cannot be one.
    std::fs::write(home.path().join("file"), "").expect("a file");
    let mut command = home.command(Programs::skinai());
    let outcome = home.run(command.arg("doctor").env("XDG_RUNTIME_DIR", home.path().join("file")));
    assert!(line(&outcome, "runtime folder").starts_with("FIX"), "{outcome:?}");
}
