//! Snapshots for the tests of this module.

use std::sync::Arc;

use contract::{
    Conflict, Handoff, Health, Holder, PortSource, ServiceSnapshot, ServiceState, Snapshot, Wanted,
};

use super::{AppPhase, Facts, StackFacts};
use crate::text::Language;

/// The built-in stack on 8000 to 8002, its services in these states.
pub fn stack(states: [ServiceState; 3]) -> Snapshot {
    let rows =
        [("backend", "Backend API", 8000), ("ui", "User UI", 8001), ("admin", "Admin Dashboard", 8002)];
    let services = rows.into_iter().zip(states).map(|((name, label, port), state)| {
        let open = name != "backend";
        Arc::new(service(name, label, port, open, state))
    });
    Snapshot {
        instance: "default".to_owned(),
        stack: "Skin AI Assistant".to_owned(),
        stack_file: None,
        pid: 1,
        revision: 1,
        state: states[0],
        services: services.collect(),
    }
}

/// The facts of an application that runs this.
pub fn running(snapshot: Snapshot) -> Facts {
    facts(AppPhase::Running(Arc::new(snapshot)))
}

/// The facts of the default instance in this phase.
pub fn facts(phase: AppPhase) -> Facts {
    let instance = "default".to_owned();
    let own = StackFacts { instance, title: None, phase, ends_with_application: false, at_login: None };
    Facts { stacks: vec![own], recent: Vec::new(), start_at_login: false, language: Language::English }
}

/// The facts of an application that shows these instances, each but the first of a stack that is called like it.
pub fn several<const N: usize>(stacks: [(&str, [ServiceState; 3]); N]) -> Facts {
    let facts_of = |(instance, states): (&str, _)| {
        let mut snapshot = stack(states);
        instance.clone_into(&mut snapshot.instance);
        if instance != "default" {
            instance.clone_into(&mut snapshot.stack);
        }
        let phase = AppPhase::Running(Arc::new(snapshot));
        let instance = instance.to_owned();
        StackFacts { instance, title: None, phase, ends_with_application: false, at_login: None }
    };
    Facts { stacks: stacks.into_iter().map(facts_of).collect(), ..facts(AppPhase::Launching) }
}

fn service(name: &str, label: &str, port: u16, open: bool, state: ServiceState) -> ServiceSnapshot {
    let holder = Holder {
        pid: Some(1234),
        name: Some("python3".to_owned()),
        command: None,
        user: None,
        hint: None,
        started: None,
    };
    let url = format!("http://127.0.0.1:{port}");
    ServiceSnapshot {
        name: name.to_owned(),
        label: label.to_owned(),
        wanted: if state == ServiceState::Stopped { Wanted::Down } else { Wanted::Up },
        state,
        finished: state == ServiceState::Done,
        left_out: false,
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        port_source: PortSource::Range,
        port_variable: None,
        requested_port: None,
        moved_from: None,
        ports: Default::default(),
        served_by: None,
        other_listeners: Vec::new(),
        open_url: open.then(|| format!("{url}/")),
        health_url: None,
        url: Some(url),
        pid: Some(u32::from(port)),
        handoff: Handoff::Socket,
        restarts: 0,
        restarts_since: None,
        since: jiff::Timestamp::UNIX_EPOCH,
        started_at: None,
        health: Health { latency_us: None, checked_at: None, last_error: None, cause: None },
        conflict: (state == ServiceState::Conflict).then_some(Conflict { port, holder }),
        last_exit: None,
        detail: None,
        cause: None,
        needs: Vec::new(),
        command: Vec::new(),
        folder: None,
    }
}
