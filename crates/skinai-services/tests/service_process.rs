//! A service as a process of its own: sockets, signals, exit codes.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use skinai_services::{Environment, run_admin, run_backend, run_ui};

/// Not a test: what the tests below start as a process of its own.
#[test]
#[ignore = "the other tests start it as a service"]
fn a_service_of_its_own() {
    let environment = Environment::of_process();
    let run = match std::env::var("SERVICE").as_deref() {
        Ok("backend") => run_backend,
        Ok("ui") => run_ui,
        Ok("admin") => run_admin,
        _ => return,
    };
    if let Err(error) = run(&environment) {
        eprintln!("{error}");
        std::process::exit(i32::from(error.exit_code()));
    }
    std::process::exit(0);
}

const PATIENCE: Duration = Duration::from_secs(20);

/// A running service; killed when it is dropped.
struct Running {
    child: Child,
    _data: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    }

    fn output(mut self) -> (Option<i32>, String) {
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut text = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut text).expect("text");
        (status.code(), text)
    }
}

fn command(service: &str, data: &tempfile::TempDir, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command
        .args(["--ignored", "--exact", "--nocapture", "a_service_of_its_own"])
        .env_clear()
        .env("SERVICE", service)
        .env("SKINAI_DATA", data.path())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn start(service: &str, variables: &[(&str, &str)]) -> Running {
    let data = tempfile::tempdir().expect("a folder");
    let child = command(service, &data, variables).spawn().expect("it starts");
    Running { child, _data: data }
}

fn fails(service: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let data = tempfile::tempdir().expect("a folder");
    let Output { status, stderr, .. } = command(service, &data, variables).output().expect("it runs");
    (status.code(), String::from_utf8(stderr).expect("text"))
}

/// A port that nobody has at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

fn connect(port: u16) -> TcpStream {
    let since = Instant::now();
    loop {
        if let Ok(stream) = TcpStream::connect((IpAddr::from(Ipv4Addr::LOCALHOST), port)) {
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            return stream;
        }
        assert!(since.elapsed() < PATIENCE, "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// What the service says of its health, on a connection of its own.
fn health(port: u16) -> String {
    let mut stream = connect(port);
    stream.write_all(get("/health").as_bytes()).expect("sent");
    read_answer(&mut stream)
}

fn read_to_end(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer with a body of known length, and leaves the connection open.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).expect("text").to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.expect("a length").parse().expect("a number")];
    stream.read_exact(&mut body).expect("a body");
    head + &String::from_utf8_lossy(&body)
}

#[test]
fn each_service_listens_on_the_port_of_its_variable() {
    for (service, variable) in [("backend", "BACKEND_PORT"), ("ui", "UI_PORT"), ("admin", "ADMIN_PORT")] {
        let port = free_port();
        let running = start(service, &[(variable, &port.to_string())]);
        let answer = health(port);
        assert!(
            answer.contains("200 ok") && answer.contains(&format!("\"service\":\"{service}\"")),
            "{answer}"
        );
        running.terminate();
        let (code, text) = running.output();
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains(&format!("listening on http://127.0.0.1:{port}")), "{text}");
    }
}

#[test]
fn a_taken_port_is_left_for_another_with_a_warning_that_names_the_holder() {
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = holder.local_addr().expect("an address").port();
    let mut running = start("ui", &[("UI_PORT", &port.to_string())]);
    let mut lines = String::new();
    let mut stderr = std::io::BufReader::new(running.child.stderr.take().expect("piped"));
    while !lines.contains("listening on") {
        assert_ne!(std::io::BufRead::read_line(&mut stderr, &mut lines).expect("text"), 0, "{lines}");
    }
    assert!(
        lines.contains(&format!("[UI] WARNING: Specified port {port} is in use, finding alternative...")),
        "{lines}"
    );
    assert!(lines.contains(&std::process::id().to_string()), "the holder is named: {lines}");
    let other: u16 = lines.trim().rsplit(':').next().expect("a port").parse().expect("a number");
    assert!((8000..=9000).contains(&other) && other != port);
    connect(other);
}

#[test]
fn wrong_variables_are_refused_in_one_line_with_exit_code_2() {
    for (service, variables, named) in [
        ("backend", &[("BACKEND_PORT", "abc")][..], "BACKEND_PORT"),
        ("ui", &[("UI_PORT", "0")], "UI_PORT"),
        ("admin", &[("ADMIN_PORT", "70000")], "ADMIN_PORT"),
        ("admin", &[("BACKEND_PORT", "80 80")], "BACKEND_PORT"),
        ("ui", &[("SKINAI_API_URL", "https://example.com")], "SKINAI_API_URL"),
        ("backend", &[("SKINAI_HOST", "nonsense")], "SKINAI_HOST"),
        ("backend", &[("SKINAI_TOKEN", "se cret;")], "SKINAI_TOKEN"),
        ("backend", &[("SKINAI_HOST", "0.0.0.0")], "SKINAI_TOKEN"),
    ] {
        let (code, text) = fails(service, variables);
        assert_eq!(code, Some(2), "{variables:?}: {text}");
        assert!(text.contains(named) && text.trim().lines().count() == 1, "{variables:?}: {text}");
        assert!(!text.contains("se cret"), "a secret is not repeated: {text}");
    }
}

#[test]
fn a_request_that_was_accepted_is_answered_after_the_service_was_told_to_end() {
    let port = free_port();
    let running = start("backend", &[("BACKEND_PORT", &port.to_string())]);
    let mut idle = connect(port);
    idle.write_all(get("/health").as_bytes()).expect("sent");
    read_answer(&mut idle);
    let mut silent = connect(port);
    let mut half = connect(port);
    half.write_all(b"GET /health HTTP/1.1\r\nhost: local").expect("sent");
    let mut sending = connect(port);
    let body = "--x\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--x--\r\n";
    let head = format!(
        "POST /v1/measurements HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    sending.write_all(head.as_bytes()).expect("sent");
    // Another answered request shows that the ones before have been accepted.
    health(port);

    running.terminate();
    // The idle connection is closed at once, and that also shows that the end has begun.
    assert_eq!(read_to_end(idle), "");
    silent.write_all(get("/health").as_bytes()).expect("sent");
    half.write_all(b"host\r\n\r\n").expect("sent");
    sending.write_all(body.as_bytes()).expect("sent");
    assert!(read_to_end(silent).starts_with("HTTP/1.1 200"));
    assert!(read_to_end(half).starts_with("HTTP/1.1 200"));
    assert!(read_to_end(sending).starts_with("HTTP/1.1 400"));
    assert_eq!(running.output().0, Some(0));
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_service() {
    let port = free_port();
    let running = start("backend", &[("BACKEND_PORT", &port.to_string())]);
    let mut endless = connect(port);
    endless
        .write_all(b"POST /v1/measurements HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n")
        .expect("sent");
    health(port);
    running.terminate();
    let since = Instant::now();
    assert_eq!(running.output().0, Some(0));
    assert!(since.elapsed() < Duration::from_secs(6));
}

#[cfg(unix)]
mod inherited {
    use super::*;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    /// Starts a service on a socket of ours, as descriptor 3.
    fn start_on(listener: &TcpListener, service: &str, variables: &[(&str, &str)]) -> Running {
        let data = tempfile::tempdir().expect("a folder");
        let plain = command(service, &data, variables);
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0 </dev/null"])
            .arg(plain.get_program())
            .args(plain.get_args())
            .env_clear()
            .envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(OwnedFd::from(listener.try_clone().expect("a copy")))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Running { child: shell.spawn().expect("it starts"), _data: data }
    }

    #[test]
    fn an_inherited_socket_is_used_and_the_supervisor_is_told() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let notified = UnixDatagram::bind(&path).expect("a socket");
        notified.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let notify = path.to_str().expect("text");
        let running = start_on(&listener, "backend", &[("NOTIFY_SOCKET", notify), ("BACKEND_PORT", "1")]);
        let mut told = [0; 64];
        let length = notified.recv(&mut told).expect("it says that it is ready");
        assert_eq!(&told[..length], b"READY=1\n");
        assert!(health(listener.local_addr().expect("an address").port()).contains("200 ok"));
        running.terminate();
        let length = notified.recv(&mut told).expect("it says that it ends");
        assert_eq!(&told[..length], b"STOPPING=1\n");
        assert_eq!(running.output().0, Some(0));
    }

    #[test]
    fn no_request_is_lost_while_one_service_takes_over_from_another() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut serving = start_on(&listener, "ui", &[]);
        let done = std::sync::atomic::AtomicBool::new(false);
        let answered = std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut answered = 0;
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(health(port).contains("200 ok"));
                    answered += 1;
                }
                answered
            });
            for _ in 0..5 {
                health(port);
                let next = start_on(&listener, "ui", &[]);
                serving.terminate();
                assert_eq!(std::mem::replace(&mut serving, next).output().0, Some(0));
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            asking.join().expect("every request is answered")
        });
        assert!(answered > 5);
    }
}
