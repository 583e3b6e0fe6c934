//! Which instances run, and which one is meant.

use std::io;

use contract::{BadInstanceName, InstanceName};
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
    /// More than one runs, none of them `default`.
    #[error("several instances run: {}; choose one with --instance", .0.join(", "))]
    Several(Vec<String>),
}

/// The instances that run now, in order of their names; none where somebody else may answer.
pub async fn instances(dirs: &Dirs) -> Vec<String> {
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
    running
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
        let mut running = instances(dirs).await;
        if running.iter().any(|name| name == "default") {
            return Ok(at("default".to_owned()));
        }
        match running.len() {
            0 => Err(ConnectError::NothingRuns),
            1 => Ok(at(running.remove(0))),
            _ => Err(ConnectError::Several(running)),
        }
    }
}
