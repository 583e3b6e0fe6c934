//! The connection to an instance: its Unix socket, or its named pipe on Windows.

use std::io;
use std::path::Path;

#[cfg(unix)]
pub(crate) use tokio::net::UnixStream as Connection;
#[cfg(windows)]
pub(crate) use tokio::net::windows::named_pipe::NamedPipeClient as Connection;

/// The ending of the files that running instances have in the runtime folder. Pipes are no files, locks are.
const ENDING: &str = if cfg!(windows) { ".lock" } else { ".sock" };

/// How long a pipe may be busy.
#[cfg(windows)]
const FREE_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);
/// How often it is looked whether it still is.
#[cfg(windows)]
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(5);

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
    // It keeps its pid in its lock.
    #[cfg(windows)]
    return std::fs::read_to_string(folder.join(format!("{instance}{ENDING}"))).ok()?.trim().parse().ok();
}

/// Connects to an instance. Whoever made its pipe has to be this user's own, as above. It is busy from one client on until
/// it is made for the next one; after a while that means that the instance has stopped to accept.
#[cfg(windows)]
pub(crate) async fn connect(folder: &Path, instance: &str) -> io::Result<Connection> {
    use std::os::windows::io::AsHandle;

    /// ERROR_PIPE_BUSY of CreateFile.
    const BUSY: i32 = 231;
    let pipe = userdirs::control_pipe(folder, instance)?;
    let end = tokio::time::Instant::now() + FREE_WITHIN;
    loop {
        match tokio::net::windows::named_pipe::ClientOptions::new().open(&pipe) {
            Err(error) if error.raw_os_error() == Some(BUSY) => {}
            Err(error) => return Err(error),
            Ok(connection) if userdirs::trust::is_own(connection.as_handle())? => return Ok(connection),
            Ok(_) => {
                let error = format!("another user's program has the control pipe of {instance}");
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
            }
        }
        if tokio::time::Instant::now() >= end {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The names of instances that have run in the folder, living or dead.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.file_name().to_str()?.strip_suffix(ENDING).map(str::to_owned)).collect()
}

#[cfg(test)]
#[cfg(windows)]
#[expect(unsafe_code, reason = "who may open a pipe is told by a pointer")]
pub(crate) mod tests {
    use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
    use userdirs::PrivateAccess;

    use super::*;

    /// A pipe as an instance makes it.
    pub(crate) fn make(pipe: &str) -> NamedPipeServer {
        let options = ServerOptions::new();
        // SAFETY: the attributes are there while the pipe is made.
        let make = |attributes| unsafe { options.create_with_security_attributes_raw(pipe, attributes) };
        PrivateAccess::new().unwrap().make(make).unwrap()
    }

    #[tokio::test]
    async fn a_pipe_that_is_busy_is_tried_again_and_one_that_stays_so_is_open() {
        let folder = Path::new(r"C:\busy");
        let name = format!("busy-{}", std::process::id());
        let pipe = userdirs::control_pipe(folder, &name).unwrap();
        assert!(!is_open(folder, &name).await);
        let _first = make(&pipe);
        let _client = connect(folder, &name).await.unwrap();
        let (second, later) = tokio::join!(connect(folder, &name), async {
            tokio::time::sleep(20 * LOOK_EVERY).await;
            make(&pipe)
        });
        assert!(second.is_ok(), "{second:?}");
        assert_eq!(connect(folder, &name).await.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(is_open(folder, &name).await);
        drop(later);
    }
}
