//! The service `web`, and what is expected of every program that is one.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::{HEALTHY_WITHIN, Launch, SOON, Site, eventually, http, processes};
use nix::sys::signal::Signal;

/// More than any program here takes to end on a busy machine: who needs it would have been killed.
const GRACE: Duration = Duration::from_secs(20);

/// The service with these lines of a stack file.
pub(super) fn launch(site: &Site, lines: &str) -> Launch {
    let health = if lines.contains("health =") { "" } else { "health = { http = \"/\" }" };
    site.launch(&format!(
        "[service.web]\nport = {{ env = \"WEB_PORT\" }}\ncwd = \"SITE\"\nstart_timeout = \"60s\"\n\
         stop_grace = \"{}s\"\n{health}\n{lines}",
        GRACE.as_secs()
    ))
}

/// Whether `GET /` at the service's port is answered with a body that contains `says`.
pub(super) fn says(site: &Site, says: &str) -> bool {
    http::get(site.ports.nth(0), "/").is_ok_and(|answer| answer.text().contains(says))
}

/// Launches the lines: the program is healthy where it was told to be, also after a restart and after it was killed,
/// and ends by itself when it is told to.
#[track_caller]
pub(super) fn lives(site: &Site, lines: &str, answers: impl Fn() -> bool) {
    let mut launcher = launch(site, lines).start();
    let mut pids = HashSet::new();
    let mut is_there_anew = |restarts| {
        let snapshot = launcher.wait(HEALTHY_WITHIN, "another process is healthy", |snapshot| {
            let pid = snapshot.services[0].pid;
            snapshot.all_healthy() && pid.is_some_and(|pid| !pids.contains(&pid))
        });
        let service = &snapshot.services[0];
        assert_eq!((service.port, service.restarts), (Some(site.ports.nth(0)), restarts), "{service:#?}");
        assert!(answers(), "another answer at {:?}", service.url);
        pids.extend(service.pid);
        service.pid.unwrap_or_default()
    };
    is_there_anew(0);
    let outcome = site.home.skinai(["restart", "web"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let pid = is_there_anew(0);
    processes::signal(pid, Signal::SIGKILL);
    is_there_anew(1);
    let begun = Instant::now();
    assert_eq!(launcher.stop().code(), Some(0));
    assert!(begun.elapsed() < GRACE, "it had to be killed");
    site.home.assert_nothing_left(SOON);
}

/// Writes a source until it is seen that it has changed: a program may be healthy before it watches its files.
#[track_caller]
pub(crate) fn change(source: &Path, text: &str, mut is_seen: impl FnMut() -> bool) {
    let mut next = Instant::now();
    eventually(HEALTHY_WITHIN, "the changed source answers", || {
        if next <= Instant::now() {
            fs::write(source, text).unwrap();
            next += Duration::from_secs(5);
        }
        is_seen()
    });
}
