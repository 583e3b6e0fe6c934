//! A child process that does not outlive the test.
#![expect(unsafe_code, reason = "PR_SET_PDEATHSIG must be set between fork and exec")]

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{SigHandler, Signal, signal};

use crate::processes;
use crate::wait::eventually_some;

/// A child process that is killed when this is dropped, or when the thread that started it ends.
pub struct Guarded {
    child: Child,
}

impl Guarded {
    /// Starts the command.
    ///
    /// # Panics
    /// When it cannot be started.
    #[track_caller]
    pub fn spawn(command: &mut Command) -> Self {
        // SAFETY: both are bare system calls; nothing is allocated and no lock is taken.
        unsafe {
            command.pre_exec(|| {
                // Also where nohup(1) started the tests, a launcher listens to it.
                signal(Signal::SIGHUP, SigHandler::SigDfl)?;
                Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?)
            });
        }
        let program = command.get_program().to_owned();
        match command.spawn() {
            Ok(child) => Self { child },
            Err(error) => panic!("{} could not be started: {error}", program.display()),
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The child, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        processes::signal(self.pid(), signal);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it has not ended within `bound`.
    #[track_caller]
    pub fn wait(&mut self, bound: Duration) -> ExitStatus {
        let child = &mut self.child;
        eventually_some(bound, "the program ends", || child.try_wait().expect("a child can be waited for"))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
