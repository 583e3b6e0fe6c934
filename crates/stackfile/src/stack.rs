//! A stack, as the file describes it.

use std::path::{Path, PathBuf};

use contract::Product;
use indexmap::IndexMap;
use ports::PortRange;

use crate::{OnConflict, Service, is_project};

/// A checked stack file.
#[derive(Debug, Clone)]
pub struct Stack {
    /// What people call the stack.
    pub name: String,
    /// Where to look for ports.
    pub ports: PortRange,
    /// What to do about a conflict; `None` leaves it to the face (the desktop asks, the terminal moves).
    pub on_conflict: Option<OnConflict>,
    /// Whether a project's services get their last ports again.
    pub sticky: bool,
    /// The services, in the order of the file.
    pub services: IndexMap<String, Service>,
    /// Where it was read from, from the root on; `None` for the built-in one.
    pub path: Option<PathBuf>,
    /// The file beside it that was merged over it, from the root on.
    pub local: Option<PathBuf>,
}

impl Stack {
    /// The file it was read from, where that is a project's own: `PROGRAM.toml` in its folder, or a Procfile.
    pub fn of_project(&self, product: Product) -> Option<&Path> {
        self.path.as_deref().filter(|file| is_project(file, product))
    }
}
