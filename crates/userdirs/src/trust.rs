//! What may be trusted: files and folders that nobody else can have put there or changed.

use std::path::{Path, PathBuf};

use contract::{Language, Words};

use crate::os;

/// Why a file or folder is not used. What it names is the first thing on the way there that is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said(Language::English))]
pub enum Untrusted {
    /// Somebody else's.
    NotYours {
        /// What was to be used.
        wanted: PathBuf,
        /// It, or a folder or link on the way there.
        path: PathBuf,
        /// Whose that is.
        owner: String,
    },
    /// Anybody's.
    WritableByAll {
        /// What was to be used.
        wanted: PathBuf,
        /// It, or a folder on the way there.
        path: PathBuf,
    },
    /// A group's, which others than the user may be in.
    WritableByGroup {
        /// What was to be used.
        wanted: PathBuf,
        /// It, or a folder on the way there.
        path: PathBuf,
        /// Which group.
        group: String,
    },
}

/// Makes sure that what is found at `path` is this user's: it and every folder and link on the way belong to this
/// user, to root or, under sudo, to who called sudo, and nobody else may write there. A group may only if it is
/// root's, or the private one of those: of the same name, their primary one, with no other member; and no access list
/// (acl(5)) may say more. Of what does not exist the folders that do are looked at.
///
/// # Errors
/// The first on the way that is somebody else's, or that everybody or a group may write.
pub fn found(path: &Path) -> Result<(), Untrusted> {
    os::found(path)
}

/// Makes sure that not everybody may write a file or folder that was named, put another in its place, or have put a
/// link on the way there. Whose it is is up to who named it.
///
/// # Errors
/// If everybody may, or such a link is somebody else's.
pub fn named(path: &Path) -> Result<(), Untrusted> {
    os::named(path)
}

/// Whether a process of that user can do what this user can: this user's own, root's and, under sudo, one of
/// who called sudo.
#[cfg(unix)]
pub fn is_own(uid: u32) -> bool {
    os::is_own(uid)
}

/// Whether a pipe was made by who can do what this user can: this user, an administrator or the system.
///
/// # Errors
/// If the system does not say who made it.
#[cfg(windows)]
pub fn is_own(pipe: std::os::windows::io::BorrowedHandle<'_>) -> std::io::Result<bool> {
    os::is_own(pipe)
}

impl Untrusted {
    /// Why it is not used, in a language: a fragment that begins with its name.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        match self {
            Self::NotYours { wanted, path, owner } => {
                words.launch_not_yours(wanted.to_string_lossy(), path.to_string_lossy(), owner)
            }
            Self::WritableByAll { wanted, path } => {
                words.launch_writable_by_all(wanted.to_string_lossy(), path.to_string_lossy())
            }
            Self::WritableByGroup { wanted, path, group } => {
                words.launch_writable_by_group(wanted.to_string_lossy(), path.to_string_lossy(), group)
            }
        }
    }
}

impl From<Untrusted> for std::io::Error {
    fn from(error: Untrusted) -> Self {
        Self::new(std::io::ErrorKind::PermissionDenied, error)
    }
}
