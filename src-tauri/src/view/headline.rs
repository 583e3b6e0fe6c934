//! The one sentence: all is well, or what is not.

use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot};

use super::facts::icon_state;
use super::{AppPhase, Facts, StackFacts};
use crate::instance;
use crate::text::TrayWords;

/// What the application is called where no stack says it.
const NAME: &str = "Skin AI Assistant";

/// How the stack is; of several, the worst, or that all are well.
pub(super) fn headline(facts: &Facts) -> String {
    let words = TrayWords::of(facts.language);
    let well =
        |stack: &StackFacts| matches!(&stack.phase, AppPhase::Running(snapshot) if snapshot.all_healthy());
    match facts.stacks.as_slice() {
        several @ [_, _, ..] if several.iter().all(well) => words.headline_all_stacks_healthy(several.len()),
        stacks => {
            let worst = stacks.iter().min_by_key(|stack| (well(stack), icon_state(&stack.phase)));
            worst.map(|stack| headline_of(stack, words)).unwrap_or_default()
        }
    }
}

/// The name of the stack (and of the instance, where it is neither the default one nor called the same), and how it is.
pub(super) fn headline_of(stack: &StackFacts, words: &TrayWords) -> String {
    let (name, instance, says) = (stack_name(stack), &stack.instance, says(&stack.phase, words));
    if instance == instance::DEFAULT || instance.eq_ignore_ascii_case(name) {
        words.headline_of(name, says)
    } else {
        words.headline_of_instance(name, instance, says)
    }
}

pub(super) fn stack_name(stack: &StackFacts) -> &str {
    let told = stack.phase.snapshot().map(|snapshot| snapshot.stack.as_str());
    told.or(stack.title.as_deref()).unwrap_or(NAME)
}

fn says(phase: &AppPhase, words: &TrayWords) -> String {
    match phase {
        AppPhase::Launching => words.headline_starting(),
        AppPhase::Running(snapshot) => says_of(snapshot, words),
        AppPhase::Silent(_) => words.headline_silent(),
        AppPhase::Quitting(snapshot) => words.headline_waits_for(&waited_for(snapshot.as_deref())),
        AppPhase::Ended { wanted: true, .. } => words.headline_stopped(),
        AppPhase::Ended { wanted: false, .. } => words.headline_not_started(),
    }
}

/// The states in which not all is well, worst first.
const NOT_WELL: &[ServiceState] = &[
    ServiceState::Failed,
    ServiceState::Conflict,
    ServiceState::Unhealthy,
    ServiceState::Backoff,
    ServiceState::Stopping,
    ServiceState::Starting,
    ServiceState::Stopped,
];

fn says_of(snapshot: &Snapshot, words: &TrayWords) -> String {
    for &state in NOT_WELL {
        // What waits for a service that somebody has to see to is not about to start.
        let starts = |service: &ServiceSnapshot| {
            service.state != ServiceState::Starting || held_back_by(service).is_none()
        };
        let those = snapshot.services.iter();
        let those = those.filter(|service| service.state == state && !service.is_well() && starts(service));
        let labels: Vec<_> = those.map(|service| service.label.as_str()).collect();
        if labels.is_empty() {
            continue;
        }
        let launched = snapshot.services.iter().filter(|service| !service.left_out).count();
        let all = labels.len() == launched && labels.len() > 2;
        if let Some(said) = words.headline_some(state, if all { &[] } else { &labels }) {
            let waiting = match labels.as_slice() {
                [label] => waiting_for(snapshot, label),
                _ => Vec::new(),
            };
            return match waiting.first() {
                Some(first) => words.headline_held_back(said, waiting.len(), *first),
                None => said,
            };
        }
    }
    words.headline_all_healthy()
}

/// The label of what it waits for, where that will not be up before somebody sees to it.
fn held_back_by(service: &ServiceSnapshot) -> Option<&str> {
    match &service.cause {
        Some(Cause::HeldBack { label, .. }) => Some(label),
        _ => None,
    }
}

/// The labels of the services that wait for that one.
fn waiting_for<'a>(snapshot: &'a Snapshot, label: &str) -> Vec<&'a str> {
    let those = snapshot.services.iter().filter(|service| held_back_by(service) == Some(label));
    those.map(|service| service.label.as_str()).collect()
}

