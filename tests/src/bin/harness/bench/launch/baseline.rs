//! The bare start of the fixture: bind, hand over, start, and wait for every first answer. The benchmark does
//! it itself, or as a program of its own ([`parent`]), which shows what the start of any launcher costs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use end_to_end::{Guarded, Home, Programs};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

/// How the programs get their ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handoff {
    /// They inherit the listening socket.
    Socket,
    /// They are told the number, and bind it themselves.
    Number,
}

impl Handoff {
    /// As a stack file has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Number => "number",
        }
    }
}

/// How often a program that has no socket yet is asked again.
const PAUSE: Duration = Duration::from_micros(100);
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts one fixture for each port, with these arguments; the time until all have answered. They are ended
/// afterwards.
///
/// # Panics
/// When one of them cannot be started or does not answer.
pub fn start(home: &Home, ports: &[u16], handoff: Handoff, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    let command = || {
        let mut command = home.command(Programs::fixture());
        command.args(arguments);
        command
    };
    let services = start_all(&command, ports, handoff);
    let took = begun.elapsed();
    drop(services);
    took
}

/// The same with hand-off `socket` by a program of its own, from its exec to its word that all have answered.
///
/// # Panics
/// As [`start`].
pub fn parent(home: &Home, ports: &[u16], arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    let mut command = home.command(std::env::current_exe().expect("a program knows where it is"));
    command.arg("baseline").args(ports.iter().map(u16::to_string)).arg("--").args(arguments);
    let mut parent = Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()));
    let mut word = [0];
    parent
        .child()
        .stdout
        .take()
        .expect("it is a pipe")
        .read_exact(&mut word)
        .expect("it says when it is done");
    begun.elapsed()
}

/// What that program is told.
#[derive(Debug, clap::Args)]
pub struct Baseline {
    ports: Vec<u16>,
    /// The services' own.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Baseline {
    /// What that program does; its services end with it.
    pub fn run(self) {
        let command = || {
            let mut command = Command::new(Programs::fixture());
            command.args(&self.arguments);
            command
        };
        let services = start_all(&command, &self.ports, Handoff::Socket);
        let _ = std::io::stdout().write_all(b".").and_then(|()| std::io::stdout().flush());
        // Whoever started it ends it.
        std::thread::sleep(PATIENCE);
        drop(services);
    }
}

fn start_all(command: &dyn Fn() -> Command, ports: &[u16], handoff: Handoff) -> Vec<Guarded> {
    let services: Vec<Guarded> = match handoff {
        Handoff::Socket => {
            // All are bound before anything starts, as a launcher that refuses to start by halves has to.
            let bind = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).expect("the port is free");
            let listeners: Vec<TcpListener> = ports.iter().map(bind).collect();
            listeners.iter().map(|listener| spawn_on(command(), listener)).collect()
        }
        Handoff::Number => ports.iter().map(|port| spawn_at(command(), *port)).collect(),
    };
    // All are asked before the first answer is read, so that one does not wait for another.
    let asked: Vec<TcpStream> = ports.iter().map(|port| ask(*port)).collect();
    for stream in asked {
        read_ok(stream);
    }
    services
}

fn spawn_on(mut command: Command, listener: &TcpListener) -> Guarded {
    let inherit = |flags| fcntl(listener, FcntlArg::F_SETFD(flags)).expect("an open socket");
    command.env("LISTEN_FDS", "1").env("LISTEN_FDS_FIRST_FD", listener.as_raw_fd().to_string());
    // Open to this child alone.
    inherit(FdFlag::empty());
    let service = Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    inherit(FdFlag::FD_CLOEXEC);
    service
}

fn spawn_at(mut command: Command, port: u16) -> Guarded {
    command.args(["--port", &port.to_string()]);
    Guarded::spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

/// Connects as soon as somebody listens, and asks.
fn ask(port: u16) -> TcpStream {
    let end = Instant::now() + PATIENCE;
    let mut stream = loop {
        match TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < end, "port {port}: {error}"),
        }
        std::thread::sleep(PAUSE);
    };
    stream.set_read_timeout(Some(PATIENCE)).expect("an open socket");
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is connected");
    stream
}

fn read_ok(mut stream: TcpStream) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the fixture answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "the fixture is well: {answer}");
}
