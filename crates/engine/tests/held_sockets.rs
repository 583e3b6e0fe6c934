//! What is promised of a socket that is held for a service, on every system. The service is this program itself, in a
//! role.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use contract::{Request, Snapshot, Target};
use engine::{Handle, LaunchOptions};
use listenfd::ListenFd;
use proctree::StopSignals;
use stackfile::Stack;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use userdirs::Dirs;

const ROLE: &str = "ENGINE_TEST_ROLE";
const WITHIN: Duration = Duration::from_secs(30);
/// How long a service takes to be ready after it has got its socket.
const SLOW: Duration = Duration::from_secs(1);

#[tokio::test]
#[ignore = "what the other tests start"]
async fn started() {
    match std::env::var(ROLE).as_deref() {
        Ok("server") => serve().await,
        Ok("deaf") => std::thread::sleep(2 * WITHIN),
        _ => {}
    }
}

/// On Windows services are asked to end by this program, started with the name of this test.
#[test]
fn ask_consoles() {
    proctree::has_asked_others_to_end();
}

/// Answers each request with its process id, until it is asked to end; ends without an answer to `/crash`.
async fn serve() {
    let listener = ListenFd::from_env().take_tcp_listener(0).unwrap().unwrap();
    std::thread::sleep(SLOW);
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let mut signals = StopSignals::listen().unwrap();
    say_ready();
    loop {
        let (mut client, _) = tokio::select! {
            biased;
            () = signals.next() => return,
            accepted = listener.accept() => accepted.unwrap(),
        };
        let mut request = [0; 1024];
        let Ok(Ok(length)) = tokio::time::timeout(SLOW, client.read(&mut request)).await else { continue };
        if request[..length].starts_with(b"GET /crash") {
            std::process::exit(1);
        }
        let pid = std::process::id().to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", pid.len());
        let _ = client.write_all(format!("{head}{pid}").as_bytes()).await;
    }
}

#[cfg(unix)]
fn say_ready() {
    if let Some(address) = std::env::var_os("NOTIFY_SOCKET") {
        let socket = std::os::unix::net::UnixDatagram::unbound().unwrap();
        socket.send_to(b"READY=1", address).unwrap();
    }
}

#[cfg(windows)]
fn say_ready() {
    if let Ok(server) = std::env::var("NOTIFY_SERVER") {
        let secret = std::env::var("NOTIFY_SECRET").unwrap();
        write!(TcpStream::connect(server).unwrap(), "{secret}|READY=1").unwrap();
    }
}

fn launch(folder: &Path, role: &str, lines: &str) -> Handle {
    let program = std::env::current_exe().unwrap();
    let text = format!(
        "name = \"t\"\n[service.web]\n\
         command = ['{}', \"started\", \"--exact\", \"--ignored\", \"--nocapture\"]\n\
         port = {{ env = \"HELD_WEB_PORT\" }}\nhandoff = \"socket\"\nenv = {{ {ROLE} = \"{role}\" }}\n{lines}",
        program.display()
    );
    let mut options = LaunchOptions::new(product::SKINAI, Stack::parse(&text, None).unwrap(), program);
    let at = |name: &str| folder.join(name);
    options.dirs = Dirs { runtime: at("run"), config: at("config"), data: at("data"), state: at("state") };
    engine::launch(options).unwrap()
}

async fn until(handle: &Handle, holds: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let mut snapshots = handle.snapshots();
    let waited = tokio::time::timeout(WITHIN, snapshots.wait_for(|snapshot| holds(snapshot))).await;
    let found = waited.expect("in time").unwrap();
    Snapshot::clone(&found)
}

async fn healthy(handle: &Handle) -> (u16, u32) {
    let snapshot = until(handle, Snapshot::all_healthy).await;
    (snapshot.services[0].port.unwrap(), snapshot.services[0].pid.unwrap())
}

async fn end(handle: Handle) {
    handle.stop_all();
    tokio::time::timeout(WITHIN, handle.finished()).await.unwrap();
}

/// Who answers a request.
fn ask(port: u16, path: &str) -> io::Result<u32> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let pid = answer.rsplit('\n').next().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other(format!("{answer:?}")))
}

async fn ask_meanwhile(port: u16, count: usize) -> Vec<io::Result<u32>> {
    let asked = (0..count).map(|_| tokio::task::spawn_blocking(move || ask(port, "/")));
    let asked: Vec<_> = asked.collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn requests_wait_for_a_service_that_crashed_and_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let handle = launch(folder.path(), "server", "health = { http = \"/\" }\n");
    let (port, pid) = healthy(&handle).await;
    tokio::task::spawn_blocking(move || ask(port, "/crash")).await.unwrap().unwrap_err();
    for answer in ask_meanwhile(port, 8).await {
        assert_ne!(answer.unwrap(), pid);
    }
    end(handle).await;
}

#[tokio::test]
async fn a_service_that_says_when_it_is_ready_is_replaced_while_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let handle = launch(folder.path(), "server", "health = { http = \"/\" }\nready = \"notify\"\n");
    let (port, old) = healthy(&handle).await;
    let restart = async {
        handle.request(Request::Restart(Target::default())).await.unwrap();
        let replaced = |snapshot: &Snapshot| {
            snapshot.all_healthy() && snapshot.services[0].pid.is_some_and(|pid| pid != old)
        };
        until(&handle, replaced).await.services[0].pid.unwrap()
    };
    let ask_on = async {
        let mut longest = Duration::ZERO;
        loop {
            let started = std::time::Instant::now();
            let answer = tokio::task::spawn_blocking(move || ask(port, "/")).await.unwrap().unwrap();
            longest = longest.max(started.elapsed());
            if answer != old {
                return (answer, longest);
            }
        }
    };
    let (new, (answered, longest)) = tokio::join!(restart, ask_on);
    assert_eq!(answered, new);
    assert!(longest < SLOW, "somebody waited for {longest:?}");
    end(handle).await;
}

#[tokio::test]
async fn a_service_that_does_not_take_its_socket_is_not_taken_for_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "health = { tcp = true }\nstart_timeout = \"4s\"\non_unhealthy = \"report\"\n";
    let handle = launch(folder.path(), "deaf", lines);
    let hindered = |snapshot: &Snapshot| {
        assert!(!snapshot.all_healthy(), "{snapshot:?}");
        let health = &snapshot.services[0].health;
        health.last_error.as_ref().is_some_and(|error| error.starts_with("no process accepts connections"))
    };
    until(&handle, hindered).await;
    end(handle).await;
}
