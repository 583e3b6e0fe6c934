//! What the controller knows, and what is shown of it.

use std::sync::Arc;

use contract::{ApiError, ErrorCode};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::event::{ControllerEvent, StackId};
use super::log_subscriptions::LogSubscriptions;
use super::panel_feed::Listed;
use super::stack_state::{StackState, is_own};
use super::{Desktop, EngineLauncher, Notification, ReplyTo, Sink, notifications};
use crate::settings::{Settings, SettingsFile};
use crate::text::{Language, TrayWords};
use crate::view::{Facts, StackFacts, TrayView, tray_view};

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

/// The state of the application; see the [module](super).
pub struct Controller {
    pub(super) desktop: Box<dyn Desktop>,
    /// How the application's own stack is launched.
    pub(super) launcher: EngineLauncher,
    pub(super) settings_file: SettingsFile,
    pub(super) settings: Settings,
    /// The application's own is the first, and always there.
    pub(super) stacks: Vec<StackState>,
    pub(super) last_id: StackId,
    /// The id of the newest notification about a service.
    pub(super) last_notification: i32,
    /// One that has left the list while the panel shows it.
    pub(super) gone: Option<StackState>,
    /// The instance of the one that the panel shows.
    pub(super) shown_stack: String,
    /// Everything ends, and then the application does.
    pub(super) quitting: bool,
    pub(super) welcome: bool,
    /// Who asked for it before it was known whether there is a tray to speak of.
    pub(super) welcome_asked: Vec<ReplyTo<bool>>,
    /// `None` until it is known.
    pub(super) tray_there: Option<bool>,
    /// The page that wants to know it.
    pub(super) tray_follower: Option<Sink<bool>>,
    pub(super) hidden: bool,
    pub(super) shown: Option<TrayView>,
    pub(super) start_at_login: bool,
    pub(super) language: Language,
    /// What the panel lists.
    pub(super) listed: watch::Sender<Listed>,
    /// What serves the page that is loaded now; ends with it. Empty where nobody sees a page.
    pub(super) subscription: JoinSet<()>,
    /// That page wants to be told nothing, since nobody sees it.
    pub(super) unseen: bool,
    /// The logs that the page follows.
    pub(super) log_subscriptions: LogSubscriptions,
    /// Has it looked which instances run.
    pub(super) look: Arc<Notify>,
    pub(super) events: mpsc::Sender<ControllerEvent>,
}

impl Controller {
    pub(super) fn new(
        desktop: Box<dyn Desktop>,
        startup: Startup,
        events: mpsc::Sender<ControllerEvent>,
    ) -> Self {
        let Startup { launcher, settings_file, settings, first_launch, hidden, open_user_ui, language } =
            startup;
        let mut own = StackState::here(0, launcher.clone());
        own.open_when_healthy = open_user_ui || settings.open_on_launch;
        Self {
            start_at_login: desktop.starts_at_login(),
            desktop,
            launcher,
            settings_file,
            settings,
            shown_stack: own.name.clone(),
            stacks: vec![own],
            last_id: 0,
            last_notification: 0,
            gone: None,
            quitting: false,
            welcome: first_launch,
            welcome_asked: Vec::new(),
            tray_there: None,
            tray_follower: None,
            hidden,
            shown: None,
            language,
            listed: watch::Sender::default(),
            subscription: JoinSet::new(),
            unseen: false,
            log_subscriptions: LogSubscriptions::default(),
            look: Arc::default(),
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
        self.stacks.iter().for_each(StackState::show);
        let at_login = &self.settings.stacks_at_login;
        let stacks: Vec<_> = self.stacks.iter().map(|stack| stack.summary(at_login)).collect();
        let list = (stacks, self.shown_stack.clone());
        self.listed.send_if_modified(|listed| {
            let changed = *listed != list;
            *listed = list;
            changed
        });
    }

    fn facts(&self) -> Facts {
        let facts = |stack: &StackState| StackFacts {
            instance: stack.name.clone(),
            title: stack.title.clone().or_else(|| (!is_own(stack)).then(|| stack.name.clone())),
            phase: stack.app_phase(self.quitting),
            ends_with_application: !stack.lets_go(),
            at_login: stack.is_of(&self.settings.stacks_at_login).filter(|_| !is_own(stack)),
        };
        Facts {
            stacks: self.stacks.iter().map(facts).collect(),
            recent: self.recent().cloned().collect(),
            start_at_login: self.start_at_login,
            language: self.language,
        }
    }

    /// The texts in the language of the session.
    pub(super) fn words(&self) -> &'static TrayWords {
        TrayWords::of(self.language)
    }

    /// The application's own stack.
    pub(super) fn own(&self) -> &StackState {
        &self.stacks[0]
    }

    /// The stack of that instance; without a name the application's own, which may have none yet.
    pub(super) fn find(&self, instance: &str) -> Result<&StackState, ApiError> {
        let found = self.stacks.iter().find(|stack| instance.is_empty() || stack.name == instance);
        found.ok_or_else(|| self.no_stack(instance))
    }

    /// See [`Self::find`].
    pub(super) fn find_mut(&mut self, instance: &str) -> Result<&mut StackState, ApiError> {
        let at = self.stacks.iter().position(|stack| instance.is_empty() || stack.name == instance);
        match at {
            Some(at) => Ok(&mut self.stacks[at]),
            None => Err(self.no_stack(instance)),
        }
    }

    pub(super) fn no_stack(&self, instance: &str) -> ApiError {
        ApiError::new(ErrorCode::NotRunning, self.words().refused_no_stack(instance))
    }

    /// The stack that an event is about, if it is still there.
    pub(super) fn stack_mut(&mut self, id: StackId) -> Option<&mut StackState> {
        self.stacks.iter_mut().find(|stack| stack.id == id)
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
