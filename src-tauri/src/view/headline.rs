//! The one sentence: all is well, or what is not.

use contract::{ServiceSnapshot, ServiceState, Snapshot};

use super::{Facts, Phase};

/// What the application is called where no stack says it.
const NAME: &str = "Skin AI Assistant";

/// The name of the stack (and of the instance, where it is not the default one), and how it is.
pub(super) fn headline(facts: &Facts) -> String {
    let name = stack_name(&facts.phase);
    let says = says(&facts.phase);
    match &facts.instance {
        Some(instance) => format!("{name} ({instance}): {says}"),
        None => format!("{name}: {says}"),
    }
}

fn stack_name(phase: &Phase) -> &str {
    match phase {
        Phase::Running(snapshot) | Phase::Quitting(Some(snapshot)) => &snapshot.stack,
        Phase::Launching | Phase::Quitting(None) | Phase::Ended { .. } => NAME,
    }
}

fn says(phase: &Phase) -> String {
    match phase {
        Phase::Launching => "starting".to_owned(),
        Phase::Running(snapshot) => says_of(snapshot),
        Phase::Quitting(snapshot) => quitting(snapshot.as_deref()),
        Phase::Ended { wanted: true, .. } => "stopped".to_owned(),
        Phase::Ended { wanted: false, .. } => "not started".to_owned(),
    }
}

/// The states in which not all is well, worst first, and their words.
const NOT_WELL: &[(ServiceState, &str)] = &[
    (ServiceState::Failed, "failed"),
    (ServiceState::Conflict, "in conflict"),
    (ServiceState::Unhealthy, "unhealthy"),
    (ServiceState::Backoff, "restarting after a crash"),
    (ServiceState::Stopping, "stopping"),
    (ServiceState::Starting, "starting"),
    (ServiceState::Stopped, "stopped"),
];

fn says_of(snapshot: &Snapshot) -> String {
    for &(state, word) in NOT_WELL {
        let those: Vec<_> = snapshot.services.iter().filter(|service| service.state == state).collect();
        if let Some((first, rest)) = those.split_first() {
            if those.len() == snapshot.services.len() && rest.len() > 1 {
                return word.to_owned();
            }
            return match rest {
                [] => format!("{} {word}", first.label),
                [second] => format!("{} and {} {word}", first.label, second.label),
                _ => format!("{} services {word}", those.len()),
            };
        }
    }
    "all healthy".to_owned()
}

fn quitting(snapshot: Option<&Snapshot>) -> String {
    let left = |service: &&std::sync::Arc<ServiceSnapshot>| {
        service.pid.is_some() && !matches!(service.state, ServiceState::Stopped | ServiceState::Failed)
    };
    let waiting: Vec<&str> = snapshot
        .map(|snapshot| {
            // Those that were told to end are the ones that are waited for; the others' turn comes.
            let told = snapshot.services.iter().filter(|service| service.state == ServiceState::Stopping);
            let told: Vec<_> = told.map(|service| service.label.as_str()).collect();
            let others =
                || snapshot.services.iter().filter(left).map(|service| service.label.as_str()).collect();
            if told.is_empty() { others() } else { told }
        })
        .unwrap_or_default();
    match waiting.as_slice() {
        [] => "stopping".to_owned(),
        [one] => format!("stopping: waiting for {one}"),
        [first, second] => format!("stopping: waiting for {first} and {second}"),
        more => format!("stopping: waiting for {} services", more.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::{facts, running, stack};
    use super::*;

    fn says_with(states: [ServiceState; 3]) -> String {
        headline(&running(stack(states)))
    }

    #[test]
    fn it_says_that_all_is_well_or_what_is_not() {
        use ServiceState::*;
        assert_eq!(says_with([Healthy, Healthy, Healthy]), "Skin AI Assistant: all healthy");
        assert_eq!(says_with([Healthy, Conflict, Healthy]), "Skin AI Assistant: User UI in conflict");
        assert_eq!(
            says_with([Healthy, Conflict, Conflict]),
            "Skin AI Assistant: User UI and Admin Dashboard in conflict"
        );
        assert_eq!(says_with([Starting, Starting, Starting]), "Skin AI Assistant: starting");
        assert_eq!(says_with([Stopped, Stopped, Stopped]), "Skin AI Assistant: stopped");
        assert_eq!(says_with([Healthy, Healthy, Stopped]), "Skin AI Assistant: Admin Dashboard stopped");
    }

    #[test]
    fn the_worst_is_said_first() {
        use ServiceState::*;
        assert_eq!(says_with([Starting, Conflict, Failed]), "Skin AI Assistant: Admin Dashboard failed");
        assert_eq!(
            says_with([Starting, Backoff, Healthy]),
            "Skin AI Assistant: User UI restarting after a crash"
        );
    }

    #[test]
    fn while_it_ends_it_says_what_it_waits_for() {
        use ServiceState::*;
        let quitting = |states| headline(&facts(Phase::Quitting(Some(Arc::new(stack(states))))));
        assert_eq!(
            quitting([Stopping, Stopped, Stopped]),
            "Skin AI Assistant: stopping: waiting for Backend API"
        );
        assert_eq!(
            quitting([Healthy, Stopping, Stopping]),
            "Skin AI Assistant: stopping: waiting for User UI and Admin Dashboard"
        );
        assert_eq!(quitting([Stopped, Stopped, Stopped]), "Skin AI Assistant: stopping");
        assert_eq!(headline(&facts(Phase::Quitting(None))), "Skin AI Assistant: stopping");
    }

    #[test]
    fn another_instance_says_its_name() {
        let mut facts = running(stack([ServiceState::Healthy; 3]));
        facts.instance = Some("b".to_owned());
        assert_eq!(headline(&facts), "Skin AI Assistant (b): all healthy");
    }
}
