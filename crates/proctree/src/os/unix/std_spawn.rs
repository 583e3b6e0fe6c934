//! A child as the standard library makes it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub use tokio::process::Child;

use super::exec::Exec;

/// Nobody is adopted, so that nobody asks.
pub(super) fn is_leader(_pid: i32) -> bool {
    false
}

/// Nobody is adopted, so that nobody is anybody else's.
pub(super) fn others_live(_pid: i32) -> bool {
    true
}

/// Starts it. An error of its own before exec is given back.
pub(super) fn start(exec: Exec) -> io::Result<Child> {
    // The name does not matter: what runs is what `exec` says.
    let mut command = Command::new("service");
    let mut exec = Movable(exec);
    // SAFETY: the closure allocates nothing and calls only what signal-safety(7) allows.
    unsafe { command.pre_exec(move || Err(exec.exec())) };
    tokio::process::Command::from(command).spawn()
}

struct Movable(Exec);

// SAFETY: the pointers point into the vectors beside them, which move with them and are not changed.
unsafe impl Send for Movable {}
// SAFETY: as above; nothing is changed but through `&mut`.
unsafe impl Sync for Movable {}

impl Movable {
    fn exec(&mut self) -> io::Error {
        self.0.exec()
    }
}
