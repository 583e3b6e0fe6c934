//! Who gets in: codes, cookies, and the secrets of services.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::{Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually, http};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::geteuid;

/// The port of a service of a launch that is healthy.
fn port(launcher: &Launcher, service: &str) -> u16 {
    launcher.healthy().service(service).unwrap().port.unwrap()
}

/// How many descriptors a service may have, on many a system.
const DESCRIPTORS: u64 = 1024;
const MANY: u64 = DESCRIPTORS + 500;

/// Opens connections, and sends nothing.
fn connections(port: u16) -> Vec<TcpStream> {
    (0..MANY).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect()
}

/// Opens a service as `skinai open` does, and returns what the browser was led to.
fn open(home: &Home, service: &str) -> String {
    let outcome = home.skinai(["open", service]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    Home::led_to(&home.opened().pop().unwrap())
}

fn status(port: u16, path: &str, cookie: &str) -> u16 {
    http::get_with_cookie(port, path, cookie).unwrap().status
}

#[test]
fn a_browser_gets_in_once_by_a_file_that_only_its_user_can_read() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    let (ui, admin) = (port(&launcher, "ui"), port(&launcher, "admin"));
    let address = open(&home, "ui");
    let [file] = &home.opened()[..] else { panic!("the opener gets one file: {:?}", home.opened()) };
    assert!(Path::new(file).starts_with(home.runtime()), "{file}");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!file.contains(address.split_once("code=").unwrap().1));
    if geteuid().is_root() {
        let mut as_nobody = home.command("setpriv");
        as_nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat", file]);
        let read = home.run(&mut as_nobody);
        assert!(read.code != Some(0) && read.stdout.is_empty(), "{read:?}");
    }
    let cookie = http::enter(&address);
    assert!(cookie.starts_with(&format!("skinai_ui_{ui}=")), "{cookie}");
    assert_eq!((status(ui, "/", &cookie), status(ui, "/v1/measurements", &cookie)), (200, 200));
    assert!(!Path::new(file).exists(), "it is used up");
    let again = http::get(ui, address.split_once(&ui.to_string()).unwrap().1).unwrap();
    assert_eq!(again.status, 401);
    // A browser sends it to every port of the machine.
    let as_admin = cookie.replacen(&format!("skinai_ui_{ui}"), &format!("skinai_admin_{admin}"), 1);
    for cookie in [&cookie, &as_admin] {
        assert_eq!(status(admin, "/", cookie), 401);
    }
    let printed = home.skinai(["url", "ui"]).stdout;
    assert_eq!(status(ui, "/", &http::enter(printed.trim())), 200);
}

#[test]
fn a_cookie_outlives_a_restart_of_the_service_but_not_the_launch() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    let ui = port(&launcher, "ui");
    let address = open(&home, "ui");
    let cookie = http::enter(&address);
    let before = open(&home, "ui");
    assert_eq!(home.skinai(["restart"]).code, Some(0));
    assert_eq!(status(ui, "/v1/measurements", &cookie), 200);
    let again = http::get(ui, address.split_once(&ui.to_string()).unwrap().1).unwrap();
    assert_eq!(again.status, 401, "used up before the restart");
    assert_eq!(status(ui, "/", &http::enter(&before)), 200, "a code that waited for the restart");
    let late = open(&home, "ui");
    assert_eq!(launcher.stop().code(), Some(0));

    let launcher = Launch::builtin(&home, &ports).start();
    assert_eq!(port(&launcher, "ui"), ui);
    let answer = http::get_with_cookie(ui, "/", &cookie).unwrap();
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("skinai open ui"), "{}", answer.text());
    assert_eq!(http::get(ui, late.split_once(&ui.to_string()).unwrap().1).unwrap().status, 401);
    assert!(!home.runtime().join("skinai/codes/default").exists(), "nothing is left of the launch before");
}

