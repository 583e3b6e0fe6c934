//! Has the engine launched.

use super::event::{ControllerEvent, StackId};
use super::stack_state::StackPhase;
use super::{Controller, Notification};

impl Controller {
    /// Launches the engine on a thread of its own, since that reads files and binds ports.
    pub(super) fn launch(&mut self, id: StackId) {
        let (settings, events, language) = (self.settings.clone(), self.events.clone(), self.language);
        let Some(stack) = self.stack_mut(id) else { return };
        let Some(launcher) = stack.launcher.clone() else { return };
        stack.phase = StackPhase::Launching;
        stack.launched_with.clone_from(&settings.stack_file);
        stack.snapshot = None;
        tokio::task::spawn_blocking(move || {
            // The controller only goes when the application does.
            let _ = events.blocking_send(ControllerEvent::Launched(id, launcher.launch(&settings, language)));
        });
    }

    /// Launches again where nothing runs. What kept it from running may have been mended in the settings
    /// file as well as in the stack file.
    pub(super) fn launch_again(&mut self, id: StackId) {
        let loaded = self.settings_file.load(self.language);
        if let Some(notice) = loaded.notice {
            self.desktop.notify(&Notification::refused(notice));
        }
        self.settings = loaded.settings;
        self.launch(id);
    }
}
