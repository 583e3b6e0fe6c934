//! What the processes of a run say to the launcher: where Unix has descriptors and Unix sockets, they connect to a
//! server of this machine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::windows::io::AsRawSocket;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOL_SOCKET, setsockopt};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 64;
/// So many clients are listened to at once.
const CLIENTS_MAX: usize = 64;
/// A client gets so long for its word.
const SAID_WITHIN: Duration = Duration::from_secs(1);
/// No word is longer, with its secret.
const WORD_MAX: u64 = 256;
/// After accepting has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A server for one run, at 127.0.0.1. A client says `SECRET|WORD`, and ends the line or its side of the connection;
/// who does not know the secret, which stands in the run's environment, gets no answer.
#[derive(Debug)]
pub struct WordServer {
    listener: TcpListener,
    secret: String,
    clients: JoinSet<Option<(String, TcpStream)>>,
}

impl WordServer {
    /// Listens, with a secret of its own; to be called within a runtime.
    ///
    /// # Errors
    /// What the system refused.
    pub fn open() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        let on: i32 = 1;
        // Nobody else is to listen at this port too, and hear the secret.
        // SAFETY: the socket is open, and the value is read as the four bytes it has.
        let refused = unsafe {
            let (socket, value) = (socket.as_raw_socket() as usize, (&raw const on).cast());
            setsockopt(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, value, size_of::<i32>() as i32) != 0
        };
        if refused {
            return Err(io::Error::last_os_error());
        }
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self { listener: socket.listen(BACKLOG)?, secret: random_uuid()?, clients: JoinSet::new() })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system refused.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What its clients have to know: a UUID.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The next word of a client that knows the secret, and the client.
    pub async fn next(&mut self) -> (String, TcpStream) {
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if self.clients.len() < CLIENTS_MAX => match accepted {
                    Ok((client, _)) => {
                        let word = timeout(SAID_WITHIN, word(client, self.secret.clone()));
                        self.clients.spawn(async { word.await.ok().flatten() });
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
                Some(heard) = self.clients.join_next() => if let Ok(Some(said)) = heard {
                    return said;
                }
            }
        }
    }
}

async fn word(client: TcpStream, secret: String) -> Option<(String, TcpStream)> {
    let mut client = BufReader::new(client);
    let mut line = String::new();
    (&mut client).take(WORD_MAX).read_line(&mut line).await.ok()?;
    let word = line.strip_prefix(&secret)?.strip_prefix('|')?.trim_end().to_owned();
    Some((word, client.into_inner()))
}

fn random_uuid() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let digits = format!("{:032x}", u128::from_ne_bytes(bytes));
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    Ok(parts.join("-"))
}