#[test]
fn a_service_of_ones_own_gets_no_secret_but_the_one_that_it_asks_for() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("a", &[], "open = \"/x?token=own&code=own#there\"")
        .service("b", &[], "secret = true")
        .service("c", &[], "secret = true");
    let launcher = Launch::stack(&home, stack.text()).env("SKINAI_TOKEN", "inherited").start();
    let snapshot = launcher.healthy();
    let secret = |name: &str| {
        let port = snapshot.service(name).unwrap().port.unwrap();
        http::get(port, "/env?SKINAI_TOKEN").unwrap().text()
    };
    let token = home.skinai(["token"]).stdout.trim().to_owned();
    assert_eq!(secret("a"), "");
    let (b, c) = (secret("b"), secret("c"));
    assert!(b.len() == 64 && c.len() == 64 && b != c && b != token && c != token, "{b} {c}");
    // What is the service's own is left as it is.
    let url = snapshot.service("a").unwrap().url.as_ref().unwrap();
    let own = format!("{url}/x?token=own&code=own#there");
    assert_eq!(snapshot.service("a").unwrap().open_url.as_ref(), Some(&own));
    assert_eq!(open(&home, "a"), own);
    assert_eq!(home.skinai(["url", "a"]).stdout.trim(), url, "for a program, without a code");
}

#[test]
fn a_service_on_its_own_asks_for_the_token_of_the_user() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (backend, ui) = (ports.spare(), ports.spare());
    let start = |service: &str| {
        let mut command = home.command(Programs::skinai());
        command.arg(service).env("BACKEND_PORT", backend.to_string()).env("UI_PORT", ui.to_string());
        home.spawn(service, &mut command)
    };
    let _services = [start("backend"), start("ui")];
    eventually(SOON, "both answer", || [backend, ui].iter().all(|port| http::get(*port, "/health").is_ok()));
    let token = home.skinai(["token"]).stdout.trim().to_owned();
    for (service, port) in [("backend", backend), ("ui", ui)] {
        assert_eq!(http::get(port, "/v1/measurements").unwrap().status, 401, "{service}");
        assert_eq!(http::get_with_token(port, "/v1/measurements", &token).unwrap().status, 200, "{service}");
        assert!(home.log_of(service).contains("skinai token"), "{}", home.log_of(service));
        assert!(!home.log_of(service).contains(&token));
    }
    let cookie = http::enter(&format!("http://127.0.0.1:{ui}/?token={token}"));
    assert!(!cookie.contains(&token));
    assert_eq!((status(ui, "/", &cookie), status(backend, "/v1/measurements", &cookie)), (200, 401));
}

#[test]
fn a_rotated_token_is_taken_by_the_next_launch() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::builtin(&home, &ports).start();
    let backend = port(&launcher, "backend");
    let asked = |token: &str| http::get_with_token(backend, "/v1/measurements", token).unwrap().status;
    let old = home.skinai(["token"]).stdout.trim().to_owned();
    let rotated = home.skinai(["token", "rotate"]);
    assert_eq!((rotated.code, rotated.stderr.contains("default")), (Some(0), true), "{rotated:?}");
    let new = home.skinai(["token"]).stdout.trim().to_owned();
    assert_eq!((asked(&old), asked(&new)), (200, 401), "what runs goes on");
    assert_eq!(launcher.stop().code(), Some(0));
    let launcher = Launch::builtin(&home, &ports).start();
    assert_eq!(port(&launcher, "backend"), backend);
    assert_eq!((asked(&old), asked(&new)), (401, 200));
}

#[test]
fn idle_connections_keep_nobody_out_and_end_no_service() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(3 * MANY).min(hard), hard).unwrap();
    let (home, ports) = (Home::new(), PortBlock::lock());
    let limit = format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}");
    let launcher = Launch::through(&home, &["prlimit", &limit], &ports.builtin_stack()).start();
    let before = launcher.healthy();
    let (ui, backend) = (port(&launcher, "ui"), port(&launcher, "backend"));
    let token = home.skinai(["token"]).stdout.trim().to_owned();
    let _held = [connections(backend), connections(ui)];
    let held = home.status();
    // By way of the User UI, which asks the backend.
    for port in [ui, backend] {
        let asked = Instant::now();
        assert_eq!(http::get_with_token(port, "/v1/measurements", &token).unwrap().status, 200);
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    }
    let after = home.wait_status(SOON, "they are asked how they are, and are well", |snapshot| {
        let mut both = held.services.iter().zip(&snapshot.services);
        snapshot.all_healthy() && both.all(|(then, now)| now.health.checked_at > then.health.checked_at)
    });
    for (before, after) in before.services.iter().zip(&after.services) {
        assert_eq!((before.pid, after.restarts), (after.pid, 0), "{}", before.name);
    }
}
