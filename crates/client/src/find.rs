//! Which instances run, and which one is meant.

use std::io;
use std::path::Path;

use contract::{ApiError, BadInstanceName, ErrorCode, InstanceName, Snapshot};
use futures_util::future::join_all;
use userdirs::{Dirs, Untrusted, trust};

use crate::{Client, connection};

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
        Self::running_file(dirs, |other| is_same_file(other, file)).await
    }

    /// The instance that runs a stack file of that folder, whatever it is called, if there is one.
    ///
    /// # Errors
    /// If several do, or one that may do so does not answer.
    pub async fn of_folder(dirs: &Dirs, folder: &Path) -> Result<Option<Self>, ConnectError> {
        let is_there = |other: &Path| other.parent().is_some_and(|its| is_same_file(its, folder));
        Self::running_file(dirs, is_there).await
    }

    async fn running_file(
        dirs: &Dirs,
        is_meant: impl Fn(&Path) -> bool,
    ) -> Result<Option<Self>, ConnectError> {
        trust::found(&dirs.runtime)?;
        let running = instances(dirs).await;
        let ask = async |name: &String| Self::at(dirs.runtime.clone(), name.clone()).status().await;
        let (mut matching, mut silent) = (Vec::new(), None);
        for answer in join_all(running.iter().map(ask)).await {
            match answer {
                Ok(Snapshot { stack_file: Some(file), instance, .. }) if is_meant(file.as_ref()) => {
                    matching.push(instance);
                }
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
