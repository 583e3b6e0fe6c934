//! Where a program lies.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::os::{is_program, with_extension};

/// Finds a program as a shell would: a name without a slash along `path`.
pub fn find_program(name: &OsStr, path: Option<&OsStr>, cwd: Option<&Path>) -> Option<PathBuf> {
    let given = Path::new(name);
    let in_cwd = |candidate: &Path| cwd.map_or_else(|| candidate.to_owned(), |cwd| cwd.join(candidate));
    if given.components().count() > 1 || given.is_absolute() {
        // exec takes a relative path from the folder that the process is in by then.
        return is_program(&in_cwd(given))
            .then(|| std::path::absolute(in_cwd(given)).unwrap_or_else(|_| given.to_owned()));
    }
    std::env::split_paths(path?)
        .map(|folder| in_cwd(&folder).join(given))
        .find_map(|candidate| with_extension(&candidate).into_iter().find(|path| is_program(path)))
}
