//! Programs as they are found on each system.

use crate::place::Place;

/// What a package manager puts in front of a program.
pub const SCRIPT: &str = if cfg!(windows) { "start-it.cmd" } else { "start-it" };

/// A script, a program that is found along `PATH`, and one by its place.
pub fn stack() -> Place {
    let place = Place::new();
    write_script(&place);
    place.write(&format!(
        r#"
        service.script = {{ command = ["./{SCRIPT}"], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        service.bare = {{ command = ["fixture"], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        service.placed = {{ command = [FIXTURE], port = {{ env = "PORT" }}, health = {{ http = "/health" }} }}
        "#
    ));
    place
}

fn write_script(place: &Place) {
    let text = if cfg!(windows) {
        format!("@\"{}\" --name script %*\r\n", place.fixture().display())
    } else {
        format!("#!/bin/sh\n'{}' --name script \"$@\"\n", place.fixture().display())
    };
    let path = place.stack().join(SCRIPT);
    std::fs::write(&path, text).expect("the folder is writable");
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("it is ours");
}
