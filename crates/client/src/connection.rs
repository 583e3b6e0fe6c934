//! The connection to an instance: its Unix socket, or its named pipe on Windows.

use std::io;
use std::path::Path;

#[cfg(unix)]
pub(crate) use tokio::net::UnixStream as Connection;
#[cfg(windows)]
pub(crate) use tokio::net::windows::named_pipe::NamedPipeClient as Connection;

/// The ending of the files that running instances have in the runtime folder. Pipes are no files, locks are.
const ENDING: &str = if cfg!(windows) { ".lock" } else { ".sock" };

/// Connects to an instance. Whoever listens there has to be this user's own: it is told what to do, and what it
/// answers is believed.
#[cfg(unix)]
pub(crate) async fn connect(folder: &Path, instance: &str) -> io::Result<Connection> {
    let (reachable, _folder) = userdirs::socket_address(&userdirs::control_socket(folder, instance))?;
    let connection = Connection::connect(reachable).await?;
    let uid = connection.peer_cred()?.uid();
    if !userdirs::trust::is_own(uid) {
        let error = format!("the user with the number {uid} listens at the socket of {instance}");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
    }
    Ok(connection)
}

/// Whether an instance listens, be it that it has stopped to accept and the queue has filled up.
pub(crate) async fn is_open(folder: &Path, instance: &str) -> bool {
    match connect(folder, instance).await {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// The process id of the instance's launcher, where the system tells.
pub(crate) async fn launcher(folder: &Path, instance: &str) -> Option<i32> {
    #[cfg(unix)]
    return connect(folder, instance).await.ok()?.peer_cred().ok()?.pid();
    #[cfg(windows)]
    {
        let _ = (folder, instance);
        None
    }
}

/// Connects to an instance.
#[cfg(windows)]
pub(crate) async fn connect(folder: &Path, instance: &str) -> io::Result<Connection> {
    tokio::net::windows::named_pipe::ClientOptions::new().open(userdirs::control_pipe(folder, instance))
}

/// The names of instances that have run in the folder, living or dead.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.file_name().to_str()?.strip_suffix(ENDING).map(str::to_owned)).collect()
}
