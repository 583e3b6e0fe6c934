//! Programs as they are found on each system.

use contract::Snapshot;

use crate::place::{Place, get, output, service};

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

#[test]
fn a_script_a_program_of_path_and_one_by_its_place_are_one_stack() {
    let place = Place::new();
    let script = script(&place);
    place.write(&format!(
        r#"
        service.script = {{ command = ["./{script}"], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        service.bare = {{ command = ["fixture"], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        service.placed = {{ command = [FIXTURE], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        "#
    ));
    let folder = place.fixture().parent().expect("it is in a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap();
    let launched = output(place.command(&["run", "-d"]).env("PATH", path));
    assert!(launched.status.success(), "{}", String::from_utf8_lossy(&launched.stderr));
    let before = place.status("stack").expect("it runs");
    let shown = service(&before, "script");
    assert!(get(shown.port.unwrap(), "/").is_some_and(|answer| answer.starts_with("script ")));
    place.prints(&["restart"]);
    let after = place.until("all of it runs anew", Snapshot::all_healthy);
    for name in ["script", "bare", "placed"] {
        let [before, after] = [&before, &after].map(|snapshot| service(snapshot, name));
        assert_eq!(before.port, after.port);
        assert_ne!(before.pid, after.pid);
    }
    place.prints(&["reallocate"]);
    let moved = place.until("all of it is elsewhere", Snapshot::all_healthy);
    assert_ne!(service(&moved, "bare").port, service(&before, "bare").port);
    place.prints(&["stop"]);
    place.nothing_is_left();
}
