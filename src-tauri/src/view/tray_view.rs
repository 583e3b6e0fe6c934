//! The tray's icon, sentence and menu, from the state of the application.

use std::path::PathBuf;
use std::sync::Arc;

use contract::{ServiceState, Snapshot};

use super::{Item, headline, menu};
use crate::text::Language;

/// How a stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppPhase {
    /// The engine is being launched; there is no snapshot yet.
    Launching,
    /// The engine runs.
    Running(Arc<Snapshot>),
    /// It runs in another process and does not answer; with what it told last.
    Silent(Option<Arc<Snapshot>>),
    /// Everything ends, and then the application does.
    Quitting(Option<Arc<Snapshot>>),
    /// Nothing runs: the launch was refused, or the instance was stopped from elsewhere.
    Ended {
        /// Why, in one sentence.
        message: String,
        /// Whether somebody wanted it so.
        wanted: bool,
    },
}

impl AppPhase {
    /// What is known of its services.
    pub(super) fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Self::Running(snapshot) | Self::Quitting(Some(snapshot)) | Self::Silent(Some(snapshot)) => {
                Some(snapshot)
            }
            Self::Launching | Self::Quitting(None) | Self::Silent(None) | Self::Ended { .. } => None,
        }
    }
}

/// One stack, as far as the tray shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFacts {
    /// The instance's name.
    pub instance: String,
    /// What it is called where no snapshot says it.
    pub title: Option<String>,
    /// How it is.
    pub phase: AppPhase,
    /// Whether it ends with the application.
    pub ends_with_application: bool,
    /// Whether it is launched with the application at login; `None` where it cannot be, or need not.
    pub at_login: Option<bool>,
}

/// The state of the application, as far as the tray shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The stacks that there are, the application's own first.
    pub stacks: Vec<StackFacts>,
    /// Stack files that were opened, newest first.
    pub recent: Vec<PathBuf>,
    /// Whether the application starts when the user logs in.
    pub start_at_login: bool,
    /// In which language it is said.
    pub language: Language,
}

/// What the icon says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrayIconState {
    // Of several stacks, the first of these is told.
    /// Somebody should look.
    Attention,
    /// Something is under way.
    Starting,
    /// All is well.
    Healthy,
    /// Nothing runs.
    Stopped,
}

/// Everything that the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayView {
    /// Which icon.
    pub icon: TrayIconState,
    /// The one sentence, also for a screen reader.
    pub tooltip: String,
    /// The menu, top to bottom.
    pub menu: Vec<Item>,
}

/// Turns the state of the application into what the tray shows.
pub fn tray_view(facts: &Facts) -> TrayView {
    let headline = headline::headline(facts);
    let icon =
        facts.stacks.iter().map(|stack| icon_state(&stack.phase)).min().unwrap_or(TrayIconState::Stopped);
    TrayView { icon, menu: menu::menu(facts, &headline), tooltip: headline }
}

pub(super) fn icon_state(phase: &AppPhase) -> TrayIconState {
    match phase {
        AppPhase::Launching | AppPhase::Quitting(_) => TrayIconState::Starting,
        AppPhase::Ended { wanted: true, .. } => TrayIconState::Stopped,
        AppPhase::Ended { wanted: false, .. } | AppPhase::Silent(_) => TrayIconState::Attention,
        AppPhase::Running(snapshot) => icon_state_of(snapshot),
    }
}

fn icon_state_of(snapshot: &Snapshot) -> TrayIconState {
    let any =
        |states: &[ServiceState]| snapshot.services.iter().any(|service| states.contains(&service.state));
    if any(&[ServiceState::Failed, ServiceState::Conflict, ServiceState::Unhealthy, ServiceState::Backoff]) {
        TrayIconState::Attention
    } else if any(&[ServiceState::Starting, ServiceState::Stopping]) {
        TrayIconState::Starting
    } else if snapshot.services.iter().any(|service| service.is_well() && !service.left_out) {
        TrayIconState::Healthy
    } else {
        TrayIconState::Stopped
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{facts, running, several, stack};
    use super::*;

    fn icon_with(states: [ServiceState; 3]) -> TrayIconState {
        tray_view(&running(stack(states))).icon
    }

    #[test]
    fn the_icon_follows_the_state_that_most_needs_a_look() {
        use ServiceState::*;
        assert_eq!(icon_with([Healthy, Healthy, Healthy]), TrayIconState::Healthy);
        assert_eq!(icon_with([Done, Done, Done]), TrayIconState::Healthy);
        assert_eq!(icon_with([Healthy, Starting, Healthy]), TrayIconState::Starting);
        assert_eq!(icon_with([Healthy, Starting, Conflict]), TrayIconState::Attention);
        assert_eq!(icon_with([Healthy, Backoff, Healthy]), TrayIconState::Attention);
        assert_eq!(icon_with([Healthy, Stopped, Healthy]), TrayIconState::Healthy);
        assert_eq!(icon_with([Stopped, Stopped, Stopped]), TrayIconState::Stopped);
        let mut left_out = stack([Stopped, Stopped, Stopped]);
        std::sync::Arc::make_mut(&mut left_out.services[0]).left_out = true;
        assert_eq!(tray_view(&running(left_out)).icon, TrayIconState::Stopped);
    }

    #[test]
    fn a_refused_launch_wants_a_look_and_a_wanted_stop_does_not() {
        let ended = |wanted| facts(AppPhase::Ended { message: "x".to_owned(), wanted });
        assert_eq!(tray_view(&ended(false)).icon, TrayIconState::Attention);
        assert_eq!(tray_view(&ended(true)).icon, TrayIconState::Stopped);
        assert_eq!(tray_view(&facts(AppPhase::Launching)).icon, TrayIconState::Starting);
    }

    #[test]
    fn of_several_stacks_the_worst_decides() {
        use ServiceState::*;
        let icon = |second: [ServiceState; 3]| {
            tray_view(&several([("default", [Healthy; 3]), ("shop", second)])).icon
        };
        assert_eq!(icon([Healthy; 3]), TrayIconState::Healthy);
        assert_eq!(icon([Healthy, Starting, Healthy]), TrayIconState::Starting);
        assert_eq!(icon([Healthy, Backoff, Starting]), TrayIconState::Attention);
        assert_eq!(icon([Stopped; 3]), TrayIconState::Healthy);
        let mut silent = several([("default", [Healthy; 3]), ("shop", [Healthy; 3])]);
        silent.stacks[1].phase = AppPhase::Silent(None);
        assert_eq!(tray_view(&silent).icon, TrayIconState::Attention);
    }

    #[test]
    fn a_probe_that_took_another_time_changes_nothing_in_the_tray() {
        let before = stack([ServiceState::Healthy; 3]);
        let mut after = before.clone();
        after.revision += 1;
        for service in &mut after.services {
            Arc::make_mut(service).health.latency_us = Some(4711);
        }
        assert_eq!(tray_view(&running(before)), tray_view(&running(after)));
    }
}
