//! A stack, as the file describes it.

use std::path::PathBuf;

use indexmap::IndexMap;
use ports::PortRange;

use crate::{OnConflict, Service};

/// A checked stack file.
#[derive(Debug, Clone)]
pub struct Stack {
    /// What people call the stack.
    pub name: String,
    /// Where to look for ports.
    pub ports: PortRange,
    /// What to do about a conflict; `None` leaves it to the face (the desktop asks, the terminal moves).
    pub on_conflict: Option<OnConflict>,
    /// The services, in the order of the file.
    pub services: IndexMap<String, Service>,
    /// Where it was read from, from the root on; `None` for the built-in one.
    pub path: Option<PathBuf>,
}
