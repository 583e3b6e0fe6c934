//! Hands listening sockets over to the processes of a run, as the crate `listenfd` asks for them: a client says its
//! process id, and is given a WSAPROTOCOL_INFOW for each socket, which is good in that process alone.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::windows::io::AsRawSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use tokio::io::AsyncWriteExt;
use tokio::task::AbortHandle;
use windows_sys::Win32::Networking::WinSock::{WSADuplicateSocketW, WSAPROTOCOL_INFOW};

use super::job::Job;
use super::word_server::WordServer;

/// The sockets of a run that is to be started, and the server that its processes ask.
pub(super) struct Offer {
    server: WordServer,
    sockets: Vec<TcpListener>,
    names: String,
}

impl Offer {
    /// Sockets with their names; `None` where there are none. To be called within a runtime.
    pub(super) fn of(listeners: &[(&str, &TcpListener)]) -> io::Result<Option<Self>> {
        if listeners.is_empty() {
            return Ok(None);
        }
        let sockets =
            listeners.iter().map(|(_, listener)| listener.try_clone()).collect::<io::Result<_>>()?;
        let names: Vec<_> = listeners.iter().map(|(name, _)| *name).collect();
        Ok(Some(Self { server: WordServer::open()?, sockets, names: names.join(":") }))
    }

    /// What tells the run of it.
    pub(super) fn variables(&self) -> io::Result<[(&'static str, OsString); 3]> {
        Ok([
            ("SYSTEMFD_SOCKET_SERVER", self.server.address()?.to_string().into()),
            ("SYSTEMFD_SOCKET_SECRET", self.server.secret().into()),
            ("LISTEN_FDNAMES", self.names.clone().into()),
        ])
    }

    /// Answers the processes of a job, as long as that is there.
    pub(super) fn make(self, job: &Arc<Job>) -> HandOver {
        let is_taken = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(answer(self, Arc::downgrade(job), Arc::clone(&is_taken))).abort_handle();
        HandOver { task, is_taken }
    }
}

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct HandOver {
    task: AbortHandle,
    is_taken: Arc<AtomicBool>,
}

impl HandOver {
    /// Whether some process has got the sockets.
    pub(super) fn is_taken(&self) -> bool {
        self.is_taken.load(Ordering::Relaxed)
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut offer: Offer, job: Weak<Job>, is_taken: Arc<AtomicBool>) {
    loop {
        let (word, mut client) = offer.server.next().await;
        let Some(job) = job.upgrade() else { return };
        let Some(shared) = word.parse().ok().and_then(|pid| share(&offer.sockets, pid, &job)) else {
            continue;
        };
        is_taken.store(true, Ordering::Relaxed);
        // It fits into the connection's buffer; a client that has gone needs nothing.
        let _ = client.write_all(&shared).await;
    }
}

/// The sockets for a process, if it is one of the job's.
fn share(sockets: &[TcpListener], pid: u32, job: &Job) -> Option<Vec<u8>> {
    // As long as it is open, no other process gets this number.
    let _process = job.member(pid)?;
    let mut shared = Vec::with_capacity(sockets.len() * size_of::<WSAPROTOCOL_INFOW>());
    for socket in sockets {
        let mut info = WSAPROTOCOL_INFOW::default();
        // SAFETY: an open socket, and room for what is asked; the structure is plain data without gaps.
        unsafe {
            if WSADuplicateSocketW(socket.as_raw_socket() as usize, pid, &raw mut info) != 0 {
                return None;
            }
            let bytes = std::slice::from_raw_parts((&raw const info).cast::<u8>(), size_of_val(&info));
            shared.extend_from_slice(bytes);
        }
    }
    Some(shared)
}
