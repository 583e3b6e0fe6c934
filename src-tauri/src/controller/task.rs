//! Receives commands, events and snapshots, one after the other.

use std::sync::Arc;

use contract::{Sample, Snapshot};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};

use super::event::{Event, QUEUE_MAX};
use super::{CommandReceiver, Controller, Desktop, Startup};

/// Runs until the application ends.
pub async fn run(desktop: impl Desktop, startup: Startup, mut commands: CommandReceiver) {
    let (sender, mut events) = mpsc::channel(QUEUE_MAX);
    let mut controller = Controller::new(Box::new(desktop), startup, sender);
    let mut snapshots: Option<watch::Receiver<Arc<Snapshot>>> = None;
    let mut samples: Option<broadcast::Receiver<Sample>> = None;
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
                    samples = Some(handle.samples());
                }
                if controller.on_event(event).is_break() {
                    return;
                }
            }
            Some(snapshot) = next(&mut snapshots) => controller.observe(snapshot),
            Some(sample) = next_sample(&mut samples) => {
                controller.take_in(sample);
                // It changes nothing that is shown but the numbers, which have a way of their own.
                continue;
            }
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

/// The next sample; never where there is no engine. Those that were missed are left out.
async fn next_sample(samples: &mut Option<broadcast::Receiver<Sample>>) -> Option<Sample> {
    let Some(receiver) = samples else { return std::future::pending().await };
    loop {
        match receiver.recv().await {
            Ok(sample) => return Some(sample),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => {
                *samples = None;
                return None;
            }
        }
    }
}