/// The labels of the services whose end is waited for.
fn waited_for(snapshot: Option<&Snapshot>) -> Vec<&str> {
    let Some(snapshot) = snapshot else { return Vec::new() };
    let labels = |which: &dyn Fn(&ServiceSnapshot) -> bool| {
        let those = snapshot.services.iter().filter(|service| which(service));
        those.map(|service| service.label.as_str()).collect::<Vec<_>>()
    };
    // Those that were told to end are the ones that are waited for; the others' turn comes.
    let told = labels(&|service| service.state == ServiceState::Stopping);
    if !told.is_empty() {
        return told;
    }
    labels(&|service| {
        service.pid.is_some() && !matches!(service.state, ServiceState::Stopped | ServiceState::Failed)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::{facts, running, several, stack};
    use super::*;
    use crate::text::Language;

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
    fn what_is_left_out_says_nothing() {
        use ServiceState::*;
        let with = |states| {
            let mut snapshot = stack(states);
            Arc::make_mut(&mut snapshot.services[2]).left_out = true;
            headline(&running(snapshot))
        };
        assert_eq!(with([Healthy, Healthy, Stopped]), "Skin AI Assistant: all healthy");
        assert_eq!(with([Healthy, Stopped, Stopped]), "Skin AI Assistant: User UI stopped");
    }

    #[test]
    fn what_has_done_its_work_is_well() {
        use ServiceState::*;
        let with = |states, finished: &[usize]| {
            let mut snapshot = stack(states);
            finished.iter().for_each(|at| Arc::make_mut(&mut snapshot.services[*at]).finished = true);
            headline(&running(snapshot))
        };
        assert_eq!(with([Stopped, Healthy, Healthy], &[0]), "Skin AI Assistant: all healthy");
        assert_eq!(with([Stopped, Stopped, Healthy], &[0]), "Skin AI Assistant: User UI stopped");
        assert_eq!(with([Stopped; 3], &[0, 1, 2]), "Skin AI Assistant: all healthy");
        assert_eq!(with([Done, Healthy, Done], &[]), "Skin AI Assistant: all healthy");
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
    fn what_waits_for_the_one_that_is_not_well_is_said_with_it() {
        use ServiceState::*;
        let with = |states: [ServiceState; 3], waiting: &[usize], language| {
            let mut snapshot = stack(states);
            for at in waiting {
                let held_back =
                    Cause::HeldBack { label: "Backend API".to_owned(), state: states[0], because: None };
                Arc::make_mut(&mut snapshot.services[*at]).cause = Some(held_back);
            }
            headline(&Facts { language, ..running(snapshot) })
        };
        let english = |states, waiting| with(states, waiting, Language::English);
        assert_eq!(
            english([Failed, Starting, Healthy], &[1]),
            "Skin AI Assistant: Backend API failed; User UI waits for it"
        );
        assert_eq!(
            english([Conflict, Starting, Starting], &[1, 2]),
            "Skin AI Assistant: Backend API in conflict; 2 services wait for it"
        );
        assert_eq!(
            english([Stopped, Starting, Healthy], &[1]),
            "Skin AI Assistant: Backend API stopped; User UI waits for it"
        );
        assert_eq!(
            english([Failed, Failed, Starting], &[2]),
            "Skin AI Assistant: Backend API and User UI failed"
        );
        assert_eq!(
            with([Failed, Starting, Healthy], &[1], Language::German),
            "Skin AI Assistant: Backend API ist ausgefallen; User UI wartet darauf"
        );
    }

    #[test]
    fn while_it_ends_it_says_what_it_waits_for() {
        use ServiceState::*;
        let quitting = |states| headline(&facts(AppPhase::Quitting(Some(Arc::new(stack(states))))));
        assert_eq!(
            quitting([Stopping, Stopped, Stopped]),
            "Skin AI Assistant: stopping: waiting for Backend API"
        );
        assert_eq!(
            quitting([Healthy, Stopping, Stopping]),
            "Skin AI Assistant: stopping: waiting for User UI and Admin Dashboard"
        );
        assert_eq!(quitting([Stopped, Stopped, Stopped]), "Skin AI Assistant: stopping");
        assert_eq!(headline(&facts(AppPhase::Quitting(None))), "Skin AI Assistant: stopping");
    }

    #[test]
    fn another_instance_says_its_name() {
        let mut facts = running(stack([ServiceState::Healthy; 3]));
        facts.stacks[0].instance = "b".to_owned();
        assert_eq!(headline(&facts), "Skin AI Assistant (b): all healthy");
    }

    #[test]
    fn of_several_stacks_the_worst_is_said() {
        use ServiceState::*;
        let says = |second| headline(&several([("default", [Healthy; 3]), ("shop", second)]));
        assert_eq!(says([Healthy; 3]), "2 stacks: all healthy");
        assert_eq!(says([Healthy, Stopped, Healthy]), "shop: User UI stopped");
        assert_eq!(says([Healthy, Conflict, Healthy]), "shop: User UI in conflict");
        let both = several([("default", [Healthy, Stopped, Healthy]), ("shop", [Healthy, Failed, Healthy])]);
        assert_eq!(headline(&both), "shop: User UI failed");
        let mut silent = both;
        silent.stacks[0].phase = AppPhase::Silent(None);
        assert_eq!(headline(&silent), "Skin AI Assistant: does not answer");
    }

    #[test]
    fn it_is_said_in_the_language_of_the_system() {
        use ServiceState::*;
        let german = |states| headline(&Facts { language: Language::German, ..running(stack(states)) });
        assert_eq!(german([Healthy, Healthy, Healthy]), "Skin AI Assistant: alles läuft");
        assert_eq!(german([Healthy, Conflict, Healthy]), "Skin AI Assistant: Port von User UI ist belegt");
        for state in [Failed, Conflict, Unhealthy, Backoff, Stopping, Starting, Stopped] {
            for states in [[state, Healthy, Healthy], [state, state, Healthy], [state; 3]] {
                let text = german(states);
                assert!(!text.contains(['{', '}']), "{text}");
            }
        }
    }
}
