//! Programs as they are found on each system.

use contract::Snapshot;

use crate::place::{Place, get, service, under_load};

/// What a package manager puts in front of a program.
fn script(place: &Place) -> &'static str {
    let (name, text) = if cfg!(windows) {
        ("start-it.cmd", format!("@\"{}\" --name script %*\r\n", place.fixture().display()))
    } else {
        ("start-it", format!("#!/bin/sh\n'{}' --name script \"$@\"\n", place.fixture().display()))
    };
    let path = place.stack().join(name);
    std::fs::write(&path, text).expect("the folder is writable");
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("it is ours");
    name
}

/// A script, a program that is found along `PATH`, and one by its place.
fn stack() -> Place {
    let place = Place::new();
    let script = script(&place);
    place.write(&format!(
        r#"
        service.script = {{ command = ["./{script}"], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        service.bare = {{ command = ["fixture"], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        service.placed = {{ command = [FIXTURE], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        "#
    ));
    place
}

/// Restarts all of it, and moves all of it.
fn restart_and_move(place: &Place, before: &Snapshot) {
    place.prints(&["restart"]);
    let after = place.until("all of it runs anew", Snapshot::all_healthy);
    for name in ["script", "bare", "placed"] {
        let [before, after] = [before, &after].map(|snapshot| service(snapshot, name));
        assert_eq!(before.port, after.port);
        assert_ne!(before.pid, after.pid);
    }
    place.prints(&["reallocate"]);
    let moved = place.until("all of it is elsewhere", Snapshot::all_healthy);
    for name in ["script", "bare", "placed"] {
        assert_ne!(service(&moved, name).port, service(before, name).port);
    }
}

#[test]
fn a_script_a_program_of_path_and_one_by_its_place_are_one_stack() {
    let place = stack();
    place.prints(&["run", "-d"]);
    let before = place.status("stack").expect("it runs");
    let shown = service(&before, "script");
    assert!(get(shown.port.unwrap(), "/").is_some_and(|answer| answer.starts_with("script ")));
    restart_and_move(&place, &before);
    place.prints(&["stop"]);
    place.nothing_is_left();
}

#[test]
fn such_a_stack_leaves_nothing_under_load_however_it_ends() {
    under_load(|| {
        for is_killed in [false, true, false, true] {
            let place = stack();
            let (launched, before) = place.healthy();
            restart_and_move(&place, &before);
            if is_killed {
                launched.kill();
            } else {
                place.prints(&["stop"]);
                assert_eq!(launched.ends().code(), Some(0));
            }
            place.nothing_is_left();
        }
    });
}
