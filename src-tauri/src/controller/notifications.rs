//! Notifications: only for what needs a person, and gone when it no longer does.

use std::sync::Arc;

use contract::{Cause, ServiceSnapshot, ServiceState, Snapshot, Target};

use crate::text::{Language, TrayWords};
use crate::view::{MenuAction, StackAction};

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// By which it is taken away; one for each service of each stack.
    pub id: i32,
    /// The first line.
    pub title: String,
    /// What it is about, in a sentence or two.
    pub body: String,
    /// What a button in it does, where the desktop allows for one.
    pub action: Option<MenuAction>,
}

impl Notification {
    /// Something that was asked for did not work.
    pub fn refused(message: String) -> Self {
        Self { id: 0, title: "Skin AI Assistant".to_owned(), body: message, action: None }
    }
}

/// What is told of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    title: String,
    body: String,
    /// What helps.
    action: StackAction,
}

impl Told {
    /// Told of the instance of that name; of what stack, where that has to be said.
    pub(super) fn of_stack(self, id: i32, instance: &str, stack: Option<&str>) -> Notification {
        let Self { title, body, action } = self;
        let title = stack.map_or_else(|| title.clone(), |stack| format!("{stack}: {title}"));
        Notification { id, title, body, action: Some(MenuAction::Stack(instance.to_owned(), action)) }
    }
}

/// What a new snapshot means for the notifications, by the names of the services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A service needs a person.
    Raised(String, Told),
    /// It no longer does.
    Resolved(String),
}

/// Says which services came to need a person since the snapshot before, and which no longer do.
pub(super) fn changes(before: Option<&Snapshot>, after: &Snapshot, language: Language) -> Vec<Change> {
    let change = |service: &Arc<ServiceSnapshot>| {
        let name = service.name.clone();
        let was = before.and_then(|before| before.service(&service.name)).map(|service| service.state);
        let needed = was.is_some_and(needs_a_person);
        match needs_a_person(service.state) {
            true if was != Some(service.state) => Some(Change::Raised(name, told(service, language))),
            false if needed => Some(Change::Resolved(name)),
            _ => None,
        }
    };
    after.services.iter().filter_map(change).collect()
}

/// A cause in a language; the sentence where there is no cause.
pub(super) fn said(cause: Option<&Cause>, sentence: &str, language: Language) -> String {
    cause.map_or_else(|| sentence.to_owned(), |cause| cause.said(language))
}

fn needs_a_person(state: ServiceState) -> bool {
    matches!(state, ServiceState::Failed | ServiceState::Conflict)
}

fn told(service: &ServiceSnapshot, language: Language) -> Told {
    let (target, words) = (Target::service(&service.name), TrayWords::of(language));
    match &service.conflict {
        Some(conflict) if service.state == ServiceState::Conflict => {
            let holder = conflict.holder.said(language);
            Told {
                title: words.notification_conflict(&service.label),
                body: words.notification_conflict_body(conflict.port, holder),
                action: StackAction::Reallocate(target),
            }
        }
        _ => Told {
            title: words.notification_failed(&service.label),
            body: match &service.last_exit {
                Some(exit) => {
                    words.notification_failed_because(said(exit.cause.as_ref(), &exit.reason, language))
                }
                None => words.notification_failed_body(),
            },
            action: StackAction::Restart(target),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::stack;
    use ServiceState::*;

    fn between(before: [ServiceState; 3], after: [ServiceState; 3]) -> Vec<Change> {
        changes(Some(&stack(before)), &stack(after), Language::English)
    }

    #[test]
    fn what_heals_itself_disturbs_nobody() {
        for passing in [Starting, Unhealthy, Backoff, Stopping, Stopped] {
            assert_eq!(between([Healthy; 3], [Healthy, passing, Healthy]), []);
            assert_eq!(between([Healthy, passing, Healthy], [Healthy; 3]), []);
        }
    }

    #[test]
    fn a_conflict_is_told_once_with_holder_and_remedy() {
        let raised = between([Healthy; 3], [Healthy, Conflict, Healthy]);
        let [Change::Raised(service, told)] = raised.as_slice() else { panic!("{raised:?}") };
        assert_eq!(service, "ui");
        let notification = told.clone().of_stack(2, "default", None);
        assert_eq!(notification.title, "User UI lost its port");
        assert_eq!(
            notification.body,
            "Port 8001 is used by python3 (1234). Re-allocate gives it another one."
        );
        let reallocate = StackAction::Reallocate(Target::service("ui"));
        assert_eq!(notification.action, Some(MenuAction::Stack("default".to_owned(), reallocate)));
        assert_eq!(told.clone().of_stack(2, "shop", Some("Shop")).title, "Shop: User UI lost its port");
        assert_eq!(between([Healthy, Conflict, Healthy], [Healthy, Conflict, Starting]), []);
    }

    #[test]
    fn a_failure_is_told_and_taken_back() {
        let raised = between([Healthy; 3], [Failed, Healthy, Healthy]);
        assert!(matches!(&raised[..], [Change::Raised(service, _)] if service == "backend"), "{raised:?}");
        assert_eq!(
            between([Failed, Healthy, Healthy], [Starting, Healthy, Healthy]),
            [Change::Resolved("backend".to_owned())]
        );
    }

    #[test]
    fn a_failure_at_the_launch_is_told_too() {
        let text = Language::English;
        assert_eq!(changes(None, &stack([Failed, Healthy, Healthy]), text).len(), 1);
        assert_eq!(changes(None, &stack([Healthy; 3]), text), []);
    }

    #[test]
    fn it_is_told_in_the_language_of_the_system() {
        let text = Language::German;
        let raised = changes(Some(&stack([Healthy; 3])), &stack([Healthy, Conflict, Failed]), text);
        let [Change::Raised(_, conflict), Change::Raised(_, failed)] = raised.as_slice() else {
            panic!("{raised:?}")
        };
        assert_eq!(conflict.title, "User UI hat seinen Port verloren");
        assert!(conflict.body.starts_with("Port 8001 wird von python3 (1234) benutzt."), "{}", conflict.body);
        assert_eq!(failed.title, "Admin Dashboard ist ausgefallen");
    }
}
