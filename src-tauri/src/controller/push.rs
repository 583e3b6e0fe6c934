//! Pushes to the panel what is the case, as it changes, and no more often than is of use: each push is
//! drawn, which costs more than all the rest of the application.

use std::sync::Arc;
use std::time::Duration;

use contract::{Health, ServiceSnapshot, Snapshot};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{PanelEvent, Sink};

/// The shortest time between two pushes: an eye sees no more.
const PAUSE: Duration = Duration::from_millis(40);
/// The same, where nothing but the numbers of probes is new: the usual time between two probes of a service,
/// so that those of all services go together.
const PROBES_PAUSE: Duration = Duration::from_secs(2);

/// Pushes until nobody is there.
pub(super) async fn push(mut events: watch::Receiver<Option<PanelEvent>>, sink: Sink<PanelEvent>) {
    let mut last: Option<PanelEvent> = None;
    let mut at = Instant::now();
    events.mark_changed();
    while events.changed().await.is_ok() {
        let is_news = |event: &Option<PanelEvent>| match (&last, event) {
            (
                Some(PanelEvent::Snapshot { snapshot: before }),
                Some(PanelEvent::Snapshot { snapshot: now }),
            ) => !differs_in_probes_alone(before, now),
            _ => true,
        };
        if last.is_some() {
            tokio::time::sleep_until(at + PAUSE).await;
            // An error, that nobody says anything any more, is found by the next round.
            let _ = tokio::time::timeout_at(at + PROBES_PAUSE, events.wait_for(is_news)).await;
        }
        let event = events.borrow_and_update().clone();
        at = Instant::now();
        if event.as_ref().is_some_and(|event| !sink(event.clone())) {
            return;
        }
        last = event;
    }
}

/// Whether two snapshots say the same but for how fast and when a service answered last.
fn differs_in_probes_alone(before: &Snapshot, now: &Snapshot) -> bool {
    let alike = |(before, now): (&Arc<ServiceSnapshot>, &Arc<ServiceSnapshot>)| {
        Arc::ptr_eq(before, now) || without_numbers(before) == without_numbers(now)
    };
    before.state == now.state
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

    use super::*;
    use crate::view::sample;

    fn snapshot(state: ServiceState, latency_us: Option<u64>) -> Snapshot {
        let mut snapshot = sample::stack([state, Healthy, Healthy]);
        Arc::make_mut(&mut snapshot.services[0]).health.latency_us = latency_us;
        snapshot
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
    async fn the_newest_is_pushed_in_the_end_whatever_came_between() {
        let event = |state, latency| {
            Some(PanelEvent::Snapshot { snapshot: Arc::new(snapshot(state, Some(latency))) })
        };
        let (sender, receiver) = watch::channel(event(Healthy, 1));
        let (pushed, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let task = tokio::spawn(push(receiver, Box::new(move |event| pushed.send(event).is_ok())));
        assert_eq!(seen.recv().await, event(Healthy, 1));
        for latency in 2..5 {
            sender.send_replace(event(Healthy, latency));
        }
        sender.send_replace(event(Unhealthy, 5));
        assert_eq!(seen.recv().await, event(Unhealthy, 5));
        sender.send_replace(event(Unhealthy, 6));
        assert_eq!(seen.recv().await, event(Unhealthy, 6));
        drop(seen);
        sender.send_replace(event(Healthy, 7));
        task.await.unwrap();
    }
}
