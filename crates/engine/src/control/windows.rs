//! The control API's named pipe. Its usual security descriptor lets only its user (and administrators)
//! write to it, and remote clients are rejected.

use std::io;
use std::path::Path;

use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

/// The pipe of an instance.
pub(crate) struct Listener {
    name: String,
}

impl Listener {
    /// Names the pipe, which the server makes.
    pub(crate) fn bind(folder: &Path, instance: &str) -> io::Result<Self> {
        Ok(Self { name: userdirs::control_pipe(folder, instance) })
    }

    /// The listener for the server; to be called within a runtime.
    pub(crate) fn listener(&self) -> io::Result<Pipes> {
        let next = ServerOptions::new().first_pipe_instance(true).create(&self.name)?;
        Ok(Pipes { name: self.name.clone(), next })
    }
}

/// Gives each client a pipe of its own.
pub(crate) struct Pipes {
    name: String,
    next: NamedPipeServer,
}

impl axum::serve::Listener for Pipes {
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
