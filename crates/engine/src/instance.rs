//! Instances: each running launcher has a name, and a lock by which it keeps it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use contract::{BadInstanceName, InstanceName, Language, Words};
use userdirs::{Dirs, private_folder};

/// A bound on the search for a free name.
const INSTANCES_MAX: u32 = 1000;

/// Why an instance cannot have its name.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said(Language::English))]
pub enum InstanceError {
    /// It is no name.
    BadName(#[from] BadInstanceName),
    /// It is taken.
    Runs {
        /// Which one.
        name: String,
        /// The launcher that has it.
        pid: Option<u32>,
    },
    /// The runtime folder cannot be used.
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl InstanceError {
    /// It, in a language.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        match self {
            Self::BadName(BadInstanceName(name)) => words.launch_bad_name(name),
            Self::Runs { name, pid: None } => words.launch_runs(name),
            Self::Runs { name, pid: Some(pid) } => words.launch_runs_as(name, *pid),
            Self::Folder { folder, source } => {
                words.launch_folder(folder.to_string_lossy(), source.to_string())
            }
        }
    }
}

/// A name that is ours as long as this lives.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) name: InstanceName,
    /// Where its files lie.
    pub(crate) folder: PathBuf,
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is held"))]
    lock: File,
}

impl Instance {
    /// Takes the name that was asked for, else the first free one of `usual`, `usual-2`, ….
    pub(crate) fn take(
        requested: Option<&str>,
        usual: &InstanceName,
        dirs: &Dirs,
    ) -> Result<Self, InstanceError> {
        let trouble = |source| InstanceError::Folder { folder: dirs.runtime.clone(), source };
        private_folder(&dirs.runtime).map_err(trouble)?;
        if let Some(requested) = requested {
            return Self::try_take(requested.parse()?, &dirs.runtime);
        }
        let mut taken = None;
        for number in 1..=INSTANCES_MAX {
            match Self::try_take(usual.numbered(number), &dirs.runtime) {
                Err(runs @ InstanceError::Runs { .. }) => taken = taken.or(Some(runs)),
                other => return other,
            }
        }
        Err(taken.unwrap_or_else(|| unreachable!("names were tried")))
    }

    fn try_take(name: InstanceName, folder: &Path) -> Result<Self, InstanceError> {
        // Of one that runs somebody may have removed the lock, which is left to it.
        if !lock_file(&name, folder).exists() && crate::control::is_served(folder, &name) {
            return Err(InstanceError::Runs { name: name.to_string(), pid: None });
        }
        let lock = lock(&name, folder)?;
        Ok(Self { name, folder: folder.to_owned(), lock })
    }

    /// Takes the name again where the lock's file, or the folder, was removed; `false` if it was not.
    #[cfg(unix)]
    pub(crate) fn restore(&mut self) -> Result<bool, InstanceError> {
        let is_at = |known| crate::control::is_at(&known, &lock_file(&self.name, &self.folder));
        if self.lock.metadata().is_ok_and(is_at) {
            return Ok(false);
        }
        private_folder(&self.folder).map_err(|source| self.trouble(source))?;
        self.lock = lock(&self.name, &self.folder)?;
        Ok(true)
    }

    /// What kept its files from being made.
    #[cfg(unix)]
    pub(crate) fn trouble(&self, source: std::io::Error) -> InstanceError {
        InstanceError::Folder { folder: self.folder.clone(), source }
    }
}

fn lock_file(name: &InstanceName, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.lock"))
}

/// The lock of a name, held as long as it is open.
fn lock(name: &InstanceName, folder: &Path) -> Result<File, InstanceError> {
    let trouble = |source| InstanceError::Folder { folder: folder.to_owned(), source };
    let mut options = userdirs::private_file();
    let mut lock = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock_file(name, folder))
        .map_err(trouble)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = lock.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(InstanceError::Runs { name: name.to_string(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(trouble(error)),
    }
    // The process id is for people; the lock is what counts, so a full disk is no obstacle.
    let pid = std::process::id();
    // Always as long as the longest: a file that is cut keeps a launch waiting for the disk.
    let _ = lock.rewind().and_then(|()| lock.write_all(format!("{pid:<10}").as_bytes()));
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirs() -> (tempfile::TempDir, Dirs) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let dirs = Dirs { runtime: at("r"), config: at("c"), data: at("d"), state: at("s") };
        (folder, dirs)
    }

    #[test]
    fn names_are_given_in_order_and_again_when_let_go() {
        let (_folder, dirs) = dirs();
        let take = || Instance::take(None, &InstanceName::default(), &dirs).unwrap();
        let (first, second) = (take(), take());
        assert_eq!((first.name.as_str(), second.name.as_str()), ("default", "default-2"));
        drop(first);
        assert_eq!(take().name.as_str(), "default");
    }

    #[test]
    fn a_name_that_is_taken_is_an_error_that_says_by_whom() {
        let (_folder, dirs) = dirs();
        let take = || Instance::take(Some("work"), &InstanceName::default(), &dirs);
        let _first = take().unwrap();
        let error = take().unwrap_err().to_string();
        assert!(error.contains("instance work runs already (process "), "{error}");
    }
}
