//! What a child does between its start and exec.
//!
//! Everything is prepared before: the child shares the launcher's memory (or, elsewhere than on Linux, has a
//! copy in which another thread may have held a lock), so it may not allocate, and calls only what
//! signal-safety(7) allows. The functions of nix and rustix that it calls are the bare system calls.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::unistd::{Pid, chdir, getpid, setpgid};

use super::descriptor_limit::original_limit;
use super::rlimit_tag::RlimitTag;
use crate::Launchable;

const LISTEN_FD: RawFd = 3;
/// Room for any process id, filled in by the child itself.
const PID_PLACE: &str = "LISTEN_PID=0000000000";

/// Everything that the child needs.
pub(super) struct Exec {
    program: CString,
    _arguments: Vec<CString>,
    argv: Vec<*const libc::c_char>,
    environment: Vec<Vec<u8>>,
    envp: Vec<*const libc::c_char>,
    cwd: Option<CString>,
    stdio: [OwnedFd; 3],
    listeners: Vec<RawFd>,
    /// The limits of open files, soft and hard.
    open_files: Option<(rlim_t, rlim_t)>,
    /// The limits that take the tag, and the tag.
    tag: Vec<(Resource, rlim_t)>,
    #[cfg(target_os = "linux")]
    parent: Pid,
}

impl Exec {
    /// Copies everything to where the child finds it.
    pub(super) fn prepare(launchable: &Launchable<'_>, stdio: [OwnedFd; 3]) -> io::Result<Self> {
        let bytes = |bytes: &[u8]| {
            CString::new(bytes).map_err(|_| io::Error::other("a NUL in a command or a variable"))
        };
        let program = bytes(launchable.program.as_os_str().as_bytes())?;
        let mut arguments = vec![program.clone()];
        for argument in launchable.arguments {
            arguments.push(bytes(argument.as_bytes())?);
        }
        let argv = arguments.iter().map(|argument| argument.as_ptr()).chain([std::ptr::null()]).collect();
        let mut environment: Vec<Vec<u8>> = Vec::with_capacity(launchable.environment.len() + 3);
        let listeners = launchable.listeners;
        if !listeners.is_empty() {
            let names: Vec<&str> = listeners.iter().map(|(name, _)| *name).collect();
            let count = format!("LISTEN_FDS={}", listeners.len());
            let names = format!("LISTEN_FDNAMES={}", names.join(":"));
            // First, where the child fills it in.
            for line in [PID_PLACE, &count, &names] {
                environment.push(bytes(line.as_bytes())?.into_bytes_with_nul());
            }
        }
        for (name, value) in launchable.environment {
            let line = [name.as_bytes(), b"=", value.as_bytes()].concat();
            environment.push(bytes(&line)?.into_bytes_with_nul());
        }
        let envp = environment.iter().map(|line| line.as_ptr().cast()).chain([std::ptr::null()]).collect();
        Ok(Self {
            program,
            _arguments: arguments,
            argv,
            environment,
            envp,
            cwd: launchable.cwd.map(|cwd| bytes(cwd.as_os_str().as_bytes())).transpose()?,
            stdio,
            listeners: listeners.iter().map(|(_, listener)| listener.as_raw_fd()).collect(),
            open_files: original_limit(),
            tag: RlimitTag::of(launchable.marker).limits(),
            #[cfg(target_os = "linux")]
            parent: getpid(),
        })
    }

    /// Becomes the program; comes back only with an error. To be called in the child alone.
    pub(super) fn exec(&mut self) -> io::Error {
        match self.prepare_for_exec() {
            // SAFETY: the arrays end in null and their strings in NUL.
            Ok(()) => unsafe {
                libc::execve(self.program.as_ptr(), self.argv.as_ptr(), self.envp.as_ptr());
                io::Error::last_os_error()
            },
            Err(error) => error,
        }
    }

    fn prepare_for_exec(&mut self) -> io::Result<()> {
        let this = Pid::from_raw(0);
        setpgid(this, this)?;
        #[cfg(target_os = "linux")]
        die_with(self.parent)?;
        for (number, descriptor) in (0..).zip(&self.stdio) {
            place(descriptor.as_raw_fd(), number)?;
        }
        if let Some(cwd) = &self.cwd {
            chdir(cwd.as_c_str())?;
        }
        // While there is room for more descriptors than the program may have.
        self.make_room()?;
        if let Some((soft, hard)) = self.open_files {
            // A program may rely on the usual limit (select(2)).
            let _ = setrlimit(Resource::RLIMIT_NOFILE, soft, hard);
        }
        for (limit, tag) in &self.tag {
            let _ = setrlimit(*limit, *tag, *tag);
        }
        for (number, listener) in (LISTEN_FD..).zip(&self.listeners) {
            place(*listener, number)?;
        }
        if !self.listeners.is_empty() {
            self.write_pid();
        }
        close_from(self.first_other());
        reset_signals();
        Ok(())
    }

    /// The first descriptor that is not the program's.
    fn first_other(&self) -> RawFd {
        LISTEN_FD + RawFd::try_from(self.listeners.len()).unwrap_or(0)
    }

    /// No socket lies where another one is placed.
    fn make_room(&mut self) -> io::Result<()> {
        let first_other = self.first_other();
        for (number, listener) in (LISTEN_FD..).zip(&mut self.listeners) {
            if *listener < first_other && *listener != number {
                // SAFETY: a plain descriptor of this process.
                *listener = unsafe { libc::fcntl(*listener, libc::F_DUPFD_CLOEXEC, first_other) };
                if *listener < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
        }
        Ok(())
    }

    /// LISTEN_PID names the process that the sockets are meant for, which is known only here.
    fn write_pid(&mut self) {
        let mut pid = getpid().as_raw().unsigned_abs();
        let Some(line) = self.environment.first_mut() else { return };
        let start = "LISTEN_PID=".len();
        let digits = pid.checked_ilog10().map_or(1, |digits| digits as usize + 1);
        // Without leading zeros, which some programs compare and others take for octal.
        line[start + digits] = 0;
        for digit in line[start..start + digits].iter_mut().rev() {
            *digit = b'0' + u8::try_from(pid % 10).unwrap_or(0);
            pid /= 10;
        }
    }
}

/// Puts a descriptor at a number, kept over exec.
fn place(descriptor: RawFd, number: RawFd) -> io::Result<()> {
    // SAFETY: plain descriptors of this process; dup2 clears the close-on-exec flag of the copy.
    let result = unsafe {
        if descriptor == number {
            libc::fcntl(number, libc::F_SETFD, 0)
        } else {
            libc::dup2(descriptor, number)
        }
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Closes the launcher's descriptors before exec does. The launcher continues before exec has closed the last
/// of them, and may release a port for the next service: a copy of its socket here would still hold it. On
/// kernels before 5.9 exec closes them.
fn close_from(first: RawFd) {
    #[cfg(target_os = "linux")]
    // SAFETY: nothing of what is closed is used any more.
    unsafe {
        libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = first;
}

/// No handler of the launcher's runs in the child, which may share its memory; none of its signals is
/// blocked or ignored.
fn reset_signals() {
    #[cfg(target_os = "linux")]
    let last = libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let last = libc::SIGUSR2;
    for signal in 1..=last {
        // SAFETY: no handler is installed; signals that have no number or cannot be changed are refused.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
}

/// Asks the kernel to end this process when the thread that forked it ends.
#[cfg(target_os = "linux")]
fn die_with(parent: Pid) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    // The parent may have ended before the line above.
    if nix::unistd::getppid() != parent {
        super::exit_now(137);
    }
    Ok(())
}
