//! What is asked of the controller, and the sender that everybody else holds.

use contract::{ApiError, ErrorCode, Health, LogLine, Request};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use ts_rs::TS;

use crate::args::Forwarded;
use crate::settings::{Saved, Settings, SettingsProblem};
use crate::view::Action;

/// What is pushed to the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub enum PanelEvent {
    /// What is the case now.
    Snapshot {
        /// The whole instance.
        // The path that ts-rs would find starts from another folder.
        #[ts(type = "import('../Snapshot').Snapshot")]
        snapshot: std::sync::Arc<contract::Snapshot>,
    },
    /// What was probed since the event before; everything else is as it was.
    Probes {
        /// The services that were probed, in no order.
        probes: Vec<Probes>,
    },
    /// Nothing runs, and there are no more snapshots until somebody launches again.
    Ended {
        /// Why, in one sentence.
        message: String,
        /// Whether the launch was refused, so that nothing was started at all.
        refused: bool,
        /// The stack file that has to be mended first, where one is at fault.
        file: Option<String>,
    },
}

/// The probes of one service since it was last told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct Probes {
    /// Its name.
    pub service: String,
    /// The newest of them.
    #[ts(type = "import('../Health').Health")]
    pub health: Health,
    /// All of them, oldest first, in microseconds; `None` for one that failed.
    #[ts(type = "(number | null)[]")]
    pub latencies_us: Vec<Option<u64>>,
}

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, ApiError>>;

/// Takes what is pushed; `false` when nobody is there any more.
pub type Sink<T> = Box<dyn Fn(T) -> bool + Send>;

/// Something asked of the controller.
pub enum Ask {
    /// A click in the tray's menu.
    Clicked(Action),
    /// A second launch handed over what it wants.
    Launched(Forwarded),
    /// A button of a notification.
    Notified(Action),
    /// The panel's window is gone.
    PanelClosed,
    /// End everything in order; asked again, at once.
    Quit,
    /// End everything in order, however often it is asked.
    SessionEnds,
    /// The panel's page has loaded and wants to be told.
    Subscribe(Sink<PanelEvent>, Reply<()>),
    /// Nobody sees the panel's page for now.
    Unsubscribe,
    /// A request to the engine.
    Request(Request, Reply<()>),
    /// Open a service in the browser.
    Open(String, Reply<()>),
    /// Put a service's address on the clipboard.
    Copy(String, Reply<()>),
    /// Open the folder with the logs.
    OpenLogFolder(Reply<()>),
    /// Open the stack file that has to be mended before anything can be launched.
    OpenStackFile(Reply<()>),
    /// The newest lines of a service.
    Logs(String, usize, Reply<Vec<LogLine>>),
    /// Push a service's lines as they come.
    Follow(String, Sink<Vec<LogLine>>, Reply<u32>),
    /// No more of them.
    Unfollow(u32),
    /// The newest probe latencies of a service, in microseconds.
    Latencies(String, Reply<Vec<Option<u64>>>),
    /// The settings as they are.
    Settings(Reply<Settings>),
    /// What is wrong with these settings.
    CheckSettings(Settings, Reply<Vec<SettingsProblem>>),
    /// Save and apply these settings.
    SaveSettings(Settings, Reply<Saved>),
    /// Whether the panel says where the icon lives.
    Welcome(Reply<bool>),
    /// It has been read.
    DismissWelcome(Reply<()>),
}

/// The sender of requests to the controller.
#[derive(Debug, Clone)]
pub struct Asker(pub(super) mpsc::UnboundedSender<Ask>);

impl Asker {
    /// A sender, and what the controller receives from.
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Ask>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Asks without waiting for an answer.
    pub fn tell(&self, ask: Ask) {
        // The controller only goes when the application does.
        let _ = self.0.send(ask);
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// What the controller answers, or that the application is ending.
    pub async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.tell(ask(reply));
        answer.await.unwrap_or_else(|_| Err(ApiError::new(ErrorCode::Stopping, "The application is ending.")))
    }
}
