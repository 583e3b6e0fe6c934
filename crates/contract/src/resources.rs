//! What a service takes of the machine.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the processes of a service take of the machine: its own, and all that they started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Resources {
    /// The time for which they have used a processor since they were started, in milliseconds, with that of those
    /// among them that have ended.
    #[ts(type = "number")]
    pub cpu_ms: u64,
    /// The memory that they have, in bytes. What several processes share counts as one part for each (PSS); where the
    /// system hides that, as a whole for each (RSS).
    #[ts(type = "number")]
    pub memory_bytes: u64,
    /// How many processes there are.
    pub processes: u32,
}
