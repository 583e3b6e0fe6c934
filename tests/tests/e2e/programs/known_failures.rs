//! What is known to go wrong does not, or the message says what to do.

use contract::ServiceState;
use end_to_end::{HEALTHY_WITHIN, Site};

use super::documented::row;
use super::web;

#[test]
fn streamlit_asks_for_nothing_and_opens_nothing_where_there_is_a_display() {
    let site = Site::new("app");
    let launcher = web::launch(&site, &row("Streamlit")).env("DISPLAY", ":0").start();
    launcher.healthy();
    let log = site.home.skinai(["logs", "web"]).stdout;
    assert!(log.contains("You can now view") && !log.contains("Email"), "{log}");
    assert!(site.home.opened().is_empty(), "{:?}", site.home.opened());
}

/// The lines of a service that cannot start so, and what it is to say.
const FAILURES: [(&str, &str); 3] = [
    (
        "command = [\"gunicorn\", \"wsgi:app\", \"--bind\", \"fd://3\"]\nhandoff = \"socket\"",
        "leave the option with `fd://` out",
    ),
    ("command = [\"npm\", \"start\"]\nhandoff = \"socket\"", "run the program without npm"),
    ("command = [\"uvicorn\", \"main:app\", \"--fd\", \"3\"]", "set handoff = \"socket\""),
];

#[test]
fn a_program_that_fails_in_a_known_way_says_what_to_do() {
    for (lines, says) in FAILURES {
        let site = Site::new("app");
        let launcher = web::launch(&site, lines).start();
        let failed = launcher.wait(HEALTHY_WITHIN, "it has failed", |snapshot| {
            snapshot.services[0].state == ServiceState::Failed
        });
        let detail = failed.services[0].detail.clone().unwrap_or_default();
        assert!(detail.contains(says), "{lines}: {detail}");
    }
}
