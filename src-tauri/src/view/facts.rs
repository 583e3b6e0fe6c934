//! The state of the application, as far as the tray shows it, and which icon stands for it.

use std::path::PathBuf;
use std::sync::Arc;

use contract::{ServiceState, Snapshot};

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
