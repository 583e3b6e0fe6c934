//! Receives commands, events and snapshots, one after the other.

use std::sync::Arc;

use contract::Snapshot;
use tokio::sync::{mpsc, watch};

use super::event::{Event, QUEUE_MAX};
use super::{CommandReceiver, Controller, Desktop, Startup};

/// Runs until the application ends.
pub async fn run(desktop: impl Desktop, startup: Startup, mut commands: CommandReceiver) {
    let (sender, mut events) = mpsc::channel(QUEUE_MAX);
    let mut controller = Controller::new(Box::new(desktop), startup, sender);
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
            Some(command) = commands.recv() => controller.on_command(command),
            Some(event) = events.recv() => {
                if let Event::Launched(Ok(handle)) = &event {
                    let mut receiver = handle.snapshots();
                    receiver.mark_changed();
                    snapshots = Some(receiver);
                }
                if controller.on_event(event).is_break() {
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
