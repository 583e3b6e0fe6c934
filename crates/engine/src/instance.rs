//! Instances: each running launcher has a name, and a lock by which it keeps it.

use std::fs::TryLockError;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

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
    _lock: std::fs::File,
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
            let name: InstanceName = requested.parse()?;
            return match Self::try_take(&name, dirs).map_err(trouble)? {
                Ok(instance) => Ok(instance),
                Err(pid) => Err(InstanceError::Runs { name: name.to_string(), pid }),
            };
        }
        let mut last = None;
        for number in 1..=INSTANCES_MAX {
            let name = usual.numbered(number);
            match Self::try_take(&name, dirs).map_err(trouble)? {
                Ok(instance) => return Ok(instance),
                Err(pid) => last = pid,
            }
        }
        Err(InstanceError::Runs { name: usual.to_string(), pid: last })
    }

    fn try_take(name: &InstanceName, dirs: &Dirs) -> std::io::Result<Result<Self, Option<u32>>> {
        let path = dirs.runtime.join(format!("{name}.lock"));
        let mut lock =
            userdirs::private_file().read(true).write(true).create(true).truncate(false).open(&path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let read = lock.read_to_string(&mut text).ok();
                return Ok(Err(read.and_then(|_| text.trim().parse().ok())));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The process id is for people; the lock is what counts, so a full disk is no obstacle.
        let pid = std::process::id();
        // Always as long as the longest: a file that is cut keeps a launch waiting for the disk.
        let _ = lock.rewind().and_then(|()| lock.write_all(format!("{pid:<10}").as_bytes()));
        Ok(Ok(Self { name: name.clone(), _lock: lock }))
    }
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
