//! Feeds the panel with the state as it changes, and no more often than is of use: each push is
//! drawn, which costs more than all the rest of the application.
//!
//! Whatever changes is pushed at once, as a whole snapshot. Samples change two numbers and a line of latencies;
//! those of all services wait for each other, and go together.

use std::sync::Arc;
use std::time::Duration;

use contract::{Sample, ServiceState, Snapshot};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};
use ts_rs::TS;

use super::Sink;

/// What is pushed to the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub enum PanelEvent {
    /// The state, whole.
    Snapshot {
        /// The whole instance.
        // The path that ts-rs would find starts from another folder.
        #[ts(type = "import('../Snapshot').Snapshot")]
        snapshot: Arc<Snapshot>,
    },
    /// The probes since the event before, oldest first.
    Samples {
        /// Those of all services.
        #[ts(type = "import('../Sample').Sample[]")]
        samples: Vec<Sample>,
    },
    /// The stacks that there are.
    Stacks {
        /// The application's own first.
        stacks: Vec<StackSummary>,
        /// The instance of the one that is to be shown.
        shown: String,
    },
    /// It runs in another process and does not answer; what was told last may be over.
    Silent {
        /// What can be done, in one sentence.
        message: String,
    },
    /// Nothing runs, and there are no more snapshots until somebody launches again.
    Ended {
        /// Why, in one sentence; in one a line where more than one thing is wrong.
        message: String,
        /// Whether the launch was refused, so that nothing was started at all.
        refused: bool,
        /// The stack file that has to be mended first, where one is at fault.
        file: Option<String>,
    },
}

/// A stack in the list of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct StackSummary {
    /// The name of its instance, by which commands name it.
    pub instance: String,
    /// What its stack file calls it, as soon as that is known.
    pub stack: Option<String>,
    /// How it is.
    // The path that ts-rs would find starts from another folder.
    #[ts(type = "import('../ServiceState').ServiceState")]
    pub state: ServiceState,
    /// Its stack file; `None` for the built-in stack.
    pub file: Option<String>,
    /// Whether it ends with the application, since the application has launched it.
    pub ends_with_application: bool,
    /// Whether it is launched with the application when that starts at login.
    pub at_login: bool,
}

/// All stacks, and the instance of the one that is to be shown.
pub(super) type Listed = (Vec<StackSummary>, String);

/// The shortest time between two pushes: an eye sees no more.
const PAUSE: Duration = Duration::from_millis(40);
/// How long samples wait for each other. The webview draws nothing in the meantime; with each push it is busy for a
/// good half second, whatever there is to draw.
const SAMPLES_PAUSE: Duration = Duration::from_secs(5);
/// How many samples wait at most; of more, the oldest are left out.
const SAMPLES_MAX: usize = 4096;

/// Pushes until nobody is there.
pub(super) async fn feed(
    list: watch::Receiver<Listed>,
    events: watch::Receiver<Option<PanelEvent>>,
    samples: broadcast::Receiver<Sample>,
    sink: Sink<PanelEvent>,
) {
    feed_with(SAMPLES_PAUSE, list, events, samples, sink).await;
}

