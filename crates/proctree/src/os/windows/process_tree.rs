//! The processes of a run: those of a job object, which ends with the launcher.

use std::sync::{Arc, PoisonError, Weak};

use contract::{Cause, StopSignal, StopSignalTo};

use super::console;
use super::hand_over::HandOver;
use super::job::Job;
use super::spawn::Input;
use crate::LaunchMarker;

/// A process that was started, and everything that it started: the processes of a job object.
#[derive(Debug, Clone)]
pub struct ProcessTree {
    leader: u32,
    job: Option<Arc<Job>>,
    input: Weak<Input>,
    hand_over: Option<Arc<HandOver>>,
}

impl ProcessTree {
    /// A process alone, which is in no job of ours.
    pub fn new(
        leader: u32,
        _marker: LaunchMarker,
        _stop_signal: StopSignal,
        _stop_signal_to: StopSignalTo,
    ) -> Self {
        Self { leader, job: None, input: Weak::new(), hand_over: None }
    }

    /// The processes of a job, their standard input, and how they get their sockets.
    pub(super) fn of(
        leader: u32,
        job: Arc<Job>,
        input: Weak<Input>,
        hand_over: Option<Arc<HandOver>>,
    ) -> Self {
        Self { leader, job: Some(job), input, hand_over }
    }

    /// Whether some process of it has got the sockets that it was started with.
    pub fn has_taken_sockets(&self) -> bool {
        self.hand_over.as_ref().is_none_or(|hand_over| hand_over.is_taken())
    }

    /// Asks every process that has a console to end, and ends their standard input then: `cmd` asks there whether to
    /// go on with its script, and waits for an answer.
    pub fn terminate(&self, _leader_lives: bool) {
        let input = self.input.clone();
        console::ask(&self.pids(), move || {
            if let Some(input) = input.upgrade() {
                input.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
        });
    }

    /// Each was asked, whether the leader lives or not.
    pub fn leader_ended(&self) {}

    /// There are none.
    pub fn wake_wrappers(&self) -> Option<Vec<()>> {
        None
    }

    /// Ends every process.
    pub fn kill(&self, _leader_lives: bool) {
        if let Some(job) = &self.job {
            job.terminate();
        }
    }

    /// Whether nothing is left of it.
    pub fn is_empty(&self) -> bool {
        self.job.as_ref().is_none_or(|job| job.is_empty())
    }

    /// Nothing to wait by; the job is looked at again and again.
    pub fn remaining(&self) -> Vec<()> {
        Vec::new()
    }

    /// How many of its processes live.
    pub fn living(&self) -> usize {
        self.pids().len()
    }

    /// The system ends every process of a job.
    pub fn left(&self) -> Vec<Cause> {
        Vec::new()
    }

    /// What is suspended cannot be told from what is not.
    pub fn suspended(&self) -> Vec<Cause> {
        Vec::new()
    }

    /// Its processes.
    pub fn pids(&self) -> Vec<u32> {
        self.job.as_ref().map_or_else(|| vec![self.leader], |job| job.pids())
    }
}

/// Waits a moment.
pub async fn any_ended(_processes: Vec<()>) {
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
}
