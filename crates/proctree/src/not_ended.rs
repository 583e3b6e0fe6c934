/// Why a process was not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotEnded {
    /// It is not known to be this user's.
    Foreign,
    /// It was killed, and the system does not let it end.
    Stuck,
}
