//! Starts a process in a group of its own, with its listening socket as descriptor 3.
//!
//! [`Exec`] is what a child does between its birth and exec, prepared before, since it may not allocate
//! there; how it is born differs: [`super::born`].

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use super::born::{self, Child};
use super::tag::{self, Tag};
use crate::os::Launchable;

const LISTEN_FD: RawFd = 3;
/// Room for any process id, filled in by the child itself.
const PID_PLACE: &str = "LISTEN_PID=0000000000";

/// A process that was started.
pub(crate) struct Spawned {
    pub(crate) child: Child,
    pub(crate) stdout: io::PipeReader,
    pub(crate) stderr: io::PipeReader,
}

/// Starts a process. It leads a group of its own, and is killed when the thread that started it ends;
/// so only a thread that lives as long as the launcher may call this.
pub(crate) fn spawn(launchable: &Launchable<'_>) -> io::Result<Spawned> {
    if !crate::watchdog::lets_start() {
        return Err(io::Error::other("the launcher ends"));
    }
    let (stdout, child_stdout) = io::pipe()?;
    let (stderr, child_stderr) = io::pipe()?;
    let stdio = [File::open("/dev/null")?.into(), child_stdout.into(), child_stderr.into()];
    let child = born::start(Exec::prepare(launchable, stdio)?)?;
    Ok(Spawned { child, stdout, stderr })
}

/// Everything that the child needs.
pub(crate) struct Exec {
    program: CString,
    _arguments: Vec<CString>,
    argv: Vec<*const libc::c_char>,
    environment: Vec<Vec<u8>>,
    envp: Vec<*const libc::c_char>,
    cwd: Option<CString>,
    stdio: [OwnedFd; 3],
    listener: Option<RawFd>,
    limit: Option<libc::rlimit>,
    tag: libc::rlimit,
    tag_place: Option<&'static tag::Place>,
    parent: libc::pid_t,
}

// SAFETY: the pointers point into the vectors beside them, which move with them and are not changed.
unsafe impl Send for Exec {}
// SAFETY: as above; nothing is changed but through `&mut`.
unsafe impl Sync for Exec {}

impl Exec {
    fn prepare(launchable: &Launchable<'_>, stdio: [OwnedFd; 3]) -> io::Result<Self> {
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
        if launchable.listener.is_some() {
            // First, so that the child finds it at once.
            environment.push(bytes(PID_PLACE.as_bytes())?.into_bytes_with_nul());
            environment.push(bytes(b"LISTEN_FDS=1")?.into_bytes_with_nul());
            environment
                .push(bytes(format!("LISTEN_FDNAMES={}", launchable.name).as_bytes())?.into_bytes_with_nul());
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
            listener: launchable.listener.map(AsRawFd::as_raw_fd),
            limit: ORIGINAL_LIMIT.get().copied(),
            tag: Tag::of(launchable.mark).limit(),
            tag_place: tag::free_place(),
            // SAFETY: getpid cannot fail.
            parent: unsafe { libc::getpid() },
        })
    }

    /// Runs in the child: allocates nothing, calls only what signal-safety(7) allows, and changes no memory
    /// but its own. Comes back only with an error.
    pub(crate) fn become_it(&mut self) -> io::Error {
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
        // SAFETY: takes numbers alone.
        done(unsafe { libc::setpgid(0, 0) })?;
        #[cfg(target_os = "linux")]
        die_with(self.parent)?;
        for (number, descriptor) in (0..).zip(&self.stdio) {
            place(descriptor.as_raw_fd(), number)?;
        }
        if let Some(cwd) = &self.cwd {
            // SAFETY: ends in NUL.
            done(unsafe { libc::chdir(cwd.as_ptr()) })?;
        }
        if let Some(limit) = &self.limit {
            // SAFETY: a valid pointer; a program may rely on the usual limit (select(2)).
            unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) };
        }
        if let Some(place) = self.tag_place {
            // SAFETY: a valid pointer.
            unsafe { libc::setrlimit(place.resource, &raw const self.tag) };
        }
        let mut others = LISTEN_FD;
        if let Some(listener) = self.listener {
            place(listener, LISTEN_FD)?;
            self.write_pid();
            others += 1;
        }
        close_from(others);
        usual_signals();
        Ok(())
    }

    /// LISTEN_PID names the process that the socket is meant for, which is known only here.
    fn write_pid(&mut self) {
        // SAFETY: getpid cannot fail.
        let mut pid = unsafe { libc::getpid() }.unsigned_abs();
        let Some(line) = self.environment.first_mut() else { return };
        let end = line.len() - 1;
        let start = "LISTEN_PID=".len();
        for digit in line[start..end].iter_mut().rev() {
            *digit = b'0' + u8::try_from(pid % 10).unwrap_or(0);
            pid /= 10;
        }
    }
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Puts a descriptor at a number, kept over exec.
fn place(descriptor: RawFd, number: RawFd) -> io::Result<()> {
    // SAFETY: plain descriptors of this process; dup2 clears the close-on-exec flag of the copy.
    done(unsafe {
        if descriptor == number {
            libc::fcntl(number, libc::F_SETFD, 0)
        } else {
            libc::dup2(descriptor, number)
        }
    })
}

/// Closes what is the launcher's own before exec does. The launcher goes on before that is through, and may
/// give up a port for the next service: a copy of its socket here would still hold it. Kernels before 5.9
/// leave it to exec.
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
fn usual_signals() {
    // SAFETY: no handler is installed, and the set is made by sigemptyset; those that have no number or
    // cannot be changed are refused.
    unsafe {
        for signal in 1..=libc::SIGRTMAX() {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Asks the kernel to end this process when the thread that forked it ends.
#[cfg(target_os = "linux")]
fn die_with(parent: libc::pid_t) -> io::Result<()> {
    // SAFETY: takes numbers alone.
    done(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
    // SAFETY: cannot fail. The parent may have ended before the line above.
    if unsafe { libc::getppid() } != parent {
        // SAFETY: ends this process alone.
        unsafe { libc::_exit(137) };
    }
    Ok(())
}

static ORIGINAL_LIMIT: OnceLock<libc::rlimit> = OnceLock::new();

/// Lets the launcher open as many files as a hundred services need; their own limit stays as it was.
pub(crate) fn raise_descriptor_limit() {
    const WANTED: libc::rlim_t = 65_536;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a valid pointer.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0 {
        let _ = ORIGINAL_LIMIT.set(limit);
        limit.rlim_cur = limit.rlim_max.min(WANTED).max(limit.rlim_cur);
        // SAFETY: a valid pointer; where it is refused, the usual limit has to do.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    }
}
