//! The processes of a run: those of a job object, which ends with the launcher.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;

use contract::{Cause, StopSignal, StopSignalTo};
use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicAccountingInformation, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SET_QUOTA, PROCESS_TERMINATE};

use crate::LaunchMarker;

/// A process that was started, and everything that it started: the processes of a job object.
#[derive(Debug, Clone)]
pub struct ProcessTree {
    leader: u32,
    job: Option<Arc<OwnedHandle>>,
}

impl ProcessTree {
    /// The tree below a process that [`spawn`](crate::spawn) gave. Windows has no signals to choose from.
    pub fn new(
        leader: u32,
        _marker: LaunchMarker,
        _stop_signal: StopSignal,
        _stop_signal_to: StopSignalTo,
    ) -> Self {
        Self { leader, job: job_of(leader).ok().map(Arc::new) }
    }

    /// Asks every process of the leader's console group to end.
    pub fn terminate(&self, _leader_lives: bool) {
        // SAFETY: takes numbers alone.
        unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.leader) };
    }

    /// Its group was asked, whether it lives or not.
    pub fn leader_ended(&self) {}

    /// There are none.
    pub fn wake_wrappers(&self) -> Option<Vec<()>> {
        None
    }

    /// Ends every process.
    pub fn kill(&self, _leader_lives: bool) {
        if let Some(job) = &self.job {
            // SAFETY: a valid handle.
            unsafe { TerminateJobObject(job.as_raw_handle(), 1) };
        }
    }

    /// Whether nothing is left of it.
    pub fn is_empty(&self) -> bool {
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
    pub fn remaining(&self) -> Vec<()> {
        Vec::new()
    }

    /// How many of its processes live.
    pub fn living(&self) -> usize {
        self.pids().len()
    }

    /// The system ends every process of a job.
    pub fn left(&self) -> Vec<Cause> {
        Vec::new()
    }

    /// What is suspended cannot be told from what is not.
    pub fn suspended(&self) -> Vec<Cause> {
        Vec::new()
    }

    /// The processes of the job.
    pub fn pids(&self) -> Vec<u32> {
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
pub async fn any_ended(_processes: Vec<()>) {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}
