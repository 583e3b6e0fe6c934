//! The controller: the one task that owns all state of the application.
//!
//! It hears of clicks, commands of the panel and signals through one channel, and of the engine
//! through another; it turns what is the case into a [`TrayView`](crate::view::TrayView) and
//! panel events, and tells the [`Desktop`] what to show. It knows nothing of Tauri.

mod ask;
mod asked;
mod desktop;
mod engine;
mod follow;
mod notices;
mod notifications;
mod push;
mod saving;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use contract::{ApiError, ErrorCode, Snapshot};
use stack::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use ask::{Ask, Asker, PanelEvent, Probes, Reply, Sink};
pub use desktop::Desktop;
pub use engine::{Launcher, Refusal};
pub use notifications::Notification;

use crate::latencies::Latencies;
use crate::settings::{Saved, Settings, SettingsFile};
use crate::text::{Language, TrayWords};
use crate::view::{Facts, Phase, TrayView, tray_view};
use crate::{instance, tray_host};
use follow::Follows;

/// How long a launch waits for the desktop's tray before the panel is shown in its place.
const TRAY_WAIT: Duration = Duration::from_secs(5);
/// The same for a launch at login, when the tray itself is still being started.
const TRAY_WAIT_AT_LOGIN: Duration = Duration::from_secs(60);

/// What the controller starts with.
pub struct Start {
    /// How the engine is launched.
    pub launcher: Launcher,
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

/// Something that came of what the controller set going.
enum Happened {
    /// The launch of the engine came to an end.
    Launched(Result<Handle, Refusal>),
    /// The engine has ended, and nothing of it is left.
    Finished,
    /// The engine has applied settings, or not.
    Applied(Settings, Result<(), contract::ApiError>, Reply<Saved>),
    /// Whether the desktop shows tray icons: at the launch, and when the panel was closed.
    TrayAtLaunch(bool),
    /// See above.
    TrayAtClose(bool),
    /// The names of the instances that run, for another one beside them.
    InstancesListed(Vec<String>),
    /// Something that was asked for in the menu did not work.
    Refused(ApiError),
}

/// How the application is, with what is needed to act on it.
enum State {
    Launching,
    Running(Handle),
    Quitting(Option<Handle>),
    /// Somebody stopped the services elsewhere.
    Ended {
        message: String,
    },
    /// The launch was refused, and nothing was started.
    Refused(Refusal),
}

/// See the module.
pub struct Controller<D> {
    desktop: D,
    launcher: Launcher,
    settings_file: SettingsFile,
    settings: Settings,
    state: State,
    snapshot: Option<Arc<Snapshot>>,
    latencies: Latencies,
    /// Whether the first service that people use is to be opened as soon as it is healthy.
    open_when_healthy: bool,
    welcome: bool,
    /// Who asked for it before it was known whether there is a tray to speak of.
    welcome_asked: Vec<Reply<bool>>,
    /// Who asked for a launch that is under way.
    launch_asked: Vec<Reply<()>>,
    /// `None` until it is known.
    tray_there: Option<bool>,
    hidden: bool,
    shown: Option<TrayView>,
    start_at_login: bool,
    language: Language,
    panel: watch::Sender<Option<PanelEvent>>,
    /// What serves the page that is loaded now; ends with it.
    subscription: JoinSet<()>,
    /// That page wants to be told nothing, since nobody sees it.
    unseen: bool,
    follows: Follows,
    happened: mpsc::UnboundedSender<Happened>,
}

/// Runs until the application ends.
pub async fn run<D: Desktop>(desktop: D, start: Start, mut asked: mpsc::UnboundedReceiver<Ask>) {
    let (happened, mut happenings) = mpsc::unbounded_channel();
    let mut controller = Controller::new(desktop, start, happened);
    let mut snapshots: Option<watch::Receiver<Arc<Snapshot>>> = None;
    controller.launch();
    controller.look_for_tray();
    if !controller.hidden {
        // A person has launched it and wants to see something.
        controller.desktop.show_panel();
    }
    controller.show();
    loop {
        tokio::select! {
            Some(ask) = asked.recv() => controller.asked(ask),
            Some(happened) = happenings.recv() => {
                if let Happened::Launched(Ok(handle)) = &happened {
                    let mut receiver = handle.snapshots();
                    receiver.mark_changed();
                    snapshots = Some(receiver);
                }
                if controller.happened(happened).is_break() {
                    return;
                }
            }
            Some(snapshot) = next(&mut snapshots) => controller.observe(snapshot),
        }
        controller.show();
    }
}

/// The next snapshot; never where there is no engine. Of several, the newest.
async fn next(snapshots: &mut Option<watch::Receiver<Arc<Snapshot>>>) -> Option<Arc<Snapshot>> {
    let Some(receiver) = snapshots else { return std::future::pending().await };
    if receiver.changed().await.is_err() {
        *snapshots = None;
        return None;
    }
    Some(Arc::clone(&receiver.borrow_and_update()))
}

impl<D: Desktop> Controller<D> {
    fn new(desktop: D, start: Start, happened: mpsc::UnboundedSender<Happened>) -> Self {
        let Start { launcher, settings_file, settings, first_launch, hidden, open_user_ui, language } = start;
        Self {
            start_at_login: desktop.starts_at_login(),
            open_when_healthy: open_user_ui || settings.open_on_launch,
            desktop,
            launcher,
            settings_file,
            settings,
            state: State::Launching,
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
            subscription: JoinSet::new(),
            unseen: false,
            follows: Follows::default(),
            happened,
        }
    }

