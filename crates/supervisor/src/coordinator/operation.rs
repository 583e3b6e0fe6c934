//! A request that is being carried out: a set of services, one after the other where they need each other, side by
//! side where not.

use std::collections::BTreeSet;
use std::time::Instant;

use contract::{ApiError, ErrorCode};

use super::{PortPreferences, RequestId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Start, those that are needed first.
    Start,
    /// Start anew, those that are needed first.
    Restart {
        /// Those that end before what they need does.
        end_first: BTreeSet<usize>,
    },
    /// Start at other addresses; all go over together, or none does.
    Move {
        /// What was set before the settings that it applies, should it be rolled back.
        settings_before: Option<PortPreferences>,
    },
    /// End, those that need others first.
    Stop {
        /// Whatever is left by then is killed.
        limit: Instant,
    },
}

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) waiting: BTreeSet<usize>,
    pub(super) running: BTreeSet<usize>,
    pub(super) done: BTreeSet<usize>,
    pub(super) error: Option<ApiError>,
    /// Those that did not become what was asked for.
    failed: BTreeSet<usize>,
    pub(super) request: Option<RequestId>,
}

impl Operation {
    pub(super) fn new(
        kind: Kind,
        services: impl IntoIterator<Item = usize>,
        request: Option<RequestId>,
    ) -> Self {
        Self {
            kind,
            waiting: services.into_iter().collect(),
            running: BTreeSet::new(),
            done: BTreeSet::new(),
            error: None,
            failed: BTreeSet::new(),
            request,
        }
    }

    pub(super) fn is_stop(&self) -> bool {
        matches!(self.kind, Kind::Stop { .. })
    }

    pub(super) fn is_move(&self) -> bool {
        matches!(self.kind, Kind::Move { .. })
    }

    /// Whether the service ends by it, or is still to.
    pub(super) fn stops(&self, service: usize) -> bool {
        self.is_stop() && (self.waiting.contains(&service) || self.running.contains(&service))
    }

    /// Whether the service is still to be started anew.
    pub(super) fn restarts(&self, service: usize) -> bool {
        matches!(self.kind, Kind::Restart { .. })
            && (self.waiting.contains(&service) || self.running.contains(&service))
    }

