//! Which files are programs.

use std::path::{Path, PathBuf};

pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// A program may be named without its extension.
pub(crate) fn with_extension(path: &Path) -> Vec<PathBuf> {
    if path.extension().is_some() {
        return vec![path.to_owned()];
    }
    ["exe", "cmd", "bat"].into_iter().map(|extension| path.with_extension(extension)).collect()
}
