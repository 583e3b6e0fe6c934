//! Which instances run, and which one is meant.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::{ApiError, BadInstanceName, ErrorCode, InstanceName, Snapshot};
use futures_util::future::join_all;
use userdirs::{Dirs, Untrusted, trust};

use crate::{Client, connection};

/// How long an instance may take to say what it runs, where another one may be meant.
const LOOKED_AT_WITHIN: Duration = Duration::from_secs(1);

/// Why no instance can be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name is none.
    #[error(transparent)]
    Name(#[from] BadInstanceName),
    /// Somebody else may answer there.
    #[error("the folder {0}")]
    Untrusted(#[from] Untrusted),
    /// Somebody else does answer there.
    #[error("{0}; end that process, or remove the socket")]
    Foreign(io::Error),
    /// Nothing runs under that name.
    #[error("instance {0} does not run")]
    NotRunning(String),
    /// Nothing runs.
    #[error("nothing runs")]
    NothingRuns,
    /// It is not clear which one runs a stack file, since one that runs does not say.
    #[error(transparent)]
    Silent(#[from] ApiError),
    /// More than one runs, none of them `default`.
    #[error("several instances run: {}; choose one with --instance", .0.join(", "))]
    Several(Vec<String>),
}

/// The names of the instances that run now, in order; none where somebody else may answer.
pub async fn instances(dirs: &Dirs) -> Vec<String> {
    running(dirs).await.into_iter().map(|client| client.instance().to_owned()).collect()
}

/// The instances that run now, in order of their names; none where somebody else may answer.
pub async fn running(dirs: &Dirs) -> Vec<Client> {
    if trust::found(&dirs.runtime).is_err() {
        return Vec::new();
    }
    let mut running = Vec::new();
    for name in connection::names(&dirs.runtime) {
        if connection::is_open(&dirs.runtime, &name).await {
            running.push(name);
        }
    }
    running.sort();
    running.into_iter().map(|name| Client::at(dirs.runtime.clone(), name)).collect()
}

impl Client {
    /// The instance of that name; without one `default`, else the only one that runs.
    ///
    /// # Errors
    /// If there is none, or it is not clear which.
    pub async fn connect(dirs: &Dirs, instance: Option<&str>) -> Result<Self, ConnectError> {
        trust::found(&dirs.runtime)?;
        let at = |instance: String| Self::at(dirs.runtime.clone(), instance);
        if let Some(name) = instance {
            let name: InstanceName = name.parse()?;
            return match connection::connect(&dirs.runtime, name.as_str()).await {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    Err(ConnectError::Foreign(error))
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    Err(ConnectError::NotRunning(name.to_string()))
                }
                _ => Ok(at(name.to_string())),
            };
        }
        let running = instances(dirs).await;
        choose(running)?.map(at).ok_or(ConnectError::NothingRuns)
    }

    /// The instance that runs this stack file, if there is one.
    ///
    /// # Errors
    /// If several run it, or one that may run it does not answer.
    pub async fn of_stack_file(dirs: &Dirs, file: &Path) -> Result<Option<Self>, ConnectError> {
        trust::found(&dirs.runtime)?;
        let running = instances(dirs).await;
        let ask = async |name: &String| Self::at(dirs.runtime.clone(), name.clone()).status().await;
        let (mut matching, mut silent) = (Vec::new(), None);
        for answer in join_all(running.iter().map(ask)).await {
            match answer {
                Ok(snapshot) if runs(&snapshot, file) => matching.push(snapshot.instance),
                Err(error) if error.code == ErrorCode::NotAnswering => silent = Some(error),
                // One that ends meanwhile is none of them.
                Ok(_) | Err(_) => {}
            }
        }
        match (choose(matching)?, silent) {
            (None, Some(silent)) => Err(silent.into()),
            (name, _) => Ok(name.map(|name| Self::at(dirs.runtime.clone(), name))),
        }
    }

    /// The instance that runs a stack file of one of these folders, whatever it is called: of the first in which one
    /// does. What does not answer at once is none of them.
    ///
    /// # Errors
    /// If several do in one folder.
    pub async fn of_folders(dirs: &Dirs, folders: &[PathBuf]) -> Result<Option<Self>, ConnectError> {
        let running = running(dirs).await;
        let asked = running.iter().map(|client| tokio::time::timeout(LOOKED_AT_WITHIN, client.status()));
        let snapshots: Vec<_> = join_all(asked).await.into_iter().flatten().flatten().collect();
        for folder in folders {
            let is_there = |snapshot: &&Snapshot| {
                let file = snapshot.stack_file.as_ref().map(Path::new);
                file.and_then(Path::parent).is_some_and(|parent| is_same_file(parent, folder))
            };
            let names = snapshots.iter().filter(is_there).map(|snapshot| snapshot.instance.clone()).collect();
            if let Some(name) = choose(names)? {
                return Ok(Some(Self::at(dirs.runtime.clone(), name)));
            }
        }
        Ok(None)
    }
}

/// `default`, else the only one.
fn choose(mut names: Vec<String>) -> Result<Option<String>, ConnectError> {
    match names.iter().position(|name| name == "default") {
        Some(default) => Ok(Some(names.swap_remove(default))),
        None if names.len() > 1 => Err(ConnectError::Several(names)),
        None => Ok(names.pop()),
    }
}

/// Whether an instance runs that stack file.
pub fn runs(snapshot: &Snapshot, file: &Path) -> bool {
    snapshot.stack_file.as_ref().is_some_and(|other| is_same_file(other.as_ref(), file))
}

/// Whether two paths lead to one file.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    // Most often they are written alike, and no disk has to be asked.
    one == other || canonical(one) == canonical(other)
}
