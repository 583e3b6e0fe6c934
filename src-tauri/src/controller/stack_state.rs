//! What the controller knows of one stack.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use client::{Client, is_same_file};
use contract::{ApiError, ErrorCode, Sample, ServiceSnapshot, ServiceState, Snapshot};
use engine::Handle;
use tokio::sync::{broadcast, watch};

use super::event::StackId;
use super::instance_link::InstanceLink;
use super::{EngineLauncher, LaunchRefusal, PanelEvent, ReplyTo, StackSummary};
use crate::instance;
use crate::latencies::Latencies;
use crate::text::TrayWords;
use crate::view::AppPhase;

/// How many samples a panel that is slow may be behind before it misses some.
const SAMPLES_BEHIND_MAX: usize = 1024;

/// How a stack is, with what is needed to act on it.
pub(super) enum StackPhase {
    Launching,
    Running(InstanceLink),
    /// It runs in another process and does not say how it is.
    Silent {
        link: InstanceLink,
        message: String,
    },
    /// Somebody stopped the services elsewhere.
    Ended {
        message: String,
    },
    /// The launch was refused, and nothing was started.
    Refused(LaunchRefusal),
}

/// One stack.
pub(super) struct StackState {
    pub(super) id: StackId,
    /// The name of its instance: at a launch without one, the usual name until the engine says another.
    pub(super) name: String,
    /// The name that it had until another process took it.
    pub(super) gave_way: Option<String>,
    /// How it is launched; `None` for one that another process has launched.
    pub(super) launcher: Option<EngineLauncher>,
    pub(super) phase: StackPhase,
    /// The stack file of the settings at its last launch.
    pub(super) launched_with: Option<PathBuf>,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    /// Its stack file, when it was last known to run.
    pub(super) last_file: Option<PathBuf>,
    /// What its stack file calls it, as soon as that is known.
    pub(super) title: Option<String>,
    pub(super) latencies: Latencies,
    /// The ids of the notifications about its services that were shown, by the service's name.
    pub(super) notified: HashMap<String, i32>,
    /// Whether the first service that people use is to be opened as soon as it is healthy.
    pub(super) open_when_healthy: bool,
    /// It is to be ended as soon as it is launched.
    pub(super) ending: bool,
    /// Who asked for a launch that is under way.
    pub(super) launch_asked: Vec<ReplyTo<()>>,
    /// What the panel shows of it.
    pub(super) panel: watch::Sender<Option<PanelEvent>>,
    /// Its samples, one engine after the other.
    pub(super) samples: broadcast::Sender<Sample>,
}

impl StackState {
    /// A stack that is about to be launched.
    pub(super) fn here(id: StackId, launcher: EngineLauncher) -> Self {
        let name = launcher.instance.clone().unwrap_or_else(|| instance::DEFAULT.to_owned());
        Self::new(id, name, Some(launcher), StackPhase::Launching)
    }

    /// A stack that another process runs.
    pub(super) fn there(id: StackId, client: Client) -> Self {
        let name = client.instance().to_owned();
        Self::new(id, name, None, StackPhase::Running(InstanceLink::There(client)))
    }

    /// A stack that is not there any more.
    pub(super) fn gone(name: &str, message: String) -> Self {
        Self::new(StackId::MAX, name.to_owned(), None, StackPhase::Ended { message })
    }

    fn new(id: StackId, name: String, launcher: Option<EngineLauncher>, phase: StackPhase) -> Self {
        Self {
            id,
            name,
            gave_way: None,
            launcher,
            phase,
            launched_with: None,
            snapshot: None,
            last_file: None,
            title: None,
            latencies: Latencies::default(),
            notified: HashMap::new(),
            open_when_healthy: false,
            ending: false,
            launch_asked: Vec::new(),
            panel: watch::Sender::new(None),
            samples: broadcast::Sender::new(SAMPLES_BEHIND_MAX),
        }
    }

    /// Its engine, where that runs in this process.
    pub(super) fn handle(&self) -> Option<&Handle> {
        match &self.phase {
            StackPhase::Running(InstanceLink::Here(handle)) => Some(handle),
            _ => None,
        }
    }

    pub(super) fn link(&self) -> Option<&InstanceLink> {
        match &self.phase {
            StackPhase::Running(link) | StackPhase::Silent { link, .. } => Some(link),
            StackPhase::Launching | StackPhase::Ended { .. } | StackPhase::Refused(_) => None,
        }
    }

    pub(super) fn running(&self, words: &TrayWords) -> Result<&InstanceLink, ApiError> {
        let nothing = || ApiError::new(ErrorCode::NotRunning, words.refused_nothing_runs());
        self.link().ok_or_else(nothing)
    }

