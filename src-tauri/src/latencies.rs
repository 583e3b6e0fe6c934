//! The newest probe latencies of each service, for the panel's sparklines.

use std::collections::{HashMap, VecDeque};

use contract::Snapshot;
use jiff::Timestamp;

/// How many probes are remembered for each service.
pub const REMEMBERED_MAX: usize = 60;

/// The newest probes of each service, by name.
#[derive(Debug, Default)]
pub struct Latencies {
    services: HashMap<String, Probes>,
}

#[derive(Debug, Default)]
struct Probes {
    newest: Option<Timestamp>,
    latencies_us: VecDeque<Option<u64>>,
}

impl Latencies {
    /// Takes in what a snapshot says of probes that were not seen before.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        for service in &snapshot.services {
            let Some(checked_at) = service.health.checked_at else { continue };
            let probes = self.services.entry(service.name.clone()).or_default();
            if probes.newest == Some(checked_at) {
                continue;
            }
            probes.newest = Some(checked_at);
            probes.latencies_us.push_back(service.health.latency_us);
            if probes.latencies_us.len() > REMEMBERED_MAX {
                probes.latencies_us.pop_front();
            }
        }
    }

    /// In microseconds, oldest first, at most 60; `None` for a probe that failed.
    pub fn of(&self, service: &str) -> Vec<Option<u64>> {
        self.services
            .get(service)
            .map(|probes| probes.latencies_us.iter().copied().collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contract::ServiceState;

    use super::*;
    use crate::view::sample::stack;

    fn probed(second: i64, latency_us: Option<u64>) -> Snapshot {
        let mut snapshot = stack([ServiceState::Healthy; 3]);
        let health = &mut Arc::make_mut(&mut snapshot.services[1]).health;
        health.checked_at = Some(Timestamp::from_second(second).unwrap());
        health.latency_us = latency_us;
        snapshot
    }

    #[test]
    fn a_probe_counts_once_however_often_it_is_seen() {
        let mut latencies = Latencies::default();
        for snapshot in [probed(1, Some(310)), probed(1, Some(310)), probed(2, None), probed(3, Some(310))] {
            latencies.observe(&snapshot);
        }
        assert_eq!(latencies.of("ui"), [Some(310), None, Some(310)]);
        assert_eq!(latencies.of("backend"), []);
    }

    #[test]
    fn only_the_newest_sixty_are_kept() {
        let mut latencies = Latencies::default();
        for second in 0..100 {
            latencies.observe(&probed(second, Some(second.unsigned_abs())));
        }
        assert_eq!(latencies.of("ui").len(), 60);
        assert_eq!(latencies.of("ui")[0], Some(40));
    }
}
