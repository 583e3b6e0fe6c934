//! Instances: each running launcher has a name, and a lock by which it keeps it.

use std::fs::File;
use std::io::{self, Seek, Write};
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
        source: io::Error,
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
    pub(crate) fn trouble(&self, source: io::Error) -> InstanceError {
        InstanceError::Folder { folder: self.folder.clone(), source }
    }
}

fn lock_file(name: &InstanceName, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.lock"))
}

/// The lock of a name, held as long as it is open.
fn lock(name: &InstanceName, folder: &Path) -> Result<File, InstanceError> {
    let trouble = |source| InstanceError::Folder { folder: folder.to_owned(), source };
    let file = lock_file(name, folder);
    let Some(mut lock) = hold(&file).map_err(trouble)? else {
        let pid = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
        return Err(InstanceError::Runs { name: name.to_string(), pid });
    };
    // The process id is for people; the lock is what counts, so a full disk is no obstacle.
    let pid = std::process::id();
    // Always as long as the longest: a file that is cut keeps a launch waiting for the disk.
    let _ = lock.rewind().and_then(|()| lock.write_all(format!("{pid:<10}").as_bytes()));
    Ok(lock)
}

/// A file that nobody else holds; `None` where somebody does.
#[cfg(unix)]
fn hold(file: &Path) -> io::Result<Option<File>> {
    use std::fs::TryLockError;
    let file = userdirs::private_file().read(true).write(true).create(true).truncate(false).open(file)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A file that nobody else holds; `None` where somebody does. Others can read it, as they could not if it were locked.
#[cfg(windows)]
fn hold(file: &Path) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt;
    /// FILE_SHARE_READ of CreateFile: nobody else can write, which every launcher is about to.
    const OTHERS_READ: u32 = 1;
    /// ERROR_SHARING_VIOLATION.
    const HELD: i32 = 32;
    let mut options = userdirs::private_file();
    options.read(true).write(true).create(true).truncate(false).share_mode(OTHERS_READ);
    match options.open(file) {
        Err(error) if error.raw_os_error() == Some(HELD) => Ok(None),
        opened => opened.map(Some),
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
        let own = std::process::id();
        assert!(error.contains(&format!("instance work runs already (process {own})")), "{error}");
    }

    #[test]
    fn every_name_is_left_to_instances() {
        let (_folder, dirs) = dirs();
        let (leases, warning) = ports::Leases::open(&dirs.runtime);
        assert_eq!(warning, None);
        let _port = ports::Allocator::new(leases).reserve_any(std::net::Ipv4Addr::LOCALHOST.into()).unwrap();
        let names = ["ports", "default"];
        let taken = names.map(|name| Instance::take(Some(name), &InstanceName::default(), &dirs).unwrap());
        assert_eq!(taken.map(|instance| instance.name.to_string()), names);
        assert_eq!(ports::Leases::open(&dirs.runtime).1, None);
    }
}
