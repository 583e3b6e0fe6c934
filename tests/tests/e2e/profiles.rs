//! Launches of a part of a stack, by profiles and by names.

use contract::{ServiceState, Snapshot};
use end_to_end::{Home, Launch, PortBlock, Programs, SOON, StackFile, http};

/// `web` with `api`, and `debug` with a profile, which cannot be started without its port variable being told to it.
fn stack(ports: &PortBlock) -> StackFile {
    StackFile::new(ports).service("api", &[], "").service("web", &[], "needs = [\"api\"]").service(
        "debug",
        &[],
        "profiles = [\"debug\"]\nneeds = [\"api\"]\nstrict = true",
    )
}

fn left_out(snapshot: &Snapshot) -> Vec<&str> {
    let left_out = snapshot.services.iter().filter(|service| service.left_out);
    left_out.map(|service| service.name.as_str()).collect()
}

#[test]
fn a_service_with_a_profile_is_left_out_and_counts_as_well_until_it_is_started() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // That its port is taken and its program is gone is nothing to a launch that leaves it out.
    let taken = ports.spare();
    let _stranger = ports.occupy(taken);
    let with_ghost = stack(&ports).command("ghost", &["no-such-program"], "profiles = [\"ghosts\"]");
    let launcher = Launch::stack(&home, with_ghost.text()).env("DEBUG_PORT", taken.to_string()).start();
    let snapshot = launcher.healthy();
    assert_eq!(left_out(&snapshot), ["debug", "ghost"]);
    assert_eq!(snapshot.state, ServiceState::Healthy);
    let debug = snapshot.service("debug").unwrap();
    assert_eq!((debug.state, debug.pid), (ServiceState::Stopped, None));
    assert_eq!(debug.detail.as_deref(), Some("left out of this launch"));
    assert_eq!(home.skinai(["status"]).code, Some(0));
    assert_eq!(home.skinai(["wait"]).code, Some(0));
    let named = home.skinai(["wait", "debug"]);
    assert_eq!(named.code, Some(1), "{named:?}");
    assert!(named.stderr.contains("debug is stopped (left out of this launch)"), "{named:?}");
    for request in ["restart", "start"] {
        assert_eq!(home.skinai([request]).code, Some(0));
        assert_eq!(left_out(&home.status()), ["debug", "ghost"], "{request} of all starts none of them");
    }
    assert_eq!(home.skinai(["start", "debug"]).code, Some(0));
    let started = home.wait_status(SOON, "it is healthy", |snapshot| {
        snapshot.service("debug").unwrap().state == ServiceState::Healthy
    });
    assert_eq!(left_out(&started), ["ghost"]);
    let port = started.service("debug").unwrap().port.unwrap();
    assert_eq!(http::get(port, "/health").unwrap().status, 200);
}

#[test]
fn a_profile_is_active_by_option_and_by_variable() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let two = stack(&ports).service("more", &[], "profiles = [\"a\", \"b\"]");
    for (launch, expected) in [
        (Launch::stack(&home, two.text()).arg("--profile").arg("debug"), &["more"][..]),
        (Launch::stack(&home, two.text()).env("SKINAI_PROFILES", "x, b"), &["debug"]),
        (Launch::stack(&home, two.text()).env("SKINAI_PROFILES", "b").arg("--profile=debug"), &[]),
        (Launch::stack(&home, two.text()).arg("--profile=*"), &[]),
    ] {
        let mut launcher = launch.start();
        assert_eq!(left_out(&launcher.healthy()), expected);
        assert_eq!(launcher.stop().code(), Some(0));
    }
}

#[test]
fn what_needs_a_service_that_is_left_out_is_refused_with_the_profile_to_add() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(stack(&ports).service("shell", &[], "needs = [\"debug\"]").text());
    for command in ["run", "check"] {
        let refused = home.skinai([command]);
        assert_eq!((refused.code, refused.stderr.lines().count()), (Some(2), 1), "{refused:?}");
        let said = "shell needs debug, which is left out: add --profile debug";
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
    assert_eq!(home.skinai(["check", "--profile", "debug"]).code, Some(0));
}

#[test]
fn a_launch_in_the_background_and_one_with_a_command_wait_for_what_is_launched() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(stack(&ports).text());
    let script = format!("{} status --json", Programs::skinai().display());
    let ran = home.skinai(["run", "--profile", "x", "--", "sh", "-c", &script]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("no service has the profile `x`; profiles here: `debug`"), "{ran:?}");
    assert_eq!(left_out(&serde_json::from_str(&ran.stdout).unwrap()), ["debug"]);
    let launched = home.skinai(["run", "-d", "--profile", "debug"]);
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert_eq!(left_out(&home.status()), [""; 0]);
    assert_eq!(home.skinai(["stop"]).code, Some(0));
}

#[test]
fn services_that_are_named_are_launched_with_what_they_need() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let text = stack(&ports).service("other", &[], "").text().to_owned();
    for (names, expected) in [(&["web"][..], &["debug", "other"][..]), (&["debug"], &["web", "other"])] {
        let mut launcher =
            names.iter().fold(Launch::stack(&home, &text), |launch, name| launch.arg(name)).start();
        let snapshot = launcher.healthy();
        assert_eq!(left_out(&snapshot), expected);
        assert_eq!(snapshot.service("api").unwrap().state, ServiceState::Healthy);
        assert_eq!(launcher.stop().code(), Some(0));
    }
    let script = format!("{} status --json", Programs::skinai().display());
    let ran = home.skinai(["run", "other", "api", "--", "sh", "-c", &script]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(left_out(&serde_json::from_str(&ran.stdout).unwrap()), ["web", "debug"]);
    let unknown = home.skinai(["run", "wep"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(
        unknown.stderr.contains("there is no service `wep`; there are api, web, debug, other"),
        "{unknown:?}"
    );

    let launched = home.skinai(["run", "-d", "web"]);
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert_eq!(left_out(&home.status()), ["debug", "other"]);
    assert_eq!(home.skinai(["run", "-d", "api"]).code, Some(0), "it runs already");
    let elsewhere = home.skinai(["run", "-d", "other"]);
    assert_eq!(elsewhere.code, Some(1), "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("other is stopped (left out of this launch)"), "{elsewhere:?}");
    assert_eq!(home.skinai(["start", "other"]).code, Some(0));
    assert_eq!(home.skinai(["run", "-d", "other"]).code, Some(0));
    assert_eq!(home.skinai(["stop"]).code, Some(0));
}
