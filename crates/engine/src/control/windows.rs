//! The control API's named pipe, which only its user and the system can open; remote clients are rejected.

#![expect(unsafe_code, reason = "who may open a pipe is told by a pointer")]

use std::io;
use std::path::Path;

use contract::InstanceName;
use ports::Leases;
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use userdirs::PrivateAccess;

use crate::instance::Instance;

/// The pipe of an instance, which has its name as long as this lives. Each client is given a pipe of its own.
pub(crate) struct ControlListener {
    _instance: Instance,
    name: String,
    next: NamedPipeServer,
}

impl ControlListener {
    /// Makes the pipe; to be called within a runtime. Files that are open cannot be removed here.
    pub(crate) fn bind(instance: Instance, _leases: Leases) -> io::Result<Self> {
        let name = userdirs::control_pipe(&instance.folder, instance.name.as_str())?;
        let next = make(&name, true).map_err(|error| match error.kind() {
            // Of this user's launchers only one has the lock.
            io::ErrorKind::PermissionDenied => io::Error::new(
                error.kind(),
                format!(
                    "another program has the control pipe of {}, {name}; end it, or launch by another name",
                    instance.name
                ),
            ),
            _ => error,
        })?;
        Ok(Self { _instance: instance, name, next })
    }
}

/// A pipe for a client, or the first one, of which nobody else may have the name.
fn make(name: &str, is_first: bool) -> io::Result<NamedPipeServer> {
    let mut options = ServerOptions::new();
    options.first_pipe_instance(is_first);
    // SAFETY: the attributes are there while the pipe is made.
    PrivateAccess::new()?
        .make(|attributes| unsafe { options.create_with_security_attributes_raw(name, attributes) })
}

/// A pipe is made as the first of its name, or not at all.
pub(crate) fn is_served(_folder: &Path, _name: &InstanceName) -> bool {
    false
}

impl axum::serve::Listener for ControlListener {
    type Io = NamedPipeServer;
    type Addr = String;

    async fn accept(&mut self) -> (NamedPipeServer, String) {
        loop {
            let connected = self.next.connect().await;
            match (connected, make(&self.name, false)) {
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

#[cfg(test)]
mod tests {
    use std::os::windows::io::AsHandle;

    use tokio::net::windows::named_pipe::ClientOptions;
    use userdirs::Dirs;

    use super::*;

    fn instance(folder: &Path) -> Instance {
        let at = |name: &str| folder.join(name);
        let dirs = Dirs { runtime: at("run"), config: at("config"), data: at("data"), state: at("state") };
        let usual: InstanceName = "squatted".parse().unwrap();
        Instance::take(Some(usual.as_str()), &usual, &dirs).unwrap()
    }

    #[tokio::test]
    async fn a_pipe_belongs_to_its_user_and_one_that_another_program_has_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let listener = ControlListener::bind(instance(folder.path()), Leases::none()).unwrap();
        let name = listener.name.clone();
        let client = ClientOptions::new().open(&name).unwrap();
        assert!(userdirs::trust::is_own(client.as_handle()).unwrap());
        drop((client, listener));
        let _other = ServerOptions::new().create(&name).unwrap();
        // Wine gives a name to whoever wants it.
        if make(&name, true).is_ok() {
            return;
        }
        let error = ControlListener::bind(instance(folder.path()), Leases::none()).err().unwrap().to_string();
        assert!(error.contains("another program has the control pipe of squatted"), "{error}");
    }
}