    /// The services that can be begun now. `needs(i)` are the services that `i` needs, `is_gone(i)` tells whether it
    /// has no process.
    pub(super) fn take_ready<'a>(
        &mut self,
        needs: impl Fn(usize) -> &'a [usize],
        is_gone: impl Fn(usize) -> bool,
        services: usize,
        now: Instant,
    ) -> Vec<usize> {
        match self.kind {
            Kind::Move { .. } if self.error.is_some() => self.waiting.clear(),
            Kind::Start | Kind::Restart { .. } => self.leave_out_what_needs_a_failed_one(&needs),
            _ => {}
        }
        let time_is_up = matches!(self.kind, Kind::Stop { limit } if limit <= now);
        let open = |service: usize| self.waiting.contains(&service) || self.running.contains(&service);
        let needed_by = |service: &usize, by: &dyn Fn(usize) -> bool| {
            (0..services).any(|other| by(other) && needs(other).contains(service))
        };
        let needs_are_done = |service: &usize| !needs(*service).iter().any(|need| open(*need));
        let free = |service: &usize| match &self.kind {
            Kind::Stop { .. } => time_is_up || !needed_by(service, &open),
            Kind::Restart { end_first } => {
                let is_to_end = |other: usize| end_first.contains(&other) && !is_gone(other);
                !needed_by(service, &is_to_end) && (end_first.contains(service) || needs_are_done(service))
            }
            Kind::Start | Kind::Move { .. } => needs_are_done(service),
        };
        let ready: Vec<usize> = self.waiting.iter().copied().filter(free).collect();
        for service in &ready {
            self.waiting.remove(service);
            self.running.insert(*service);
        }
        ready
    }

    /// A service has become what was asked for, or has not.
    pub(super) fn complete(&mut self, service: usize, result: Result<(), ApiError>) {
        if self.running.remove(&service) {
            self.done.insert(service);
            if let Err(error) = result {
                self.failed.insert(service);
                self.error.get_or_insert(error);
            }
        }
    }

    /// Another request takes its place for the service.
    pub(super) fn supersede(&mut self, service: usize, error: impl FnOnce() -> ApiError) {
        if self.waiting.remove(&service) || self.running.remove(&service) {
            self.done.insert(service);
            self.error.get_or_insert_with(error);
        }
    }

    fn leave_out_what_needs_a_failed_one<'a>(&mut self, needs: &impl Fn(usize) -> &'a [usize]) {
        let lacks = |failed: &BTreeSet<usize>, service: usize| {
            needs(service).iter().any(|need| failed.contains(need))
        };
        while let Some(service) = self.waiting.iter().copied().find(|service| lacks(&self.failed, *service)) {
            self.waiting.remove(&service);
            self.failed.insert(service);
        }
    }

    /// A service that has not been begun with is left out. A move without one of its services is none.
    pub(super) fn cancel_pending(&mut self, service: usize) {
        if !self.is_stop() && self.waiting.remove(&service) && self.is_move() {
            let error = ApiError::new(ErrorCode::Superseded, "a service was stopped meanwhile");
            self.error.get_or_insert(error);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// When it has to be looked at again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.kind {
            Kind::Stop { limit } if !self.waiting.is_empty() => Some(limit),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// 1 and 2 need 0.
    const STAR: [&[usize]; 3] = [&[], &[0], &[0]];

    fn star(operation: &mut Operation, now: Instant) -> Vec<usize> {
        operation.take_ready(|service| STAR[service], |_| true, 3, now)
    }

    fn restart(services: usize) -> Operation {
        Operation::new(Kind::Restart { end_first: BTreeSet::new() }, 0..services, None)
    }

    fn moving() -> Operation {
        Operation::new(Kind::Move { settings_before: None }, 0..3, None)
    }

    #[test]
    fn what_is_replaced_without_a_gap_is_restarted_before_what_needs_it() {
        let now = Instant::now();
        let mut operation = restart(3);
        assert_eq!(star(&mut operation, now), [0]);
        assert_eq!(star(&mut operation, now), [0; 0]);
        operation.complete(0, Ok(()));
        assert_eq!(star(&mut operation, now), [1, 2]);
    }

    #[test]
    fn what_goes_down_is_restarted_when_what_needs_it_has_ended() {
        let now = Instant::now();
        let end_first = BTreeSet::from([1, 2]);
        let mut operation = Operation::new(Kind::Restart { end_first }, 0..3, None);
        let ready = |operation: &mut Operation, gone: &[usize]| {
            operation.take_ready(|service| STAR[service], |service| gone.contains(&service), 3, now)
        };
        assert_eq!(ready(&mut operation, &[]), [1, 2]);
        assert_eq!(ready(&mut operation, &[1]), [0; 0]);
        assert_eq!(ready(&mut operation, &[1, 2]), [0]);
        assert!((0..3).all(|service| operation.restarts(service)));
        operation.complete(0, Ok(()));
        assert!(!operation.restarts(0) && !operation.is_over());
    }

    #[test]
    fn what_is_needed_is_stopped_last_unless_time_is_up() {
        let now = Instant::now();
        let limit = now + Duration::from_secs(5);
        let mut operation = Operation::new(Kind::Stop { limit }, 0..3, None);
        assert_eq!(star(&mut operation, now), [1, 2]);
        operation.complete(1, Ok(()));
        assert_eq!(star(&mut operation, now), [0; 0]);
        assert_eq!(operation.deadline(), Some(limit));
        assert_eq!(star(&mut operation, limit), [0]);
    }

    #[test]
    fn what_is_stopped_meanwhile_is_left_out_of_a_restart_and_ends_a_move() {
        let now = Instant::now();
        let mut operation = restart(3);
        star(&mut operation, now);
        operation.cancel_pending(1);
        operation.complete(0, Ok(()));
        assert_eq!(star(&mut operation, now), [2]);
        assert!(operation.error.is_none());
        let mut operation = moving();
        star(&mut operation, now);
        operation.cancel_pending(1);
        operation.complete(0, Ok(()));
        assert_eq!(star(&mut operation, now), [0; 0]);
        assert!(operation.is_over() && operation.error.is_some());
    }

    #[test]
    fn one_that_cannot_be_restarted_keeps_only_those_that_need_it_from_it() {
        // 2 needs 0, 3 needs 2, 4 needs 1.
        const NEEDS: [&[usize]; 5] = [&[], &[], &[0], &[2], &[1]];
        let now = Instant::now();
        let mut operation = restart(5);
        let ready =
            |operation: &mut Operation| operation.take_ready(|service| NEEDS[service], |_| true, 5, now);
        assert_eq!(ready(&mut operation), [0, 1]);
        operation.complete(0, Err(ApiError::new(ErrorCode::NotHealthy, "no")));
        operation.complete(1, Ok(()));
        assert_eq!(ready(&mut operation), [4]);
        operation.complete(4, Ok(()));
        assert!(operation.is_over() && operation.error.is_some());
    }

    #[test]
    fn after_an_error_nothing_more_is_begun() {
        let mut operation = moving();
        star(&mut operation, Instant::now());
        operation.complete(0, Err(ApiError::new(ErrorCode::NotHealthy, "no")));
        assert_eq!(star(&mut operation, Instant::now()), [0; 0]);
        assert!(operation.is_over());
    }
}
