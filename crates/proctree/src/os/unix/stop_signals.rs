//! The signals that ask this process to stop.

use std::io;

use nix::sys::signal::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask this process to stop.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Option<Signal>,
}

impl StopSignals {
    /// Listens from here on. That a terminal hangs up stays ignored where it was, as nohup(1) has it.
    ///
    /// # Errors
    /// What the system refused.
    pub fn listen() -> io::Result<Self> {
        let hang_up = (!is_ignored(Number::SIGHUP)).then(|| signal(SignalKind::hangup())).transpose()?;
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hang_up })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hang_up => {}
        }
    }
}

fn is_ignored(number: Number) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is changed, and what is there is written to a place that has room for it.
    let action = unsafe {
        let result = libc::sigaction(number as i32, std::ptr::null(), action.as_mut_ptr());
        (result == 0).then(|| action.assume_init())
    };
    action.is_some_and(|action| action.sa_sigaction == libc::SIG_IGN)
}
