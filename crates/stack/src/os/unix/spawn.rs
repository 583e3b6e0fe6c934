//! Starts a process in a group of its own, with its listening socket as descriptor 3.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::os::Launchable;

const LISTEN_FD: RawFd = 3;
/// Room for any process id, filled in by the child itself.
const PID_PLACE: &str = "LISTEN_PID=0000000000";

/// A process that was started.
pub(crate) struct Spawned {
    pub(crate) child: tokio::process::Child,
    pub(crate) stdout: io::PipeReader,
    pub(crate) stderr: io::PipeReader,
}

/// Starts a process. It leads a group of its own, and is killed when the thread that started it ends;
/// so only a thread that lives as long as the launcher may call this.
pub(crate) fn spawn(launchable: &Launchable<'_>) -> io::Result<Spawned> {
    if crate::guard::is_ending() {
        return Err(io::Error::other("the launcher ends"));
    }
    let (stdout, child_stdout) = io::pipe()?;
    let (stderr, child_stderr) = io::pipe()?;
    let mut command = Command::new(launchable.program);
    command.stdin(Stdio::null()).stdout(child_stdout).stderr(child_stderr).process_group(0);
    if let Some(cwd) = launchable.cwd {
        command.current_dir(cwd);
    }
    let mut exec = Exec::prepare(launchable)?;
    // SAFETY: the closure allocates nothing and calls only what signal-safety(7) allows.
    unsafe { command.pre_exec(move || Err(exec.become_it())) };
    let child = tokio::process::Command::from(command).spawn()?;
    Ok(Spawned { child, stdout, stderr })
}

/// Everything that the child needs between fork and exec, made before the fork, since it may not
/// allocate there.
struct Exec {
    program: CString,
    _arguments: Vec<CString>,
    argv: Vec<*const libc::c_char>,
    environment: Vec<Vec<u8>>,
    envp: Vec<*const libc::c_char>,
    listener: Option<RawFd>,
    limit: Option<libc::rlimit>,
    parent: libc::pid_t,
}

// SAFETY: the pointers point into the vectors beside them, which move with them and are not changed.
unsafe impl Send for Exec {}
// SAFETY: as above; nothing is changed but through `&mut`.
unsafe impl Sync for Exec {}

impl Exec {
    fn prepare(launchable: &Launchable<'_>) -> io::Result<Self> {
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
            listener: launchable.listener.map(AsRawFd::as_raw_fd),
            limit: ORIGINAL_LIMIT.get().copied(),
            // SAFETY: getpid cannot fail.
            parent: unsafe { libc::getpid() },
        })
    }

    /// Runs in the child. Comes back only with an error.
    fn become_it(&mut self) -> io::Error {
        #[cfg(target_os = "linux")]
        if let Err(error) = die_with(self.parent) {
            return error;
        }
        if let Some(limit) = &self.limit {
            // SAFETY: a valid pointer; a program may rely on the usual limit (select(2)).
            unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) };
        }
        if let Some(listener) = self.listener {
            if let Err(error) = place(listener) {
                return error;
            }
            self.write_pid();
        }
        // SAFETY: the arrays end in null and their strings in NUL.
        unsafe { libc::execve(self.program.as_ptr(), self.argv.as_ptr(), self.envp.as_ptr()) };
        io::Error::last_os_error()
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

/// Puts the listener at descriptor 3, kept over exec.
fn place(listener: RawFd) -> io::Result<()> {
    // SAFETY: plain descriptors of this process; dup2 clears the close-on-exec flag of the copy.
    let done = unsafe {
        if listener == LISTEN_FD {
            libc::fcntl(LISTEN_FD, libc::F_SETFD, 0)
        } else {
            libc::dup2(listener, LISTEN_FD)
        }
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Asks the kernel to end this process when the thread that forked it ends.
#[cfg(target_os = "linux")]
fn die_with(parent: libc::pid_t) -> io::Result<()> {
    // SAFETY: takes numbers alone.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: cannot fail. The parent may have ended before the line above.
    if unsafe { libc::getppid() } != parent {
        // SAFETY: ends this process alone.
        unsafe { libc::_exit(137) };
    }
    Ok(())
}

static ORIGINAL_LIMIT: OnceLock<libc::rlimit> = OnceLock::new();
static THIRD: OnceLock<Option<OwnedFd>> = OnceLock::new();

/// Lets the launcher open as many files as a hundred services need (their own limit stays as it was),
/// and keeps descriptor 3 in use, so that it is never the one by which a failed exec is told.
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
    THIRD.get_or_init(|| {
        let file = std::fs::File::open("/dev/null").ok()?;
        (file.as_raw_fd() <= LISTEN_FD).then(|| OwnedFd::from(file))
    });
}
