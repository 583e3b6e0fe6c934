//! Job objects: a process and everything that it starts.

use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, IsProcessInJob, JOB_OBJECT_LIMIT,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS, JobObjectBasicAccountingInformation,
    JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcess, PROCESS_QUERY_INFORMATION};

/// So many processes of a job are named at once.
const PIDS_MAX: usize = 1024;

/// A job that ends all its processes when its last handle is closed, as the launcher's end does.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: the new handle is closed by its owner.
        let job = unsafe {
            let job = CreateJobObjectW(null(), null());
            if job.is_null() {
                return Err(io::Error::last_os_error());
            }
            Self(OwnedHandle::from_raw_handle(job))
        };
        job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        Ok(job)
    }

    /// One that this process is in.
    fn of_this_process() -> io::Result<Self> {
        let job = Self::new()?;
        // SAFETY: the handle of this process is always open.
        job.assign(unsafe { BorrowedHandle::borrow_raw(GetCurrentProcess()) })?;
        Ok(job)
    }

    fn limit(&self, flags: JOB_OBJECT_LIMIT) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        let (limits, size) = ((&raw const limits).cast(), size_of_val(&limits) as u32);
        let kind = JobObjectExtendedLimitInformation;
        // SAFETY: an open handle, and the limits are as large as is said.
        done(unsafe { SetInformationJobObject(self.0.as_raw_handle(), kind, limits, size) })
    }

    /// Takes a process in, with all that it starts from there on.
    pub(super) fn assign(&self, process: BorrowedHandle<'_>) -> io::Result<()> {
        // SAFETY: two open handles.
        done(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process.as_raw_handle()) })
    }

    /// Opens a process, if it is in the job.
    pub(super) fn member(&self, pid: u32) -> Option<OwnedHandle> {
        let mut is_member = 0;
        // SAFETY: the new handle is closed by its owner, and there is room for what is asked.
        unsafe {
            let process = OpenProcess(PROCESS_QUERY_INFORMATION, 0, pid);
            if process.is_null() {
                return None;
            }
            let process = OwnedHandle::from_raw_handle(process);
            let asked = IsProcessInJob(process.as_raw_handle(), self.0.as_raw_handle(), &raw mut is_member);
            done(asked).ok().filter(|()| is_member != 0).map(|()| process)
        }
    }

    /// Ends every process.
    pub(super) fn terminate(&self) {
        // SAFETY: an open handle.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
    }

    /// Whether none of its processes lives.
    pub(super) fn is_empty(&self) -> bool {
        let mut info = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        self.query(JobObjectBasicAccountingInformation, &mut info).is_err() || info.ActiveProcesses == 0
    }

    /// The processes that live.
    pub(super) fn pids(&self) -> Vec<u32> {
        #[repr(C)]
        struct List {
            head: JOBOBJECT_BASIC_PROCESS_ID_LIST,
            more: [usize; PIDS_MAX],
        }
        let mut list = List { head: JOBOBJECT_BASIC_PROCESS_ID_LIST::default(), more: [0; PIDS_MAX] };
        let answer = self.query(JobObjectBasicProcessIdList, &mut list);
        // What does not fit is left out.
        let lacks_room = |error: io::Error| error.raw_os_error() == Some(ERROR_MORE_DATA.cast_signed());
        let is_filled = answer.map_or_else(lacks_room, |()| true);
        let count = if is_filled { list.head.NumberOfProcessIdsInList as usize } else { 0 };
        let all = list.head.ProcessIdList.into_iter().chain(list.more);
        all.take(count).filter_map(|pid| u32::try_from(pid).ok()).collect()
    }

    fn query<T>(&self, kind: JOBOBJECTINFOCLASS, answer: &mut T) -> io::Result<()> {
        let (answer, size) = ((&raw mut *answer).cast(), size_of::<T>() as u32);
        // SAFETY: an open handle, and room for what is asked.
        done(unsafe { QueryInformationJobObject(self.0.as_raw_handle(), kind, answer, size, null_mut()) })
    }
}

/// Starts something that the system ends when this process ends, whatever comes in between.
///
/// This process is in a job of its own for that, which only lets go of what it starts at other times: a browser that it
/// opened stays open when it ends, unless another thread opened it in this very instant.
pub(super) fn start_contained<T>(start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    static OWN: Mutex<Option<Job>> = Mutex::new(None);
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    let job = match &mut *own {
        Some(job) => job,
        none => none.insert(Job::of_this_process()?),
    };
    job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
    let started = start();
    job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)?;
    started
}

/// What a call came to that answers with 0 where it failed.
pub(super) fn done(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
