//! The control API against rubbish, slow clients and strange folders.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use end_to_end::{Home, Launch, PortBlock, Programs, SOON, StackFile, http};

/// As quick as a person finds quick, on a busy machine.
const QUICKLY: Duration = Duration::from_secs(2);

#[test]
fn rubbish_is_refused_in_words_and_harms_nothing() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    let before = launcher.healthy();
    let socket = home.control_socket("default");
    let huge = format!("{{\"service\":\"{}\"}}", "x".repeat(50_000));
    let bodies: [(&str, u16); 9] = [
        ("{", 400),
        ("[]", 400),
        ("\"a\"", 400),
        ("null", 400),
        ("\u{0}\u{1}", 400),
        (r#"{"service":1}"#, 400),
        (r#"{"servce":"a"}"#, 400),
        (r#"{"service":"b"}"#, 404),
        (&huge, 413),
    ];
    for path in ["/v1/start", "/v1/restart", "/v1/reallocate", "/v1/stop"] {
        for (body, status) in &bodies {
            let answer = http::control(&socket, "POST", path, body).unwrap();
            let shown: String = body.chars().take(40).collect();
            assert_eq!(answer.status, *status, "{path} {shown}: {}", answer.text());
            let error = answer.json();
            assert!(error["code"].is_string() && error["message"].is_string(), "{path} {shown}: {error}");
        }
    }
    let others = [
        ("/v1/stop-services", r#"{"service":"a"}"#),
        ("/v1/end-holder", r#"{"service":"a"}"#),
        ("/v1/reallocate", r#"{"service":"a","port":70000}"#),
        ("/v1/reallocate", r#"{"port":8000}"#),
        ("/v1/restart", r#"{"request":"stop"}"#),
        ("/v1/restart", r#"{"service":"a","port":8000}"#),
    ];
    for (path, body) in others {
        let answer = http::control(&socket, "POST", path, body).unwrap();
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (400, Some("bad_request")),
            "{path} {body}"
        );
    }
    for (path, status) in [
        ("/", 404),
        ("/v1/nothing", 404),
        ("/v1/logs/b", 404),
        ("/v1/logs/b/events", 404),
        ("/v1/logs/a?lines=many", 400),
        ("/v1/logs/a?lines=-1", 400),
        ("/v1/logs/a?until=soon", 400),
        ("/v1/logs/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
    ] {
        let answer = http::control(&socket, "GET", path, "").unwrap();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.json()["message"].is_string(), "{path}: {}", answer.text());
    }
    let after = launcher.healthy();
    assert_eq!(
        (before.services[0].pid, before.services[0].port),
        (after.services[0].pid, after.services[0].port)
    );
}

#[test]
fn slow_clients_delay_nobody() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("loud", &["--flood-forever"], "").service("a", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let socket = home.control_socket("default");
    let ask = |text: &str| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    // None of them ever reads, and the last kind does not even finish its question.
    let kinds = [
        ("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n", 100),
        ("GET /v1/logs/loud/events HTTP/1.1\r\nHost: x\r\n\r\n", 10),
        ("POST /v1/restart HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", 100),
    ];
    let slow: Vec<UnixStream> =
        kinds.into_iter().flat_map(|(text, count)| (0..count).map(move |_| text)).map(ask).collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(http::control(&socket, "GET", "/v1/status", "").unwrap().status, 200);
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < QUICKLY, "{slowest:?}");
    let begun = Instant::now();
    assert_eq!(http::control(&socket, "POST", "/v1/restart", r#"{"service":"a"}"#).unwrap().status, 200);
    assert!(begun.elapsed() < QUICKLY, "{:?}", begun.elapsed());
    drop(slow);
}

#[test]
fn a_runtime_folder_with_a_very_long_path_works() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let long = home.path().join("r".repeat(200));
    std::fs::create_dir(&long).unwrap();
    let launcher = Launch::builtin(&home, &ports).env("XDG_RUNTIME_DIR", &long).start();
    launcher.healthy();
    for arguments in [["status", "--json"], ["restart", "ui"], ["url", "ui"]] {
        let mut command = home.command(Programs::skinai());
        let outcome = home.run(command.args(arguments).env("XDG_RUNTIME_DIR", &long));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
}

#[test]
fn a_runtime_folder_that_cannot_be_used_is_refused_in_one_line() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(StackFile::new(&ports).service("a", &[], "").text());
    let refused = |home: &Home, what: &str| {
        let outcome = home.skinai(["run"]);
        assert_eq!(outcome.code, Some(1), "{what}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{what}: {outcome:?}");
        assert!(outcome.stderr.contains("runtime folder"), "{what}: {outcome:?}");
        home.assert_nothing_left(QUICKLY);
    };
    let folder = home.runtime().join("skinai");
    std::fs::write(&folder, "").unwrap();
    refused(&home, "a file in its place");
    std::fs::remove_file(&folder).unwrap();
    std::os::unix::fs::symlink(home.data(), &folder).unwrap();
    refused(&home, "a link to somewhere else");
    std::fs::remove_file(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    if std::os::unix::fs::chown(&folder, Some(65_534), None).is_ok() {
        refused(&home, "another user's");
    }
}

#[test]
fn whatever_a_dead_instance_left_at_its_sockets_place_is_no_obstacle() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.runtime().join("skinai");
    std::fs::create_dir_all(folder.join("notify")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.join("default.sock")).unwrap());
    drop(std::os::unix::net::UnixDatagram::bind(folder.join("notify/old")).unwrap());
    assert_eq!(home.skinai(["status"]).code, Some(3), "a dead socket is nothing that runs");
    let launcher = Launch::builtin(&home, &ports).start();
    assert_eq!(launcher.healthy().instance, "default");
    assert_eq!(home.skinai(["status"]).code, Some(0));
    assert!(!folder.join("notify/old").exists());
}

#[test]
fn a_probe_that_is_answered_as_before_is_a_sample_and_no_snapshot() {
    const SERVICES: usize = 20;
    let (home, ports) = (Home::new(), PortBlock::lock());
    let often = "health = { http = \"/health\", interval = \"100ms\" }";
    let stack = (0..SERVICES).fold(StackFile::new(&ports), |stack, n| {
        stack.service(
            &format!("s{n}"),
            &[],
            &format!("{often}\nhandoff = \"{}\"", ["socket", "number"][n % 2]),
        )
    });
    let launcher = Launch::stack(&home, stack.text()).start();
    let healthy = launcher.healthy();
    let (sender, samples) = std::sync::mpsc::channel();
    let socket = UnixStream::connect(home.control_socket("default")).unwrap();
    (&socket).write_all(b"GET /v1/samples HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let reader = std::thread::spawn({
        let socket = socket.try_clone().unwrap();
        move || {
            for line in BufReader::new(socket).lines().map_while(Result::ok) {
                let Some(sample) = line.strip_prefix("data:") else { continue };
                let sample: contract::Sample = serde_json::from_str(sample.trim()).unwrap();
                if sender.send(sample).is_err() {
                    return;
                }
            }
        }
    });
    let mut seen = std::collections::BTreeMap::new();
    while seen.len() < SERVICES || seen.values().any(|count| *count < 20) {
        let sample = samples.recv_timeout(SOON).expect("samples go on");
        assert!(sample.latency_us.is_some(), "{sample:?}");
        *seen.entry(sample.service).or_insert(0) += 1;
    }
    assert_eq!(launcher.newest().unwrap().revision, healthy.revision, "nothing changed");
    let joined = home.wait_status(SOON, "the status has the newest numbers", |status| {
        status
            .services
            .iter()
            .all(|row| row.health.checked_at > healthy.services[SERVICES - 1].health.checked_at)
    });
    assert_eq!(joined.revision, healthy.revision);
    socket.shutdown(std::net::Shutdown::Both).unwrap();
    reader.join().unwrap();
}
