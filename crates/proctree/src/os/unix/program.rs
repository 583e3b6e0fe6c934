//! Which files are programs.

use std::path::{Path, PathBuf};

/// Whether a path can be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    nix::unistd::access(path, nix::unistd::AccessFlags::X_OK).is_ok() && path.is_file()
}

/// The names under which a program may lie; Windows has several.
pub(crate) fn with_extension(path: &Path) -> Vec<PathBuf> {
    vec![path.to_owned()]
}
