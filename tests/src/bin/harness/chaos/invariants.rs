//! What must be true whatever happens.

use std::collections::HashSet;
use std::time::Duration;

use contract::{ServiceSnapshot, ServiceState, Snapshot};
use end_to_end::{Home, Launcher, SOON, Tally, eventually, http, processes};

/// Looks at every snapshot once.
#[derive(Default)]
pub struct Watch {
    seen: usize,
    revision: u64,
}

impl Watch {
    /// Checks the snapshots that came since the last look.
    pub fn check(&mut self, launcher: &Launcher) {
        let snapshots = launcher.snapshots();
        for snapshot in &snapshots[self.seen..] {
            assert!(
                snapshot.revision > self.revision,
                "revision {} after {}",
                snapshot.revision,
                self.revision
            );
            self.revision = snapshot.revision;
            no_port_twice(snapshot);
            words_agree(snapshot);
        }
        self.seen = snapshots.len();
    }
}

fn no_port_twice(snapshot: &Snapshot) {
    let ports: Vec<u16> = snapshot.services.iter().filter_map(|service| service.port).collect();
    let different: HashSet<&u16> = ports.iter().collect();
    assert_eq!(different.len(), ports.len(), "a port twice: {snapshot:#?}");
}

fn words_agree(snapshot: &Snapshot) {
    for service in &snapshot.services {
        let conflict = service.state == ServiceState::Conflict;
        assert_eq!(conflict, service.conflict.is_some(), "{service:#?}");
        if service.state == ServiceState::Healthy {
            assert!(service.pid.is_some() && service.port.is_some(), "{service:#?}");
        }
        let done = service.state == ServiceState::Done;
        assert!(!done || service.pid.is_none() && service.is_well(), "{service:#?}");
    }
}

/// Who answers at each address is the service that the map shows there.
pub fn map_is_true(launcher: &Launcher, home: &Home) {
    let true_map = || {
        let newest = launcher.newest();
        newest.is_some_and(|snapshot| {
            snapshot.services.iter().filter(|service| service.state != ServiceState::Done).all(|service| {
                let answer = service.port.and_then(|port| http::get(port, "/").ok());
                answer.is_some_and(|answer| is_from(service, &answer.text()))
            })
        })
    };
    eventually(
        Duration::from_secs(5),
        "every address is answered by the process that the map shows",
        true_map,
    );
    // Its socket may have been removed, and be made again.
    home.wait_status(SOON, "the launcher answers", |asked| asked.pid == launcher.pid());
}

/// Whether the service says so, and the process is its own or below it.
fn is_from(service: &ServiceSnapshot, said: &str) -> bool {
    if service.name == "backend" {
        // It tells only who has its token; and that it answers at all is what is asked.
        return true;
    }
    let (Some((name, process)), Some(pid)) = (said.trim().split_once(' '), service.pid) else { return false };
    let is_its = |process: u32| process == pid || processes::descendants(pid).contains(&process);
    name == service.name && process.parse().is_ok_and(is_its)
}

/// Every request to a socket service is answered; one that a killed process had taken may break off.
pub fn requests(name: &str, tally: &Tally) {
    let broken: Vec<&String> = match name {
        "calm" => tally.failures.iter().collect(),
        _ => tally.failures.iter().filter(|failure| failure.contains("refused")).collect(),
    };
    assert!(broken.is_empty(), "{name}: {broken:?}");
    assert!(!tally.answered.is_empty(), "{name} was never asked");
}