async fn feed_with(
    samples_pause: Duration,
    mut list: watch::Receiver<Listed>,
    mut events: watch::Receiver<Option<PanelEvent>>,
    mut samples: broadcast::Receiver<Sample>,
    sink: Sink<PanelEvent>,
) {
    let mut waiting: Vec<Sample> = Vec::new();
    let mut pushed_at: Option<Instant> = None;
    // The stack that the page shows has left the list.
    let (mut gone, mut no_samples) = (false, false);
    events.mark_changed();
    list.mark_changed();
    loop {
        let samples_due = pushed_at.map_or_else(Instant::now, |at| at + samples_pause);
        let event = tokio::select! {
            sample = samples.recv(), if !no_samples => {
                match sample {
                    Ok(sample) => waiting.push(sample),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => no_samples = true,
                }
                let too_many = waiting.len().saturating_sub(SAMPLES_MAX);
                waiting.drain(..too_many);
                continue;
            }
            changed = events.changed(), if !gone => {
                if changed.is_err() {
                    gone = true;
                    continue;
                }
                if let Some(at) = pushed_at {
                    sleep_until(at + PAUSE).await;
                }
                events.borrow_and_update().clone()
            }
            changed = list.changed() => {
                if changed.is_err() {
                    return;
                }
                let (stacks, shown) = list.borrow_and_update().clone();
                if !sink(PanelEvent::Stacks { stacks, shown }) {
                    return;
                }
                continue;
            }
            () = sleep_until(samples_due), if !waiting.is_empty() => None,
        };
        let samples = (!waiting.is_empty()).then(|| std::mem::take(&mut waiting));
        let samples = samples.map(|samples| PanelEvent::Samples { samples });
        if samples.into_iter().chain(event).any(|event| !sink(event)) {
            return;
        }
        pushed_at = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use contract::ServiceState::{Healthy, Unhealthy};
    use jiff::Timestamp;
    use tokio::sync::mpsc;

    use super::*;
    use crate::view::sample;

    const SOON: Duration = Duration::from_secs(20);

    fn snapshot(revision: u64) -> Option<PanelEvent> {
        let state = if revision.is_multiple_of(2) { Healthy } else { Unhealthy };
        let mut snapshot = sample::stack([state, Healthy, Healthy]);
        snapshot.revision = revision;
        Some(PanelEvent::Snapshot { snapshot: Arc::new(snapshot) })
    }

    fn probe(second: i64) -> Sample {
        let at = Timestamp::from_second(second).unwrap();
        Sample { service: "ui".to_owned(), at, latency_us: Some(second.unsigned_abs()) }
    }

    /// Waits for something, with a bound.
    async fn soon<T>(waited_for: impl Future<Output = T>) -> T {
        tokio::time::timeout(SOON, waited_for).await.expect("soon")
    }

    /// A panel that is fed, with what it is fed from.
    struct Fed {
        list: watch::Sender<Listed>,
        events: watch::Sender<Option<PanelEvent>>,
        samples: broadcast::Sender<Sample>,
        pushed: mpsc::UnboundedReceiver<(PanelEvent, Instant)>,
        task: tokio::task::JoinHandle<()>,
    }

    impl Fed {
        fn new(samples_pause: Duration) -> Self {
            let (list, listed) = watch::channel(Listed::default());
            let (events, receiver) = watch::channel(None);
            let samples = broadcast::Sender::new(1024);
            let (sink, pushed) = mpsc::unbounded_channel();
            let sink = Box::new(move |event| {
                // The list of stacks is there from the start; the tests here are about one of them.
                matches!(&event, PanelEvent::Stacks { stacks, .. } if stacks.is_empty())
                    || sink.send((event, Instant::now())).is_ok()
            });
            let task = tokio::spawn(feed_with(samples_pause, listed, receiver, samples.subscribe(), sink));
            Self { list, events, samples, pushed, task }
        }

        async fn happens(&self, event: Option<PanelEvent>) {
            self.events.send_replace(event);
            // There is one thread, so that the task gets to see each of them.
            tokio::task::yield_now().await;
        }

        async fn probed(&self, second: i64) {
            self.samples.send(probe(second)).unwrap();
            tokio::task::yield_now().await;
        }

        async fn next(&mut self) -> (PanelEvent, Instant) {
            soon(self.pushed.recv()).await.expect("it pushes as long as there are events")
        }
    }

    fn samples(seconds: impl IntoIterator<Item = i64>) -> PanelEvent {
        PanelEvent::Samples { samples: seconds.into_iter().map(probe).collect() }
    }

    #[tokio::test]
    async fn samples_are_pushed_though_nothing_changes() {
        let mut fed = Fed::new(Duration::from_millis(1));
        fed.happens(snapshot(1)).await;
        assert_eq!(Some(fed.next().await.0), snapshot(1));
        fed.probed(2).await;
        assert_eq!(fed.next().await.0, samples([2]));
    }

    #[tokio::test]
    async fn samples_go_together_and_none_is_lost() {
        let mut fed = Fed::new(SOON * 100);
        fed.happens(snapshot(1)).await;
        assert_eq!(Some(fed.next().await.0), snapshot(1));
        for second in 1..=70 {
            fed.probed(second).await;
        }
        // What they would wait for too long here is something that changes; they come before it.
        fed.happens(snapshot(2)).await;
        assert_eq!(fed.next().await.0, samples(1..=70));
        assert_eq!(Some(fed.next().await.0), snapshot(2));
    }

    #[tokio::test]
    async fn the_newest_is_pushed_in_the_end_and_none_sooner_than_an_eye_sees_it() {
        let mut fed = Fed::new(SOON * 100);
        for revision in 1..=5 {
            fed.happens(snapshot(revision)).await;
        }
        let (mut pushed, mut times) = (Vec::new(), Vec::new());
        while pushed.last() != snapshot(5).as_ref() {
            let (event, at) = fed.next().await;
            pushed.push(event);
            times.push(at);
        }
        assert!(pushed.len() > 1, "the first waits for nobody");
        // However late a busy machine makes a push, it makes none early.
        let soonest = times.windows(2).map(|pair| pair[1] - pair[0]).min();
        assert!(soonest >= Some(PAUSE), "two are pushed within {soonest:?}: {pushed:?}");
    }

    #[tokio::test]
    async fn the_list_goes_on_when_the_stack_that_is_shown_has_left_it() {
        let Fed { list, events, samples, mut pushed, task: _task } = Fed::new(SOON * 100);
        let ended = PanelEvent::Ended { message: "It has ended.".to_owned(), refused: false, file: None };
        events.send_replace(Some(ended.clone()));
        drop((events, samples));
        assert_eq!(soon(pushed.recv()).await.expect("it pushes").0, ended);
        let stacks = vec![StackSummary {
            instance: "default".to_owned(),
            stack: None,
            state: contract::ServiceState::Starting,
            file: None,
            ends_with_application: true,
            at_login: false,
        }];
        let shown = "default".to_owned();
        list.send_replace((stacks.clone(), shown.clone()));
        assert_eq!(soon(pushed.recv()).await.expect("it pushes").0, PanelEvent::Stacks { stacks, shown });
    }

    #[tokio::test]
    async fn pushing_ends_when_nobody_is_there() {
        let mut fed = Fed::new(SOON * 100);
        fed.pushed.close();
        fed.happens(snapshot(1)).await;
        soon(fed.task).await.unwrap();
    }
}
