//! What was asked for and is being carried out: a set of services, one after the other where they need
//! each other, side by side where not.

use std::collections::BTreeSet;
use std::time::Instant;

use contract::{ApiError, ErrorCode};
use tokio::sync::oneshot;

/// The answer to a request.
pub(crate) type Reply = oneshot::Sender<Result<(), ApiError>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Start anew, those that are needed first.
    Restart,
    /// Start at other addresses; all go over together, or none does.
    Move,
    /// End, those that need others first.
    Stop {
        /// Whatever is left by then is killed.
        limit: Instant,
        /// The instance ends with it.
        last: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) kind: Kind,
    pub(crate) waiting: BTreeSet<usize>,
    pub(crate) running: BTreeSet<usize>,
    pub(crate) done: BTreeSet<usize>,
    pub(crate) error: Option<ApiError>,
    /// Those that did not become what was asked for.
    failed: BTreeSet<usize>,
    reply: Option<Reply>,
}

impl Job {
    pub(crate) fn new(kind: Kind, services: impl IntoIterator<Item = usize>, reply: Option<Reply>) -> Self {
        Self {
            kind,
            waiting: services.into_iter().collect(),
            running: BTreeSet::new(),
            done: BTreeSet::new(),
            error: None,
            failed: BTreeSet::new(),
            reply,
        }
    }

    /// The services that can be begun now. `needs[i]` are the services that `i` needs.
    pub(crate) fn take_ready(&mut self, needs: &[Vec<usize>], now: Instant) -> Vec<usize> {
        match self.kind {
            Kind::Move | Kind::Stop { .. } if self.error.is_some() => self.waiting.clear(),
            Kind::Restart => self.leave_out_what_needs_a_failed_one(needs),
            _ => {}
        }
        let hurry = matches!(self.kind, Kind::Stop { limit, .. } if limit <= now);
        let open = |service: usize| self.waiting.contains(&service) || self.running.contains(&service);
        let free = |service: &usize| match self.kind {
            Kind::Stop { .. } => {
                hurry
                    || !needs.iter().enumerate().any(|(other, needs)| open(other) && needs.contains(service))
            }
            _ => !needs[*service].iter().any(|need| open(*need)),
        };
        let ready: Vec<usize> = self.waiting.iter().copied().filter(free).collect();
        for service in &ready {
            self.waiting.remove(service);
            self.running.insert(*service);
        }
        ready
    }

    /// A service is done with, well or not.
    pub(crate) fn settle(&mut self, service: usize, result: Result<(), ApiError>) {
        if self.running.remove(&service) {
            self.done.insert(service);
            if let Err(error) = result {
                self.failed.insert(service);
                self.error.get_or_insert(error);
            }
        }
    }

    fn leave_out_what_needs_a_failed_one(&mut self, needs: &[Vec<usize>]) {
        while let Some(service) = self
            .waiting
            .iter()
            .copied()
            .find(|service| needs[*service].iter().any(|need| self.failed.contains(need)))
        {
            self.waiting.remove(&service);
            self.failed.insert(service);
        }
    }

    /// A service that has not been begun with is left out. A move without one of its services is none.
    pub(crate) fn forgo(&mut self, service: usize) {
        if !matches!(self.kind, Kind::Stop { .. }) && self.waiting.remove(&service) && self.kind == Kind::Move
        {
            let error = ApiError::new(ErrorCode::Superseded, "a service was stopped meanwhile");
            self.error.get_or_insert(error);
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// When it has to be looked at again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.kind {
            Kind::Stop { limit, .. } if !self.waiting.is_empty() => Some(limit),
            _ => None,
        }
    }

    /// Tells whoever asked.
    pub(crate) fn answer(&mut self) {
        let result = self.error.take().map_or(Ok(()), Err);
        if let Some(reply) = self.reply.take() {
            // Whoever asked may have gone away.
            let _ = reply.send(result);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// 1 and 2 need 0.
    fn star() -> Vec<Vec<usize>> {
        vec![vec![], vec![0], vec![0]]
    }

    #[test]
    fn what_is_needed_is_restarted_first() {
        let now = Instant::now();
        let mut job = Job::new(Kind::Restart, 0..3, None);
        assert_eq!(job.take_ready(&star(), now), [0]);
        assert_eq!(job.take_ready(&star(), now), [0; 0]);
        job.settle(0, Ok(()));
        assert_eq!(job.take_ready(&star(), now), [1, 2]);
    }

    #[test]
    fn what_is_needed_is_stopped_last_unless_time_is_up() {
        let now = Instant::now();
        let limit = now + Duration::from_secs(5);
        let mut job = Job::new(Kind::Stop { limit, last: true }, 0..3, None);
        assert_eq!(job.take_ready(&star(), now), [1, 2]);
        job.settle(1, Ok(()));
        assert_eq!(job.take_ready(&star(), now), [0; 0]);
        assert_eq!(job.deadline(), Some(limit));
        assert_eq!(job.take_ready(&star(), limit), [0]);
    }

    #[test]
    fn what_is_stopped_meanwhile_is_left_out_of_a_restart_and_ends_a_move() {
        let now = Instant::now();
        let mut job = Job::new(Kind::Restart, 0..3, None);
        job.take_ready(&star(), now);
        job.forgo(1);
        job.settle(0, Ok(()));
        assert_eq!(job.take_ready(&star(), now), [2]);
        assert!(job.error.is_none());
        let mut job = Job::new(Kind::Move, 0..3, None);
        job.take_ready(&star(), now);
        job.forgo(1);
        job.settle(0, Ok(()));
        assert_eq!(job.take_ready(&star(), now), [0; 0]);
        assert!(job.is_over() && job.error.is_some());
    }

    #[test]
    fn one_that_cannot_be_restarted_keeps_only_those_that_need_it_from_it() {
        // 2 needs 0, 3 needs 2, 4 needs 1.
        let needs = vec![vec![], vec![], vec![0], vec![2], vec![1]];
        let now = Instant::now();
        let mut job = Job::new(Kind::Restart, 0..5, None);
        assert_eq!(job.take_ready(&needs, now), [0, 1]);
        job.settle(0, Err(ApiError::new(ErrorCode::NotHealthy, "no")));
        job.settle(1, Ok(()));
        assert_eq!(job.take_ready(&needs, now), [4]);
        job.settle(4, Ok(()));
        assert!(job.is_over() && job.error.is_some());
    }

    #[test]
    fn after_an_error_nothing_more_is_begun() {
        let mut job = Job::new(Kind::Move, 0..3, None);
        job.take_ready(&star(), Instant::now());
        job.settle(0, Err(ApiError::new(ErrorCode::NotHealthy, "no")));
        assert_eq!(job.take_ready(&star(), Instant::now()), [0; 0]);
        assert!(job.is_over());
    }
}
