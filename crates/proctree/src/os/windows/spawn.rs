//! Starts a process. It has to ask for its sockets: there are no descriptors that it could inherit.

use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::{StopSignal, StopSignalTo};
use windows_sys::Win32::Foundation::{
    ERROR_INTERNAL_ERROR, ERROR_NO_SYSTEM_RESOURCES, ERROR_SHARING_VIOLATION, INVALID_HANDLE_VALUE,
    WIN32_ERROR,
};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_SUSPENDED, OpenThread, ResumeThread, THREAD_SUSPEND_RESUME,
};

use super::console;
use super::hand_over::{HandOver, Offer};
use super::job::{Job, done, start_contained};
use crate::{LaunchMarker, Launchable, ProcessTree};

/// Standard input, while it is open.
pub(super) type Input = Mutex<Option<io::PipeWriter>>;

/// A process that was started.
pub struct Spawned {
    /// The process.
    pub child: tokio::process::Child,
    /// Holds its standard input open until it is asked to end, and writes nothing: many programs end when their input
    /// does.
    pub stdin: Arc<Mutex<Option<io::PipeWriter>>>,
    /// What it prints.
    pub stdout: io::PipeReader,
    /// What it complains about.
    pub stderr: io::PipeReader,
    job: Arc<Job>,
    hand_over: Option<Arc<HandOver>>,
}

impl Spawned {
    /// The process, and everything that it starts. Windows has no signals to choose from.
    pub fn tree(&self, _marker: LaunchMarker, _signal: StopSignal, _to: StopSignalTo) -> ProcessTree {
        let (leader, input) = (self.child.id().unwrap_or_default(), Arc::downgrade(&self.stdin));
        ProcessTree::of(leader, Arc::clone(&self.job), input, self.hand_over.clone())
    }
}

/// Starts a process; to be called within a runtime. It runs from the moment on at which its job has it: what it starts
/// is in the job too.
///
/// # Errors
/// What the system refused. Nothing runs then.
pub fn spawn(launchable: &Launchable<'_>) -> io::Result<Spawned> {
    let (child_stdin, stdin) = io::pipe()?;
    let (stdout, child_stdout) = io::pipe()?;
    let (stderr, child_stderr) = io::pipe()?;
    let mut command = Command::new(launchable.program);
    command
        .args(launchable.arguments)
        .env_clear()
        .stdin(child_stdin)
        .stdout(child_stdout)
        .stderr(child_stderr);
    command.envs(launchable.environment.iter().map(|(name, value)| (name, value)));
    let offer = Offer::of(launchable.listeners)?;
    if let Some(offer) = &offer {
        command.envs(offer.variables()?);
    }
    command.creation_flags(CREATE_NO_WINDOW | CREATE_SUSPENDED);
    if let Some(cwd) = launchable.cwd {
        command.current_dir(cwd);
    }
    console::heed_ctrl_c();
    let job = Arc::new(Job::new()?);
    let mut command = tokio::process::Command::from(command);
    let mut child = persistently(|| start_contained(|| command.spawn()))?;
    if let Err(error) = contain(&child, &job) {
        let _ = child.start_kill();
        return Err(error);
    }
    let hand_over = offer.map(|offer| Arc::new(offer.make(&job)));
    let stdin = Arc::new(Mutex::new(Some(stdin)));
    Ok(Spawned { child, stdin, stdout, stderr, job, hand_over })
}

/// What is refused at one moment and not at the next: a program that a virus scanner has open, and what the system
/// lacks for the time being.
const PASSING: [WIN32_ERROR; 3] = [ERROR_SHARING_VIOLATION, ERROR_NO_SYSTEM_RESOURCES, ERROR_INTERNAL_ERROR];
/// How often it is tried then. The launcher waits meanwhile.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(25);

/// Tries it again where what is refused passes.
fn persistently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let passes =
        |error: &io::Error| error.raw_os_error().is_some_and(|code| PASSING.contains(&code.cast_unsigned()));
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(error) if passes(&error) => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    attempt()
}

/// Lets a suspended process run, in its job.
fn contain(child: &tokio::process::Child, job: &Job) -> io::Result<()> {
    let (Some(process), Some(pid)) = (child.raw_handle(), child.id()) else {
        return Err(io::ErrorKind::NotFound.into());
    };
    // SAFETY: the child keeps its handle open.
    job.assign(unsafe { BorrowedHandle::borrow_raw(process) })?;
    resume(pid)
}

/// Resumes the only thread of a process that was started suspended, whose handle the standard library keeps.
fn resume(pid: u32) -> io::Result<()> {
    let mut entry = THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..Default::default() };
    // SAFETY: each handle is closed by its owner, and the entry says how large it is.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        if snapshot == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        let snapshot = OwnedHandle::from_raw_handle(snapshot);
        done(Thread32First(snapshot.as_raw_handle(), &raw mut entry))?;
        while entry.th32OwnerProcessID != pid {
            done(Thread32Next(snapshot.as_raw_handle(), &raw mut entry))?;
        }
        let thread = OpenThread(THREAD_SUSPEND_RESUME, 0, entry.th32ThreadID);
        if thread.is_null() {
            return Err(io::Error::last_os_error());
        }
        let thread = OwnedHandle::from_raw_handle(thread);
        if ResumeThread(thread.as_raw_handle()) == u32::MAX {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;

    use super::*;

    /// How often it is tried, and whether it works, where the first attempts are refused.
    fn tried(refused: u32, why: WIN32_ERROR) -> (u32, bool) {
        let mut attempts = 0;
        let outcome = persistently(|| {
            attempts += 1;
            if attempts > refused { Ok(()) } else { Err(io::Error::from_raw_os_error(why.cast_signed())) }
        });
        (attempts, outcome.is_ok())
    }

    #[test]
    fn what_passes_is_tried_again_a_few_times_and_what_stays_is_not() {
        assert_eq!(tried(0, ERROR_SHARING_VIOLATION), (1, true));
        for why in PASSING {
            assert_eq!(tried(ATTEMPTS - 1, why), (ATTEMPTS, true));
            assert_eq!(tried(ATTEMPTS, why), (ATTEMPTS, false));
        }
        assert_eq!(tried(1, ERROR_FILE_NOT_FOUND), (1, false));
    }
}
