//! The newest probe latencies of each service, for the panel's sparklines.

use std::collections::{HashMap, VecDeque};

use contract::Sample;

/// How many probes are remembered for each service.
pub const REMEMBERED_MAX: usize = 60;

/// The newest probes of each service, by name.
#[derive(Debug, Default)]
pub struct Latencies {
    services: HashMap<String, VecDeque<Option<u64>>>,
}

impl Latencies {
    /// Takes in a probe.
    pub fn take_in(&mut self, sample: &Sample) {
        let latencies = self.services.entry(sample.service.clone()).or_default();
        latencies.push_back(sample.latency_us);
        if latencies.len() > REMEMBERED_MAX {
            latencies.pop_front();
        }
    }

    /// In microseconds, oldest first, at most 60; `None` for a probe that failed.
    pub fn of(&self, service: &str) -> Vec<Option<u64>> {
        self.services.get(service).map(|latencies| latencies.iter().copied().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_newest_sixty_of_each_service_are_kept() {
        let mut latencies = Latencies::default();
        for second in 0..100 {
            let at = Timestamp::from_second(second).unwrap();
            let latency_us = (second != 99).then_some(second.unsigned_abs());
            latencies.take_in(&Sample { service: "ui".to_owned(), at, latency_us });
        }
        assert_eq!(latencies.of("ui").len(), REMEMBERED_MAX);
        assert_eq!((latencies.of("ui")[0], latencies.of("ui")[59]), (Some(40), None));
        assert_eq!(latencies.of("backend"), []);
    }
}
