//! Files and folders that only their user can open.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use crate::{os, trust};

/// Makes a folder that only its user can enter, or makes sure that an existing one is such.
///
/// # Errors
/// If it cannot be made, is another user's, or lies in a folder that is not to be trusted.
pub fn private_folder(path: &Path) -> io::Result<()> {
    trust::found(path)?;
    os::make_folders(path)?;
    // Somebody else may have been quicker in a folder that is shared.
    trust::found(path)?;
    os::make_private(path)
}

/// Makes an empty file that only its user can read, or makes sure that an existing one is such.
///
/// # Errors
/// If it cannot be made, is another user's, or a link.
pub fn make_file_private(path: &Path) -> io::Result<()> {
    if path.is_symlink() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a link, which is not followed; name the folder that it leads to",
        ));
    }
    os::make_file_private(path)
}

/// Options that make a file which only its user can read, follow no link at its end, and wait for nobody at the other
/// end of a pipe.
pub fn private_file() -> OpenOptions {
    os::private_file()
}
