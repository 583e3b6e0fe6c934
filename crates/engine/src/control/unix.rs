//! The control API's Unix socket.

use std::fs::Metadata;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::InstanceName;
use ports::Leases;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::unix::SocketAddr;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::instance::{Instance, InstanceError};

/// How often it is made sure that the files are there. Logins take the runtime folder away when they end, and
/// cleaners remove what is old.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long a process that is ending may take to close its sockets.
const HANGS_UP_WITHIN: Duration = Duration::from_millis(500);
/// How long nothing is accepted after an error, such as a lack of descriptors.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// The socket of an instance, which has its name as long as this lives. What it has in the runtime folder is made
/// again where it was removed, and is removed when this is dropped.
pub(crate) struct ControlListener {
    instance: Instance,
    leases: Leases,
    listener: UnixListener,
    /// The socket's file.
    file: Metadata,
    looks: Interval,
    /// Why what was removed could not be made again.
    trouble: Option<String>,
}

impl ControlListener {
    /// Binds `<folder>/<instance>.sock`; to be called within a runtime.
    pub(crate) fn bind(instance: Instance, leases: Leases) -> io::Result<Self> {
        let (listener, file) = bind(&instance)?;
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { instance, leases, listener, file, looks, trouble: None })
    }

    fn look(&mut self) {
        if proctree::watchdog::resume() {
            tracing::warn!("the watchdog had been stopped by a signal, and was let go on");
        }
        let trouble = match self.restore() {
            Ok(false) => None,
            Ok(true) => {
                tracing::warn!("files of {} had been removed, and are made again", self.place());
                None
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = &trouble
            && self.trouble != trouble
        {
            let pid = std::process::id();
            tracing::warn!(
                "files of {} were removed, and cannot be made again: {error}; only signals to process {pid} reach it",
                self.place()
            );
        }
        self.trouble = trouble;
    }

    fn path(&self) -> PathBuf {
        userdirs::control_socket(&self.instance.folder, self.instance.name.as_str())
    }

    fn place(&self) -> String {
        format!("instance {} in {}", self.instance.name, self.instance.folder.display())
    }

    /// Makes again what was removed; `false` if nothing was.
    fn restore(&mut self) -> Result<bool, InstanceError> {
        let locked = self.instance.restore()?;
        if locked {
            self.leases.restore(&self.instance.folder);
        }
        let is_there = is_at(&self.file, &self.path());
        if !is_there {
            (self.listener, self.file) =
                bind(&self.instance).map_err(|error| self.instance.trouble(error))?;
        }
        Ok(locked || !is_there)
    }
}

impl axum::serve::Listener for ControlListener {
    type Io = UnixStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (UnixStream, SocketAddr) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => return accepted,
                    Err(_) => tokio::time::sleep(ERROR_PAUSE).await,
                },
                _ = self.looks.tick() => self.look(),
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Drop for ControlListener {
    fn drop(&mut self) {
        let path = self.path();
        if is_at(&self.file, &path) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Binds the instance's socket, in place of one that nobody listens at.
fn bind(instance: &Instance) -> io::Result<(UnixListener, Metadata)> {
    let path = userdirs::control_socket(&instance.folder, instance.name.as_str());
    if is_served(&instance.folder, &instance.name) {
        return Err(ErrorKind::AddrInUse.into());
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (reachable, _folder) = userdirs::socket_address(&path)?;
    let listener = UnixListener::bind(reachable)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok((listener, std::fs::symlink_metadata(&path)?))
}

/// Whether somebody listens at the socket of that name, also where they have stopped to accept.
pub(crate) fn is_served(folder: &Path, name: &InstanceName) -> bool {
    let connect = || {
        let path = userdirs::control_socket(folder, name.as_str());
        let (reachable, _folder) = userdirs::socket_address(&path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&SockAddr::unix(reachable)?)?;
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(HANGS_UP_WITHIN))?;
        (&socket).read(&mut [0])
    };
    // One that is ending hangs up.
    connect().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Whether a file that is known, and open, is the one that lies there.
pub(crate) fn is_at(known: &Metadata, path: &Path) -> bool {
    let id = |file: &Metadata| (file.dev(), file.ino());
    std::fs::symlink_metadata(path).is_ok_and(|found| id(&found) == id(known))
}
