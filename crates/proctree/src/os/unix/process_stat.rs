//! How a process is.

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stat {
    /// One letter (proc_pid_stat(5)).
    pub(super) state: u8,
    pub(super) group: i32,
    pub(super) threads: u32,
    /// In clock ticks since the machine started.
    pub(super) started: u64,
}

impl Stat {
    /// Whether it is no zombie. A process whose first thread has ended is shown as one, and has its files and
    /// sockets until the last one has.
    pub(super) fn lives(self) -> bool {
        self.state != b'Z' || self.threads > 1
    }
}
