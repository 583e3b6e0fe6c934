//! What a stack of programs as they are found on each system goes through.

use contract::Snapshot;

use crate::foreign_stack::stack;
use crate::place::{Place, get, service, under_load};

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
