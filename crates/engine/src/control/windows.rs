//! The control API's named pipe. Its usual security descriptor lets only its user (and administrators)
//! write to it, and remote clients are rejected.

use std::io;
use std::path::Path;

use contract::InstanceName;
use ports::Leases;

use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

use crate::instance::Instance;

/// The pipe of an instance, which has its name as long as this lives. Each client is given a pipe of its own.
pub(crate) struct Listener {
    _instance: Instance,
    name: String,
    next: NamedPipeServer,
}

impl Listener {
    /// Makes the pipe; to be called within a runtime. Files that are open cannot be removed here.
    pub(crate) fn bind(instance: Instance, _leases: Leases) -> io::Result<Self> {
        let name = userdirs::control_pipe(&instance.folder, instance.name.as_str());
        let next = ServerOptions::new().first_pipe_instance(true).create(&name)?;
        Ok(Self { _instance: instance, name, next })
    }
}

/// A pipe is made as the first of its name, or not at all.
pub(crate) fn is_served(_folder: &Path, _name: &InstanceName) -> bool {
    false
}

impl axum::serve::Listener for Listener {
    type Io = NamedPipeServer;
    type Addr = String;

    async fn accept(&mut self) -> (NamedPipeServer, String) {
        loop {
            let connected = self.next.connect().await;
            match (connected, ServerOptions::new().create(&self.name)) {
                (Ok(()), Ok(next)) => return (std::mem::replace(&mut self.next, next), self.name.clone()),
                // A client that went away, or a lack of pipes that may pass.
                _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<String> {
        Ok(self.name.clone())
    }
}
