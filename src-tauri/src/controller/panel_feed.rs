//! Feeds the panel with the state as it changes, and no more often than is of use: each push is
//! drawn, which costs more than all the rest of the application.
//!
//! Whatever changes is pushed at once, as a whole snapshot. That a service has answered its probe as before
//! changes two numbers and a line of latencies; those of all services wait for each other, and go together
//! and alone.

use std::sync::Arc;
use std::time::Duration;

use contract::{Health, ServiceSnapshot, Snapshot};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use ts_rs::TS;

use super::Sink;
use crate::latencies::REMEMBERED_MAX;

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
    /// What was probed since the event before; everything else is as it was.
    Probes {
        /// The services that were probed, in no order.
        probes: Vec<ServiceProbes>,
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
pub struct ServiceProbes {
    /// Its name.
    pub service: String,
    /// The newest of them.
    #[ts(type = "import('../Health').Health")]
    pub health: Health,
    /// All of them, oldest first, in microseconds; `None` for one that failed.
    #[ts(type = "(number | null)[]")]
    pub latencies_us: Vec<Option<u64>>,
}

/// The shortest time between two pushes: an eye sees no more.
const PAUSE: Duration = Duration::from_millis(40);
/// How long the numbers of probes wait for each other. The webview draws nothing in the meantime; with each
/// push it is busy for a good half second, whatever there is to draw.
const PROBES_PAUSE: Duration = Duration::from_secs(5);

/// Pushes until nobody is there.
pub(super) async fn feed(events: watch::Receiver<Option<PanelEvent>>, sink: Sink<PanelEvent>) {
    feed_with(PROBES_PAUSE, events, sink).await;
}

async fn feed_with(
    probes_pause: Duration,
    mut events: watch::Receiver<Option<PanelEvent>>,
    sink: Sink<PanelEvent>,
) {
    let mut last: Option<PanelEvent> = None;
    let mut pending = PendingProbes::default();
    let mut at = Instant::now();
    events.mark_changed();
    loop {
        tokio::select! {
            changed = events.changed() => if changed.is_err() { return },
            () = sleep_until(at + probes_pause), if !pending.is_empty() => {
                if !sink(pending.take()) {
                    return;
                }
                at = Instant::now();
                continue;
            }
        }
        let event = events.borrow_and_update().clone();
        if pending.take_in(last.as_ref(), event.as_ref()) {
            last = event;
            continue;
        }
        if last.is_some() {
            sleep_until(at + PAUSE).await;
        }
        let event = events.borrow_and_update().clone();
        let earlier = (!pending.is_empty()).then(|| pending.take());
        if earlier.into_iter().chain(event.clone()).any(|event| !sink(event)) {
            return;
        }
        at = Instant::now();
        last = event;
    }
}

/// The probes that the panel was not told of yet.
#[derive(Debug, Default)]
struct PendingProbes(Vec<ServiceProbes>);

impl PendingProbes {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self) -> PanelEvent {
        PanelEvent::Probes { probes: std::mem::take(&mut self.0) }
    }

    /// Takes in what was probed between two events, if that is all that has happened.
    fn take_in(&mut self, before: Option<&PanelEvent>, now: Option<&PanelEvent>) -> bool {
        let (Some(PanelEvent::Snapshot { snapshot: before }), Some(PanelEvent::Snapshot { snapshot: now })) =
            (before, now)
        else {
            return false;
        };
        let alone = differs_in_probes_alone(before, now);
        if alone {
            let pairs = before.services.iter().zip(&now.services);
            for (_, service) in pairs.filter(|(before, now)| before.health != now.health) {
                self.add(service);
            }
        }
        alone
    }

    fn add(&mut self, service: &ServiceSnapshot) {
        let ServiceSnapshot { name, health, .. } = service;
        let Some(probes) = self.0.iter_mut().find(|probes| probes.service == *name) else {
            let latencies_us = vec![health.latency_us];
            return self.0.push(ServiceProbes {
                service: name.clone(),
                health: health.clone(),
                latencies_us,
            });
        };
        probes.health = health.clone();
        probes.latencies_us.push(health.latency_us);
        let too_many = probes.latencies_us.len().saturating_sub(REMEMBERED_MAX);
        probes.latencies_us.drain(..too_many);
    }
}

/// Whether two snapshots say the same but for how fast and when a service answered last.
fn differs_in_probes_alone(before: &Snapshot, now: &Snapshot) -> bool {
    let alike = |(before, now): (&Arc<ServiceSnapshot>, &Arc<ServiceSnapshot>)| {
        Arc::ptr_eq(before, now) || without_numbers(before) == without_numbers(now)
    };
    before.pid == now.pid
        && before.state == now.state
        && before.services.len() == now.services.len()
        && before.services.iter().zip(&now.services).all(alike)
}

fn without_numbers(service: &ServiceSnapshot) -> ServiceSnapshot {
    let Health { latency_us, checked_at, .. } = &service.health;
    // The first answer, and the first one missed, are news.
    let latency_us = latency_us.map(|_| 0);
    let checked_at = checked_at.map(|_| jiff::Timestamp::UNIX_EPOCH);
    let health = Health { latency_us, checked_at, ..service.health.clone() };
    ServiceSnapshot { health, ..service.clone() }
}

#[cfg(test)]
mod tests {
    use contract::ServiceState::{self, Healthy, Unhealthy};
    use jiff::Timestamp;
    use tokio::sync::mpsc;

    use super::*;
    use crate::view::sample;

    const SOON: Duration = Duration::from_secs(20);

