//! An instance, in this process or another's: what handlers ask of it, whichever it is.

use std::sync::Arc;
use std::time::Duration;

use client::Client;
use contract::{
    ApiError, Entrance, ErrorCode, Happening, LogLine, LogWindow, Request, Resources, Sample, Snapshot,
};
use engine::Handle;
use futures_util::{Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;

use super::event::ControllerEvent;
use super::event::StackId;

/// How many lines, or happenings, a follower of another process may be behind before it misses some.
const LINES_BEHIND_MAX: usize = 1024;
/// How often it is made sure that an instance in another process goes on, and how long one that does not is let be.
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// How long one is let be at first that has broken off.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// An instance that runs.
#[derive(Clone)]
pub(super) enum InstanceLink {
    /// In this process: it ends with the application.
    Here(Handle),
    /// In another, such as that of `skinai run`.
    There(Client),
}

impl InstanceLink {
    /// Asks for something, and waits until it is carried out.
    pub(super) async fn request(&self, request: Request) -> Result<(), ApiError> {
        match self {
            Self::Here(handle) => handle.request(request).await,
            Self::There(client) => client.request(&request).await,
        }
    }

    /// A way into a service for a browser.
    pub(super) async fn entrance(&self, service: &str) -> Result<Entrance, ApiError> {
        match self {
            Self::Here(handle) => handle.entrance(service),
            Self::There(client) => client.entrance(service).await,
        }
    }

    /// Lines that are kept of a service, oldest first.
    pub(super) async fn logs(&self, service: &str, window: LogWindow) -> Result<Vec<LogLine>, ApiError> {
        match self {
            Self::Here(handle) => handle.logs(service, window),
            Self::There(client) => client.logs(service, window).await,
        }
    }

    /// What the processes of a service take of the machine.
    pub(super) async fn resources(&self, service: &str) -> Result<Option<Resources>, ApiError> {
        match self {
            Self::Here(handle) => handle.resources(service).await,
            Self::There(client) => client.resources(service).await,
        }
    }

    /// The lines that a service prints from now on.
    pub(super) async fn follow(&self, service: &str) -> Result<broadcast::Receiver<Arc<LogLine>>, ApiError> {
        match self {
            Self::Here(handle) => handle.follow(service),
            Self::There(client) => Ok(received(client.follow(service).await?)),
        }
    }

    /// The newest of what happened, oldest first.
    pub(super) async fn happenings(&self, lines: usize) -> Result<Vec<Happening>, ApiError> {
        match self {
            Self::Here(handle) => Ok(handle.happenings(lines)),
            Self::There(client) => client.happenings(lines).await,
        }
    }

    /// What happens from now on.
    pub(super) async fn follow_happenings(&self) -> Result<broadcast::Receiver<Arc<Happening>>, ApiError> {
        match self {
            Self::Here(handle) => Ok(handle.follow_happenings()),
            Self::There(client) => Ok(received(client.follow_happenings().await?)),
        }
    }

    /// Tells what the instance says, and that it has ended. Of snapshots that come faster than they are taken, the
    /// newest; samples that were missed are left out.
    pub(super) async fn tell(self, stack: StackId, events: mpsc::Sender<ControllerEvent>) {
        match self {
            Self::Here(handle) => tell_here(stack, &handle, &events).await,
            Self::There(client) => tell_there(stack, &client, &events).await,
        }
        let _ = events.send(ControllerEvent::Finished(stack)).await;
    }
}

/// What a stream has, for as long as somebody receives it.
fn received<T: Send + Sync + 'static>(
    mut stream: impl Stream<Item = T> + Unpin + Send + 'static,
) -> broadcast::Receiver<Arc<T>> {
    let (sender, receiver) = broadcast::channel(LINES_BEHIND_MAX);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                item = stream.next() => match item {
                    Some(item) => drop(sender.send(Arc::new(item))),
                    None => return,
                },
                () = sender.closed() => return,
            }
        }
    });
    receiver
}

async fn tell_here(stack: StackId, handle: &Handle, events: &mpsc::Sender<ControllerEvent>) {
    let (mut snapshots, mut samples) = (handle.snapshots(), Some(handle.samples()));
    snapshots.mark_changed();
    loop {
        let event = tokio::select! {
            changed = snapshots.changed() => match changed {
                Ok(()) => ControllerEvent::Changed(stack, Arc::<Snapshot>::clone(&snapshots.borrow_and_update())),
                Err(_) => break,
            },
            Some(sample) = next_sample(&mut samples) => ControllerEvent::Sampled(stack, sample),
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
    handle.finished().await;
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

/// Comes back when nobody listens for the instance any more. One that hangs, or does not say how it is, is told of, until
/// it does. One that says it and breaks off is asked again, ever more seldom.
async fn tell_there(stack: StackId, client: &Client, events: &mpsc::Sender<ControllerEvent>) {
    let mut pause = AGAIN_AFTER;
    loop {
        let begun = Instant::now();
        let mut silent = Some(ApiError::new(ErrorCode::Internal, "it breaks the connection off".to_owned()));
        match client.events().await {
            Ok(mut snapshots) => loop {
                tokio::select! {
                    snapshot = snapshots.next() => {
                        let Some(snapshot) = snapshot else { break };
                        if events.send(ControllerEvent::Changed(stack, Arc::new(snapshot))).await.is_err() {
                            return;
                        }
                        silent = None;
                    }
                    error = client.silence(ALIVE_INTERVAL) => {
                        silent = Some(error);
                        break;
                    }
                }
            },
            Err(error) if error.code == ErrorCode::NotRunning => {}
            Err(error) => silent = Some(error),
        }
        if begun.elapsed() > ALIVE_INTERVAL {
            pause = AGAIN_AFTER;
        }
        // Who ends closes the socket right after the streams.
        tokio::time::sleep(pause).await;
        pause = ALIVE_INTERVAL.min(pause * 2);
        if !client.is_there().await {
            return;
        }
        if let Some(error) = silent
            && events.send(ControllerEvent::Silent(stack, error)).await.is_err()
        {
            return;
        }
    }
}

/// Tells of the probes of an instance in another process; of those in this one everybody is told anyway.
pub(super) async fn tell_samples(stack: StackId, link: InstanceLink, events: mpsc::Sender<ControllerEvent>) {
    let InstanceLink::There(client) = link else { return };
    let Ok(mut samples) = client.samples().await else { return };
    while let Some(sample) = samples.next().await {
        if events.send(ControllerEvent::Sampled(stack, sample)).await.is_err() {
            return;
        }
    }
}
