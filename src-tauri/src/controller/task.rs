//! Receives commands and events, one after the other.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::event::{ControllerEvent, QUEUE_MAX};
use super::{CommandReceiver, Controller, Desktop, Startup, discovery};

/// Runs until the application ends.
pub async fn run(desktop: impl Desktop, startup: Startup, mut commands: CommandReceiver) {
    let (sender, mut events) = mpsc::channel(QUEUE_MAX);
    let mut controller = Controller::new(Box::new(desktop), startup, sender);
    controller.remember_own();
    controller.launch(0);
    if controller.hidden {
        controller.open_at_login();
    }
    let watch = discovery::watch(
        controller.launcher.dirs.clone(),
        Arc::clone(&controller.look),
        controller.events.clone(),
    );
    // It ends with what it sends to.
    tokio::spawn(watch);
    controller.look_for_tray();
    if !controller.hidden {
        // A person has launched it and wants to see something.
        controller.desktop.show_panel();
    }
    controller.show();
    loop {
        tokio::select! {
            Some(command) = commands.recv() => controller.on_command(command),
            Some(event) = events.recv() => {
                // It changes nothing that is shown but the numbers, which have a way of their own.
                let only_numbers = matches!(event, ControllerEvent::Sampled(..));
                if controller.on_event(event).is_break() {
                    return;
                }
                if only_numbers {
                    continue;
                }
            }
        }
        controller.show();
    }
}
