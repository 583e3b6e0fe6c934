//! Windows. A job object holds all processes of a run. There is no way to hand a socket over by number, so
//! every service is told its port.

#![expect(unsafe_code, reason = "job objects are the system's own calls")]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicAccountingInformation, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, OpenProcess, PROCESS_SET_QUOTA, PROCESS_TERMINATE,
};

use crate::os::{Launchable, Mark};

pub(super) fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// A program may be named without its extension.
pub(super) fn with_extension(path: &Path) -> Vec<PathBuf> {
    if path.extension().is_some() {
        return vec![path.to_owned()];
    }
    ["exe", "cmd", "bat"].into_iter().map(|extension| path.with_extension(extension)).collect()
}

pub(crate) fn exit_of(status: std::process::ExitStatus) -> crate::life::Exit {
    let reason = status.code().map_or_else(|| "ended".into(), |code| contract::Cause::Exited { code });
    crate::life::Exit { code: status.code(), reason }
}

/// There are no signals.
pub(crate) fn signal_of(_status: std::process::ExitStatus) -> Option<String> {
    None
}

/// The job objects end with the launcher; no watchdog is needed.
pub(crate) fn start_watchdog(_origin: u64) {}

/// Job objects know their processes by themselves.
pub(crate) fn next_run() -> u32 {
    0
}

/// Nobody adopts orphans.
#[derive(Debug, Default)]
pub(crate) struct Orphans;

impl Orphans {
    /// There are none.
    pub(crate) fn collect(&mut self) {}
}

/// There is no such limit.
pub(crate) fn raise_descriptor_limit() {}

/// A process that was started.
pub(crate) struct Spawned {
    pub(crate) child: tokio::process::Child,
    pub(crate) stdout: io::PipeReader,
    pub(crate) stderr: io::PipeReader,
}

/// Starts a process.
pub(crate) fn spawn(launchable: &Launchable<'_>) -> io::Result<Spawned> {
    let (stdout, child_stdout) = io::pipe()?;
    let (stderr, child_stderr) = io::pipe()?;
    let mut command = Command::new(launchable.program);
    command
        .args(launchable.arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(child_stdout)
        .stderr(child_stderr);
    command.envs(launchable.environment.iter().map(|(name, value)| (name, value)));
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    if let Some(cwd) = launchable.cwd {
        command.current_dir(cwd);
    }
    let child = tokio::process::Command::from(command).spawn()?;
    Ok(Spawned { child, stdout, stderr })
}

/// The processes of one run.
#[derive(Debug, Clone)]
pub(crate) struct Members {
    leader: u32,
    job: Option<Arc<OwnedHandle>>,
}

impl Members {
    pub(crate) fn new(leader: u32, _mark: Mark) -> Self {
        Self { leader, job: job_of(leader).ok().map(Arc::new) }
    }

    /// Asks every process of the leader's console group to end.
    pub(crate) fn terminate(&self, _leader_lives: bool) {
        // SAFETY: takes numbers alone.
        unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.leader) };
    }

    /// Ends every process.
    pub(crate) fn kill(&self, _leader_lives: bool) {
        if let Some(job) = &self.job {
            // SAFETY: a valid handle.
            unsafe { TerminateJobObject(job.as_raw_handle(), 1) };
        }
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_empty(&self) -> bool {
        let Some(job) = &self.job else { return true };
        let mut info = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        let size = u32::try_from(size_of_val(&info)).unwrap_or(0);
        // SAFETY: a valid handle, and room for what is asked.
        let ok = unsafe {
            QueryInformationJobObject(
                job.as_raw_handle(),
                JobObjectBasicAccountingInformation,
                (&raw mut info).cast(),
                size,
                std::ptr::null_mut(),
            )
        };
        ok == 0 || info.ActiveProcesses == 0
    }

    /// Nothing to wait by; the job is looked at again and again.
    pub(crate) fn remaining(&self) -> Vec<()> {
        Vec::new()
    }

    /// How many of its processes live.
    pub(crate) fn living(&self) -> usize {
        self.pids().len()
    }

    /// The processes of the job.
    pub(crate) fn pids(&self) -> Vec<u32> {
        const ROOM: usize = 256;
        #[repr(C)]
        struct List {
            head: JOBOBJECT_BASIC_PROCESS_ID_LIST,
            more: [usize; ROOM],
        }
        let Some(job) = &self.job else { return vec![self.leader] };
        let mut list = List { head: JOBOBJECT_BASIC_PROCESS_ID_LIST::default(), more: [0; ROOM] };
        let size = u32::try_from(size_of_val(&list)).unwrap_or(0);
        // SAFETY: a valid handle, and room for what is asked.
        let ok = unsafe {
            QueryInformationJobObject(
                job.as_raw_handle(),
                JobObjectBasicProcessIdList,
                (&raw mut list).cast(),
                size,
                std::ptr::null_mut(),
            )
        };
        let count = if ok == 0 { 0 } else { list.head.NumberOfProcessIdsInList as usize };
        let all = list.head.ProcessIdList.into_iter().chain(list.more);
        all.take(count).filter_map(|pid| u32::try_from(pid).ok()).collect()
    }
}

/// A job that ends all its processes when its last handle is closed, as the launcher's end does.
fn job_of(leader: u32) -> io::Result<OwnedHandle> {
    // SAFETY: plain calls with valid handles; the new handles are closed by their owners.
    unsafe {
        let job = CreateJobObjectW(std::ptr::null(), std::ptr::null());
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        let job = OwnedHandle::from_raw_handle(job);
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let size = u32::try_from(size_of_val(&limits)).unwrap_or(0);
        SetInformationJobObject(
            job.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size,
        );
        let process = OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, 0, leader);
        if process.is_null() {
            return Err(io::Error::last_os_error());
        }
        let ok = AssignProcessToJobObject(job.as_raw_handle(), process);
        CloseHandle(process);
        if ok == 0 { Err(io::Error::last_os_error()) } else { Ok(job) }
    }
}

/// Waits a moment.
pub(crate) async fn any_ended(_processes: Vec<()>) {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

/// The job objects leave nothing behind.
pub(crate) fn kill_marked(_mark: &Mark) -> usize {
    0
}

/// Nothing is recorded, since nothing is left behind.
pub(crate) fn identity(_pid: u32) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

/// See [`identity`].
pub(crate) fn kill_same_process(_pid: u32, _recorded: &str) -> bool {
    false
}