    fn snapshot(state: ServiceState, latency_us: Option<u64>) -> Snapshot {
        let mut snapshot = sample::stack([state, Healthy, Healthy]);
        Arc::make_mut(&mut snapshot.services[0]).health.latency_us = latency_us;
        snapshot
    }

    /// The same stack, its first service probed at this second, with this latency.
    fn probed(state: ServiceState, second: i64) -> Option<PanelEvent> {
        let mut snapshot = snapshot(state, Some(second.unsigned_abs()));
        Arc::make_mut(&mut snapshot.services[0]).health.checked_at = Timestamp::from_second(second).ok();
        Some(PanelEvent::Snapshot { snapshot: Arc::new(snapshot) })
    }

    /// Waits for something, with a bound.
    async fn soon<T>(waited_for: impl Future<Output = T>) -> T {
        tokio::time::timeout(SOON, waited_for).await.expect("soon")
    }

    /// What is pushed of events that come one after the other, and when; the numbers of probes after so long.
    /// Ends when `is_enough`.
    async fn pushed(
        probes_pause: Duration,
        events: &[Option<PanelEvent>],
        is_enough: impl Fn(&[PanelEvent]) -> bool,
    ) -> (Vec<PanelEvent>, Vec<Instant>) {
        let (sender, receiver) = watch::channel(None);
        let (sink, mut seen) = mpsc::unbounded_channel();
        let sink = Box::new(move |event| sink.send((event, Instant::now())).is_ok());
        let task = tokio::spawn(feed_with(probes_pause, receiver, sink));
        for event in events {
            sender.send_replace(event.clone());
            // There is one thread, so that the task gets to see each of them.
            tokio::task::yield_now().await;
        }
        let (mut pushed, mut times) = (Vec::new(), Vec::new());
        while !is_enough(&pushed) {
            let (event, at) = soon(seen.recv()).await.expect("it pushes as long as there are events");
            pushed.push(event);
            times.push(at);
        }
        drop(sender);
        soon(task).await.unwrap();
        (pushed, times)
    }

    fn latencies(event: &PanelEvent) -> &[Option<u64>] {
        let PanelEvent::Probes { probes } = event else { panic!("{event:?} is no event of probes") };
        assert_eq!(probes.len(), 1, "only one service was probed");
        assert_eq!(probes[0].health.latency_us, *probes[0].latencies_us.last().unwrap());
        &probes[0].latencies_us
    }

    #[test]
    fn another_latency_is_no_news_and_everything_else_is() {
        let before = snapshot(Healthy, Some(310));
        assert!(differs_in_probes_alone(&before, &snapshot(Healthy, Some(400))));
        assert!(!differs_in_probes_alone(&before, &snapshot(Healthy, None)));
        assert!(!differs_in_probes_alone(&before, &snapshot(Unhealthy, Some(310))));
        let mut restarted = before.clone();
        Arc::make_mut(&mut restarted.services[2]).restarts += 1;
        assert!(!differs_in_probes_alone(&before, &restarted));
    }

    #[tokio::test]
    async fn probes_are_pushed_though_nothing_else_happens() {
        let events = [probed(Healthy, 1), probed(Healthy, 2)];
        let (pushed, _) = pushed(Duration::from_millis(1), &events, |pushed| pushed.len() == 2).await;
        assert_eq!(Some(&pushed[0]), events[0].as_ref());
        assert_eq!(latencies(&pushed[1]), [Some(2)]);
    }

    #[tokio::test]
    async fn probes_go_together_and_none_is_lost() {
        let mut events: Vec<_> = (1..=70).map(|second| probed(Healthy, second)).collect();
        // What they would wait for too long here is something else that happens.
        events.push(probed(Unhealthy, 71));
        let (pushed, _) = pushed(SOON * 100, &events, |pushed| pushed.len() == 3).await;
        assert_eq!(Some(&pushed[0]), events[0].as_ref());
        let newest: Vec<_> = (11..=70).map(Some).collect();
        assert_eq!(latencies(&pushed[1]), newest, "as many as the panel shows");
    }

    #[tokio::test]
    async fn a_change_of_state_waits_for_no_probe_and_comes_after_those_before_it() {
        let changed = probed(Unhealthy, 3);
        let events = [probed(Healthy, 1), probed(Healthy, 2), changed.clone()];
        let (pushed, _) = pushed(SOON * 100, &events, |pushed| pushed.len() == 3).await;
        assert_eq!(latencies(&pushed[1]), [Some(2)]);
        assert_eq!(Some(&pushed[2]), changed.as_ref());
    }

    #[tokio::test]
    async fn the_newest_is_pushed_in_the_end_and_none_sooner_than_an_eye_sees_it() {
        let states = [Healthy, Unhealthy, Healthy, Unhealthy, Healthy];
        let events: Vec<_> = (1..).zip(states).map(|(second, state)| probed(state, second)).collect();
        let is_newest = |event: &PanelEvent| Some(event) == events[4].as_ref();
        let (pushed, times) =
            pushed(SOON * 100, &events, |pushed| pushed.last().is_some_and(is_newest)).await;
        assert!(pushed.len() > 1, "the first waits for nobody");
        // However late a busy machine makes a push, it makes none early.
        let soonest = times.windows(2).map(|pair| pair[1] - pair[0]).min();
        assert!(soonest >= Some(PAUSE), "two are pushed within {soonest:?}: {pushed:?}");
    }

    #[tokio::test]
    async fn pushing_ends_when_nobody_is_there() {
        let (sender, receiver) = watch::channel(probed(Healthy, 1));
        let task = tokio::spawn(feed(receiver, Box::new(|_| false)));
        soon(task).await.unwrap();
        drop(sender);
    }
}
