//! Ends a process that is none of ours.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::Instant;

use super::process_handle::ProcessHandle;
use super::process_tree::any_ended;
use super::procfs::{belongs_to_us, stat};
use crate::NotEnded;

/// How long it may take to end after being asked to.
const ASKED: Duration = Duration::from_secs(5);
/// How long the system may take to end what is killed.
const KILLED: Duration = Duration::from_secs(2);

/// Ends the process of that id and start time (in clock ticks since the machine started): asks it to, and kills it after
/// a while. Comes back when it is gone, at once where it is already.
///
/// # Errors
/// That it is not to be ended, or cannot be.
pub async fn end_process(pid: u32, started: u64) -> Result<(), NotEnded> {
    let number = pid.cast_signed();
    let lives = || stat(number).is_some_and(|stat| stat.started == started && stat.lives());
    // A stopped one is woken, since it could not handle the signal.
    let steps = [(vec![Signal::SIGTERM, Signal::SIGCONT], ASKED), (vec![Signal::SIGKILL], KILLED)];
    for (signals, patience) in steps {
        let Some(handle) = ProcessHandle::open(number) else { return Ok(()) };
        // The handle keeps the process; so what holds here holds at the signal.
        if !lives() {
            return Ok(());
        }
        if !belongs_to_us(number) {
            return Err(NotEnded::Foreign);
        }
        for signal in signals {
            handle.signal(signal);
        }
        let end = Instant::now() + patience;
        while lives() && Instant::now() < end {
            any_ended(ProcessHandle::open(number).map(ProcessHandle::into_descriptor).into_iter().collect())
                .await;
        }
        if !lives() {
            return Ok(());
        }
    }
    Err(NotEnded::Stuck)
}