    pub(super) fn row(&self, service: &str, words: &TrayWords) -> Result<&Arc<ServiceSnapshot>, ApiError> {
        let snapshot = self.snapshot.as_ref();
        let snapshot =
            snapshot.ok_or_else(|| ApiError::new(ErrorCode::NotRunning, words.refused_nothing_runs()))?;
        let row = snapshot.services.iter().find(|row| row.name == service);
        row.ok_or_else(|| ApiError::new(ErrorCode::UnknownService, words.unknown_service(service)))
    }

    /// Why it is not as it should be, where its snapshot does not say it.
    pub(super) fn trouble(&self) -> Option<&str> {
        match &self.phase {
            StackPhase::Silent { message, .. }
            | StackPhase::Ended { message }
            | StackPhase::Refused(LaunchRefusal { message, .. }) => Some(message),
            StackPhase::Launching | StackPhase::Running(_) => None,
        }
    }

    /// Whether nothing of it is there.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, StackPhase::Ended { .. } | StackPhase::Refused(_))
    }

    /// Whether the application can end without leaving anything of it behind.
    pub(super) fn lets_go(&self) -> bool {
        self.launcher.is_none() || self.is_over()
    }

    /// Its stack file; `None` for the built-in stack.
    pub(super) fn file(&self) -> Option<PathBuf> {
        let told = self.snapshot.as_ref().and_then(|snapshot| snapshot.stack_file.as_ref());
        let launched = || self.launcher.as_ref()?.stack_flag.clone();
        told.map(PathBuf::from).or_else(launched).or_else(|| self.last_file.clone())
    }

    /// Whether its stack file is one of these; `None` where it has none.
    pub(super) fn is_of(&self, files: &[PathBuf]) -> Option<bool> {
        self.file().map(|file| files.iter().any(|other| is_same_file(other, &file)))
    }

    pub(super) fn take_in(&mut self, sample: Sample) {
        self.latencies.take_in(&sample);
        // Nobody may be looking.
        let _ = self.samples.send(sample);
    }

    /// Brings the panel's view of it up to the present state.
    pub(super) fn show(&self) {
        let event = match (&self.phase, &self.snapshot) {
            (StackPhase::Ended { message }, _) => {
                Some(PanelEvent::Ended { message: message.clone(), refused: false, file: None })
            }
            (StackPhase::Refused(LaunchRefusal { message, file, .. }), _) => {
                let file = file.as_deref().map(text);
                Some(PanelEvent::Ended { message: message.clone(), refused: true, file })
            }
            (StackPhase::Silent { message, .. }, _) => Some(PanelEvent::Silent { message: message.clone() }),
            (_, Some(snapshot)) => Some(PanelEvent::Snapshot { snapshot: Arc::clone(snapshot) }),
            (_, None) => None,
        };
        self.panel.send_if_modified(|shown| {
            let changed = *shown != event;
            *shown = event;
            changed
        });
    }

    /// Its line in the list of all.
    pub(super) fn summary(&self, at_login: &[PathBuf]) -> StackSummary {
        let file = self.file();
        let snapshot = self.snapshot.as_deref();
        let state = match &self.phase {
            StackPhase::Launching => ServiceState::Starting,
            StackPhase::Running(_) => snapshot.map_or(ServiceState::Starting, |snapshot| snapshot.state),
            StackPhase::Silent { .. } => ServiceState::Unhealthy,
            StackPhase::Ended { .. } => ServiceState::Stopped,
            StackPhase::Refused(_) => ServiceState::Failed,
        };
        StackSummary {
            instance: self.name.clone(),
            stack: self.title.clone(),
            state,
            at_login: self.is_of(at_login) == Some(true),
            file: file.as_deref().map(text),
            ends_with_application: !self.lets_go(),
        }
    }

    pub(super) fn app_phase(&self, quitting: bool) -> AppPhase {
        let snapshot = self.snapshot.clone();
        match (&self.phase, snapshot) {
            (_, snapshot) if quitting && self.launcher.is_some() => AppPhase::Quitting(snapshot),
            (StackPhase::Silent { .. }, snapshot) => AppPhase::Silent(snapshot),
            (StackPhase::Ended { message }, _) => AppPhase::Ended { message: message.clone(), wanted: true },
            (StackPhase::Refused(LaunchRefusal { message, .. }), _) => {
                AppPhase::Ended { message: message.clone(), wanted: false }
            }
            (StackPhase::Running(_), Some(snapshot)) => AppPhase::Running(snapshot),
            (StackPhase::Launching | StackPhase::Running(_), _) => AppPhase::Launching,
        }
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Whether it is the application's own.
pub(super) fn is_own(stack: &StackState) -> bool {
    stack.id == 0
}
