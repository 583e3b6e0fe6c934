//! A stack of one service, which is this program itself in a role.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use contract::Snapshot;
use engine::{Handle, LaunchOptions};
use stackfile::Stack;
use userdirs::Dirs;

pub const WITHIN: Duration = Duration::from_secs(30);
/// The file that a service waits for before it binds its port.
const GATE: &str = "ENGINE_TEST_GATE";
/// The port that a service does not take.
const REFUSED: &str = "ENGINE_TEST_REFUSED";
const PORT: &str = "WEB_PORT";

#[test]
#[ignore = "what the other tests start"]
fn service() {
    let variable = |name| std::env::var(name).unwrap();
    while !Path::new(&variable(GATE)).exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let Ok(listener) = TcpListener::bind(("127.0.0.1", variable(PORT).parse().unwrap())) else {
        std::process::exit(1);
    };
    if variable(PORT) == variable(REFUSED) {
        std::process::exit(78);
    }
    // Wine tells whose a socket is once its process has used it.
    listener.ttl().unwrap();
    for connection in listener.incoming() {
        let _ = answer(&mut connection.unwrap());
    }
}

/// On Windows a service is asked to end by this program, started with the name of this test.
#[test]
fn ask_consoles() {
    proctree::has_asked_others_to_end();
}

/// Answers a request as one that is well does. Returns the request.
pub fn answer(connection: &mut TcpStream) -> std::io::Result<String> {
    let (mut request, mut chunk) = (Vec::new(), [0; 1024]);
    connection.set_read_timeout(Some(WITHIN))?;
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read(&mut chunk)? {
            0 => break,
            length => request.extend_from_slice(&chunk[..length]),
        }
    }
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    Ok(String::from_utf8_lossy(&request).into_owned())
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The service, alone.
pub fn start(port: u16, gate: &Path) -> std::process::Child {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["common::service", "--exact", "--ignored", "--nocapture"]);
    command.env(GATE, gate).env(REFUSED, "0").env(PORT, port.to_string());
    command.spawn().unwrap()
}

/// Launches the service, which is to have `port`, does not take `refused`, and binds its port once there is `gate`.
pub fn launch(folder: &Path, port: u16, refused: u16, gate: &Path) -> Handle {
    let text = format!(
        "name = \"t\"\nports = \"{port}-{port}\"\n[service.web]\n\
         command = ['{}', 'common::service', '--exact', '--ignored', '--nocapture']\n\
         env = {{ {GATE} = '{}', {REFUSED} = '{refused}' }}\n\
         port = {{ env = \"{PORT}\" }}\nhandoff = \"number\"\nhealth = {{ http = \"/\" }}\n",
        std::env::current_exe().unwrap().display(),
        gate.display()
    );
    let stack = Stack::parse(&text, None).unwrap();
    let mut options = LaunchOptions::new(product::SKINAI, stack, std::env::current_exe().unwrap());
    let at = |name: &str| folder.join(name);
    options.dirs = Dirs { runtime: at("run"), config: at("config"), data: at("data"), state: at("state") };
    options.environment.retain(|(name, _)| name != PORT);
    engine::launch(options).unwrap()
}

pub async fn healthy(handle: &Handle) -> Snapshot {
    let mut snapshots = handle.snapshots();
    let waited = tokio::time::timeout(WITHIN, snapshots.wait_for(|snapshot| snapshot.all_healthy())).await;
    let found = waited.expect("healthy in time").unwrap();
    Snapshot::clone(&found)
}

pub async fn stop(handle: Handle) {
    handle.stop_all();
    tokio::time::timeout(WITHIN, handle.finished()).await.expect("it ends");
}
