//! Windows. The folders of a user's profile are the user's own.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use crate::trust::Untrusted;

/// Folders of the user's profile are the user's own.
pub(crate) fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Folders of the user's profile can be written by this user alone.
pub(crate) fn found(_path: &Path) -> Result<(), Untrusted> {
    Ok(())
}

/// See [`found`].
pub(crate) fn named(_path: &Path) -> Result<(), Untrusted> {
    Ok(())
}

/// The system's word where the environment has none.
pub(crate) fn home_of_user() -> Option<PathBuf> {
    std::env::home_dir()
}

/// There is no sudo that keeps the caller's environment.
pub(crate) fn is_callers(_path: &Path) -> bool {
    false
}

/// The temporary folder is the user's own already.
pub(crate) fn own_name(program: &str) -> String {
    program.to_owned()
}

/// Whether the folder exists; whether it can be written shows when it is.
pub(crate) fn can_write(folder: &Path) -> bool {
    folder.is_dir()
}

/// Makes a folder and those above it that are missing.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// A file of the user's profile is the user's own.
pub(crate) fn make_file_private(path: &Path) -> io::Result<()> {
    private_file().append(true).create(true).open(path).map(drop)
}

/// Options that open (and make) a file in the user's profile.
pub(crate) fn private_file() -> OpenOptions {
    OpenOptions::new()
}
