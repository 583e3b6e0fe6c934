//! A child as the standard library makes it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::unistd::Pid;

use super::child::Child;
use super::exec::Exec;

/// Starts it. An error of its own before exec is given back.
pub(super) fn start(exec: Exec) -> io::Result<Child> {
    // The name does not matter: what runs is what `exec` says.
    let mut command = Command::new("service");
    let mut exec = Movable(exec);
    // SAFETY: the closure allocates nothing and calls only what signal-safety(7) allows.
    unsafe { command.pre_exec(move || Err(exec.exec())) };
    let child = command.spawn()?;
    Ok(Child::leader(Pid::from_raw(child.id().cast_signed())))
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
