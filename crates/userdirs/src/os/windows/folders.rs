//! Files and folders. What lies in the user's profile is trusted as it is found; what is private has an access list of
//! its own.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use super::security::{PrivateAccess, Security, user};
use crate::trust::Untrusted;

/// Makes sure that a folder belongs to this user, and that nobody else can enter it, nor what is made in it.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let user = user()?;
    let found = Security::of_path(path)?;
    if path.is_symlink() || !path.is_dir() || !found.is_trusted(&user) {
        let error = format!("{} is not a folder of this user; remove it", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
    }
    if found.is_private(&user) { Ok(()) } else { PrivateAccess::inherited()?.set(path) }
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

/// The name of this user's own folder in one that may be shared, as the temporary folder of services is.
pub(crate) fn own_name(program: &str) -> String {
    user().map_or_else(|_| program.to_owned(), |user| format!("{program}-{user}"))
}

/// Whether the folder exists; whether it can be written shows when it is.
pub(crate) fn can_write(folder: &Path) -> bool {
    folder.is_dir()
}

/// Makes a folder and those above it that are missing.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// See [`crate::make_file_private`].
pub(crate) fn make_file_private(path: &Path) -> io::Result<()> {
    private_file().append(true).create(true).open(path)?;
    let user = user()?;
    let found = Security::of_path(path)?;
    if !found.is_trusted(&user) {
        let error = format!("{} is not a file of this user; remove it", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
    }
    if found.is_private(&user) { Ok(()) } else { PrivateAccess::new()?.set(path) }
}

/// Options that open (and make) a file in a private folder, of which it gets its access list.
pub(crate) fn private_file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(path: &Path) -> Vec<String> {
        Security::of_path(path).unwrap().allowed
    }

    #[test]
    fn a_private_folder_and_what_is_made_in_it_is_for_this_user_and_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("private");
        for _ in 0..2 {
            crate::private_folder(&path).unwrap();
            let file = path.join("file");
            crate::make_file_private(&file).unwrap();
            for path in [&path, &file] {
                let found = Security::of_path(path).unwrap();
                assert!(found.is_private(&user().unwrap()), "{found:?}");
                assert!(!found.allowed.is_empty(), "this user is let in");
            }
        }
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "{:?}", allowed(&path));
    }

    #[test]
    fn a_file_that_others_may_read_is_made_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        crate::make_file_private(&file).unwrap();
        assert!(Security::of_path(&file).unwrap().is_private(&user().unwrap()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
    }

    #[test]
    fn what_is_somebody_elses_or_for_others_as_well_is_neither_trusted_nor_private() {
        let security = |owner: &str, allowed: &[&str]| Security {
            owner: owner.to_owned(),
            allowed: allowed.iter().map(|who| (*who).to_owned()).collect(),
        };
        let (me, other) = ("S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002");
        assert!(security(me, &[me, "S-1-5-18"]).is_private(me));
        assert!(!security(me, &[me, other]).is_private(me));
        for (owner, is_trusted) in [(me, true), ("S-1-5-18", true), ("S-1-5-32-544", true), (other, false)] {
            assert_eq!(security(owner, &[]).is_trusted(me), is_trusted, "{owner}");
        }
    }
}
