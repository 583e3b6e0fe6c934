//! What the controller knows, and what is shown of it.

use std::sync::Arc;

use contract::{ApiError, ErrorCode, Sample, Snapshot};
use engine::Handle;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

use super::event::Event;
use super::log_subscriptions::LogSubscriptions;
use super::{Desktop, EngineLauncher, LaunchRefusal, Notification, PanelEvent, ReplyTo, notifications};
use crate::instance;
use crate::latencies::Latencies;
use crate::settings::{Settings, SettingsFile};
use crate::text::{Language, TrayWords};
use crate::view::{AppPhase, Facts, TrayView, tray_view};

/// How many samples a panel that is slow may be behind before it misses some.
const SAMPLES_BEHIND_MAX: usize = 1024;

/// What the controller starts with.
pub struct Startup {
    /// How the engine is launched.
    pub launcher: EngineLauncher,
    /// Where the settings are.
    pub settings_file: SettingsFile,
    /// What they were.
    pub settings: Settings,
    /// Whether the application was never launched before.
    pub first_launch: bool,
    /// Whether the panel is to stay hidden.
    pub hidden: bool,
    /// Whether the User UI is to be opened as soon as it is healthy.
    pub open_user_ui: bool,
    /// The language of what is shown.
    pub language: Language,
}

/// How the application is, with what is needed to act on it.
pub(super) enum AppState {
    Launching,
    Running(Handle),
    Quitting(Option<Handle>),
    /// Somebody stopped the services elsewhere.
    Ended {
        message: String,
    },
    /// The launch was refused, and nothing was started.
    Refused(LaunchRefusal),
}

/// The state of the application; see the [module](super).
pub struct Controller {
    pub(super) desktop: Box<dyn Desktop>,
    pub(super) launcher: EngineLauncher,
    pub(super) settings_file: SettingsFile,
    pub(super) settings: Settings,
    pub(super) state: AppState,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    pub(super) latencies: Latencies,
    /// Whether the first service that people use is to be opened as soon as it is healthy.
    pub(super) open_when_healthy: bool,
    pub(super) welcome: bool,
    /// Who asked for it before it was known whether there is a tray to speak of.
    pub(super) welcome_asked: Vec<ReplyTo<bool>>,
    /// Who asked for a launch that is under way.
    pub(super) launch_asked: Vec<ReplyTo<()>>,
    /// `None` until it is known.
    pub(super) tray_there: Option<bool>,
    pub(super) hidden: bool,
    pub(super) shown: Option<TrayView>,
    pub(super) start_at_login: bool,
    pub(super) language: Language,
    pub(super) panel: watch::Sender<Option<PanelEvent>>,
    /// The engine's samples, one engine after the other.
    pub(super) samples: broadcast::Sender<Sample>,
    /// What serves the page that is loaded now; ends with it.
    pub(super) subscription: JoinSet<()>,
    /// That page wants to be told nothing, since nobody sees it.
    pub(super) unseen: bool,
    pub(super) log_subscriptions: LogSubscriptions,
    pub(super) events: mpsc::Sender<Event>,
}

impl Controller {
    pub(super) fn new(desktop: Box<dyn Desktop>, startup: Startup, events: mpsc::Sender<Event>) -> Self {
        let Startup { launcher, settings_file, settings, first_launch, hidden, open_user_ui, language } =
            startup;
        Self {
            start_at_login: desktop.starts_at_login(),
            open_when_healthy: open_user_ui || settings.open_on_launch,
            desktop,
            launcher,
            settings_file,
            settings,
            state: AppState::Launching,
            snapshot: None,
            latencies: Latencies::default(),
            welcome: first_launch,
            welcome_asked: Vec::new(),
            launch_asked: Vec::new(),
            tray_there: None,
            hidden,
            shown: None,
            language,
            panel: watch::Sender::new(None),
            samples: broadcast::Sender::new(SAMPLES_BEHIND_MAX),
            subscription: JoinSet::new(),
            unseen: false,
            log_subscriptions: LogSubscriptions::default(),
            events,
        }
    }

    /// Brings tray and panel up to the present state; what did not change is left alone.
    pub(super) fn show(&mut self) {
        let view = tray_view(&self.facts());
        if self.shown.as_ref() != Some(&view) {
            self.desktop.show_tray(view.clone());
            self.shown = Some(view);
        }
        let event = match (&self.state, &self.snapshot) {
            (AppState::Ended { message }, _) => {
                Some(PanelEvent::Ended { message: message.clone(), refused: false, file: None })
            }
            (AppState::Refused(LaunchRefusal { message, file }), _) => {
                let file = file.as_ref().map(|file| file.display().to_string());
                Some(PanelEvent::Ended { message: message.clone(), refused: true, file })
            }
            (_, Some(snapshot)) => Some(PanelEvent::Snapshot { snapshot: Arc::clone(snapshot) }),
            (_, None) => None,
        };
        self.panel.send_if_modified(|shown| {
            let changed = *shown != event;
            *shown = event;
            changed
        });
    }

    fn facts(&self) -> Facts {
        let snapshot = self.snapshot.clone();
        let phase = match (&self.state, &snapshot) {
            (AppState::Ended { message }, _) => AppPhase::Ended { message: message.clone(), wanted: true },
            (AppState::Refused(LaunchRefusal { message, .. }), _) => {
                AppPhase::Ended { message: message.clone(), wanted: false }
            }
            (AppState::Quitting(_), _) => AppPhase::Quitting(snapshot.clone()),
            (AppState::Running(_), Some(snapshot)) => AppPhase::Running(Arc::clone(snapshot)),
            (AppState::Launching | AppState::Running(_), _) => AppPhase::Launching,
        };
        let name =
            snapshot.map(|snapshot| snapshot.instance.clone()).or_else(|| self.launcher.instance.clone());
        Facts {
            phase,
            instance: name.filter(|name| name != instance::DEFAULT),
            start_at_login: self.start_at_login,
            language: self.language,
        }
    }

    /// The texts in the language of the session.
    pub(super) fn words(&self) -> &'static TrayWords {
        TrayWords::of(self.language)
    }

    pub(super) fn handle(&self) -> Option<&Handle> {
        match &self.state {
            AppState::Running(handle) | AppState::Quitting(Some(handle)) => Some(handle),
            _ => None,
        }
    }

    pub(super) fn row(&self, service: &str) -> Result<&contract::ServiceSnapshot, ApiError> {
        let words = self.words();
        let snapshot = self.snapshot.as_ref();
        let snapshot =
            snapshot.ok_or_else(|| ApiError::new(ErrorCode::NotRunning, words.refused_nothing_runs()))?;
        snapshot
            .service(service)
            .ok_or_else(|| ApiError::new(ErrorCode::UnknownService, words.unknown_service(service)))
    }

    /// Tells the user of what was asked for in a place that cannot show an answer.
    pub(super) fn report(&self, result: Result<(), ApiError>) {
        if let Err(error) = result {
            let message = notifications::said(error.cause.as_deref(), &error.message, self.language);
            self.desktop.notify(&Notification::refused(message));
        }
    }
}

/// Something that the system did not let us do.
pub(super) fn failed(message: String) -> ApiError {
    ApiError::new(ErrorCode::Internal, message)
}
