//! What the controller is told to do, and the handle by which everybody else tells it.

use std::path::PathBuf;
use std::time::Duration;

use contract::{ApiError, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::reply::answer;
use super::{Controller, Question, ReplyTo};
use crate::args::Args;
use crate::text::{Language, TrayWords};
use crate::view::MenuAction;

/// Commands that wait for the controller at most. It carries each out at once, so that few ever wait.
const QUEUE_MAX: usize = 1024;

/// Where the controller receives its commands.
pub type CommandReceiver = mpsc::Receiver<Command>;

/// Something that the controller is told to do.
pub enum Command {
    /// A click in the tray's menu.
    Menu(MenuAction),
    /// A button of a notification.
    Notification(MenuAction),
    /// What a second launch hands over.
    SecondLaunch(Args),
    /// The user has chosen this stack file.
    OpenStack(PathBuf),
    /// These files were dropped on the panel.
    Dropped(Vec<PathBuf>),
    /// The user has agreed to launch one of them.
    Agreed(Question),
    /// The panel's window is gone.
    PanelClosed,
    /// The window of that label, which has shown logs, is gone.
    LogWindowClosed(String),
    /// End everything in order; a second time, at once.
    Quit,
    /// End everything in order, however often it is said.
    SessionEnds,
    /// A command of the panel (`shell/commands.rs`).
    Call(Box<dyn FnOnce(&mut Controller) + Send>),
}

/// Sends commands to the controller.
#[derive(Debug, Clone)]
pub struct ControllerHandle {
    commands: mpsc::Sender<Command>,
    language: Language,
}

impl ControllerHandle {
    /// A handle, and what the controller receives from. The language is that of what callers are told.
    pub fn channel(language: Language) -> (Self, CommandReceiver) {
        let (commands, receiver) = mpsc::channel(QUEUE_MAX);
        (Self { commands, language }, receiver)
    }

    /// Sends a command without waiting for anything.
    pub fn send(&self, command: Command) {
        // The controller only goes when the application does.
        if let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(command) {
            tracing::error!("a command is dropped, since {QUEUE_MAX} others wait");
        }
    }

    /// Ends everything in order, and waits until that is done, or for so long.
    pub async fn end_session(&self, bound: Duration) {
        self.send(Command::SessionEnds);
        // Whatever is not over by then is ended by the watchdog.
        let _ = tokio::time::timeout(bound, self.commands.closed()).await;
    }

    /// Has the controller do something that cannot fail, and waits for the result.
    ///
    /// # Errors
    /// That the application is ending.
    pub async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Controller) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        self.call_later(|controller, reply| answer(reply, Ok(call(controller)))).await
    }

    /// Has the controller do something, and waits for the result.
    ///
    /// # Errors
    /// What `call` answers, or that the application is ending.
    pub async fn try_call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Controller) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.call_later(|controller, reply| answer(reply, call(controller))).await
    }

    /// The same for what the controller can answer only later.
    ///
    /// # Errors
    /// What `call` answers, or that the application is ending.
    pub async fn call_later<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Controller, ReplyTo<T>) + Send + 'static,
    ) -> Result<T, ApiError> {
        let (reply, result) = oneshot::channel();
        self.send(Command::Call(Box::new(|controller| call(controller, reply))));
        let ending = || ApiError::new(ErrorCode::Stopping, TrayWords::of(self.language).refused_ending());
        result.await.unwrap_or_else(|_| Err(ending()))
    }
}
