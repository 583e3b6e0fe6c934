//! Receives commands and events, one after the other.

use std::sync::Arc;

use contract::{Sample, Snapshot};
use engine::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

use super::event::{Event, QUEUE_MAX};
use super::stack_state::StackId;
use super::{CommandReceiver, Controller, Desktop, Startup};

/// Runs until the application ends.
pub async fn run(desktop: impl Desktop, startup: Startup, mut commands: CommandReceiver) {
    let (sender, mut events) = mpsc::channel(QUEUE_MAX);
    let mut controller = Controller::new(Box::new(desktop), startup, sender);
    controller.launch(0);
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
                let only_numbers = matches!(event, Event::Sampled(..));
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

/// Tells what an engine says, and that it has ended. Of snapshots that come faster than they are taken, the newest;
/// samples that were missed are left out.
pub(super) async fn follow(stack: StackId, engine: Handle, events: mpsc::Sender<Event>) {
    let (mut snapshots, mut samples) = (engine.snapshots(), Some(engine.samples()));
    snapshots.mark_changed();
    loop {
        let event = tokio::select! {
            changed = snapshots.changed() => match changed {
                Ok(()) => Event::Changed(stack, Arc::<Snapshot>::clone(&snapshots.borrow_and_update())),
                Err(_) => break,
            },
            Some(sample) = next_sample(&mut samples) => Event::Sampled(stack, sample),
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
    engine.finished().await;
    let _ = events.send(Event::Finished(stack)).await;
}

/// The next sample; never where there are no more.
async fn next_sample(samples: &mut Option<broadcast::Receiver<Sample>>) -> Option<Sample> {
    loop {
        let Some(receiver) = samples else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(sample) => return Some(sample),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => *samples = None,
        }
    }
}