    /// Brings tray and panel up to what is the case; what did not change is left alone.
    fn show(&mut self) {
        let view = tray_view(&self.facts());
        if self.shown.as_ref() != Some(&view) {
            self.desktop.show_tray(view.clone());
            self.shown = Some(view);
        }
        let event = match (&self.state, &self.snapshot) {
            (State::Ended { message }, _) => {
                Some(PanelEvent::Ended { message: message.clone(), refused: false, file: None })
            }
            (State::Refused(Refusal { message, file }), _) => {
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
            (State::Ended { message }, _) => Phase::Ended { message: message.clone(), wanted: true },
            (State::Refused(Refusal { message, .. }), _) => {
                Phase::Ended { message: message.clone(), wanted: false }
            }
            (State::Quitting(_), _) => Phase::Quitting(snapshot.clone()),
            (State::Running(_), Some(snapshot)) => Phase::Running(Arc::clone(snapshot)),
            (State::Launching | State::Running(_), _) => Phase::Launching,
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
    fn words(&self) -> &'static TrayWords {
        TrayWords::of(self.language)
    }

    fn handle(&self) -> Option<&Handle> {
        match &self.state {
            State::Running(handle) | State::Quitting(Some(handle)) => Some(handle),
            _ => None,
        }
    }

    /// Launches the engine on a thread of its own, since that reads files and binds ports.
    fn launch(&mut self) {
        self.state = State::Launching;
        self.snapshot = None;
        let (launcher, settings, happened, language) =
            (self.launcher.clone(), self.settings.clone(), self.happened.clone(), self.language);
        tokio::task::spawn_blocking(move || {
            // The controller only goes when the application does.
            let _ = happened.send(Happened::Launched(launcher.launch(&settings, language)));
        });
    }

    /// Launches again where nothing runs. What kept it from running may have been mended in the settings
    /// file as well as in the stack file.
    fn launch_again(&mut self) {
        let loaded = self.settings_file.load();
        if let Some(notice) = loaded.notice {
            self.desktop.notify(&Notification::refused(notice));
        }
        self.settings = loaded.settings;
        self.launch();
    }

    /// Where the desktop shows no tray icons, the panel is the application.
    fn look_for_tray(&self) {
        let (happened, wait) =
            (self.happened.clone(), if self.hidden { TRAY_WAIT_AT_LOGIN } else { TRAY_WAIT });
        tokio::spawn(async move { happened.send(Happened::TrayAtLaunch(tray_host::appears(wait).await)) });
    }

    fn happened(&mut self, happened: Happened) -> std::ops::ControlFlow<()> {
        if matches!(happened, Happened::Launched(_)) {
            // How it went is told to everybody.
            self.launch_asked.drain(..).for_each(|reply| asked::answer(reply, Ok(())));
        }
        match happened {
            Happened::Launched(Ok(handle)) => self.launched(handle),
            Happened::Launched(Err(refusal)) => {
                if matches!(self.state, State::Quitting(_)) {
                    return self.exit();
                }
                tracing::error!("{}", refusal.message);
                self.state = State::Refused(refusal);
                self.desktop.show_panel();
            }
            Happened::Finished => {
                if matches!(self.state, State::Quitting(_)) {
                    return self.exit();
                }
                self.follows.end_all();
                self.snapshot = None;
                self.state = State::Ended { message: self.words().refused_ended() };
            }
            Happened::Applied(settings, result, reply) => self.applied(settings, result, reply),
            Happened::TrayAtLaunch(there) => self.tray_at_launch(there),
            Happened::TrayAtClose(there) => {
                self.tray_there = Some(there);
                if !there {
                    self.quit();
                }
            }
            Happened::InstancesListed(running) => self.start_instance(running),
            Happened::Refused(error) => self.report(Err(error)),
        }
        std::ops::ControlFlow::Continue(())
    }

    fn exit(&mut self) -> std::ops::ControlFlow<()> {
        self.subscription.abort_all();
        self.desktop.exit();
        std::ops::ControlFlow::Break(())
    }

    fn launched(&mut self, handle: Handle) {
        let (happened, ending) = (self.happened.clone(), handle.clone());
        tokio::spawn(async move {
            ending.finished().await;
            happened.send(Happened::Finished)
        });
        handle.notices().iter().for_each(notices::log);
        if matches!(self.state, State::Quitting(_)) {
            handle.stop_all();
            self.state = State::Quitting(Some(handle));
        } else {
            self.state = State::Running(handle);
        }
    }

    fn tray_at_launch(&mut self, there: bool) {
        self.tray_there = Some(there);
        for reply in std::mem::take(&mut self.welcome_asked) {
            self.answer_welcome(reply);
        }
        if !there && self.hidden {
            self.desktop.show_panel();
        }
    }

    fn observe(&mut self, snapshot: Arc<Snapshot>) {
        self.latencies.observe(&snapshot);
        for change in notifications::changes(self.snapshot.as_deref(), &snapshot, self.language) {
            match change {
                notifications::Change::Raised(notification) => self.desktop.notify(&notification),
                notifications::Change::Settled(id) => self.desktop.withdraw(id),
            }
        }
        let ready = snapshot.services.iter().find(|service| service.open_url.is_some());
        let ready = ready.filter(|service| service.state == contract::ServiceState::Healthy).cloned();
        self.snapshot = Some(snapshot);
        if let Some(service) =
            ready.filter(|_| self.open_when_healthy && matches!(self.state, State::Running(_)))
        {
            self.open_when_healthy = false;
            self.report(self.open(&service.name));
        }
    }

    /// The first time everything ends in order; the second time at once.
    fn quit(&mut self) {
        match std::mem::replace(&mut self.state, State::Quitting(None)) {
            State::Running(handle) => {
                handle.stop_all();
                self.state = State::Quitting(Some(handle));
            }
            State::Quitting(Some(handle)) => {
                handle.kill_all();
                self.state = State::Quitting(Some(handle));
            }
            // The launch cannot be broken off; what it started is ended as soon as it is known.
            State::Launching => {}
            State::Quitting(None) | State::Ended { .. } | State::Refused(_) => {
                let _ = self.happened.send(Happened::Finished);
            }
        }
    }

    /// Opens exactly the address that the snapshot gives, and only where the service itself is: it
    /// carries the token, which is for nobody else who listens there.
    fn open(&self, service: &str) -> Result<(), ApiError> {
        let row = self.row(service)?;
        let url = row.address_to_open().ok_or_else(|| not_to_be_opened(row, self.language))?;
        self.desktop.open_url(url).map_err(|error| failed(self.words().refused_nothing_opens(error)))
    }

    fn row(&self, service: &str) -> Result<&contract::ServiceSnapshot, ApiError> {
        let words = self.words();
        let snapshot = self.snapshot.as_ref();
        let snapshot =
            snapshot.ok_or_else(|| ApiError::new(ErrorCode::NotRunning, words.refused_nothing_runs()))?;
        snapshot
            .service(service)
            .ok_or_else(|| ApiError::new(ErrorCode::UnknownService, words.unknown_service(service)))
    }

    /// Tells the user of what was asked for in a place that cannot show an answer.
    fn report(&self, result: Result<(), ApiError>) {
        if let Err(error) = result {
            let message = notifications::said(error.cause.as_deref(), &error.message, self.language);
            self.desktop.notify(&Notification::refused(message));
        }
    }
}

/// Something that the system did not let us do.
fn failed(message: String) -> ApiError {
    ApiError::new(ErrorCode::Internal, message)
}

fn not_to_be_opened(row: &contract::ServiceSnapshot, language: Language) -> ApiError {
    let (label, words) = (&row.label, TrayWords::of(language));
    match &row.conflict {
        _ if row.open_url.is_none() => ApiError::new(ErrorCode::BadRequest, words.refused_not_offered(label)),
        Some(conflict) => {
            let holder = conflict.holder.said(language);
            ApiError::new(ErrorCode::PortTaken, words.refused_port_taken(label, conflict.port, holder))
        }
        None => ApiError::new(ErrorCode::NotHealthy, words.refused_not_there(label)),
    }
}
