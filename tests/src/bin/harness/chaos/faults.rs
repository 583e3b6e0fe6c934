//! What can go wrong on a desktop machine, done on purpose.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use contract::{ServiceSnapshot, ServiceState};
use end_to_end::{FrozenFolder, Home, Launcher, PortBlock, SOON, http, processes};
use fastrand::Rng;
use nix::sys::signal::Signal;

/// Those that get every fault.
const HARMED: [&str; 9] =
    ["number", "wilful", "careful", "late", "wrapped", "hidden", "noisy", "slow", "top"];
/// Those whose port may be taken and moved.
const MOVABLE: [&str; 6] = ["number", "careful", "wrapped", "hidden", "noisy", "top"];

/// One more, and it would be given up: then its port refuses who connects.
const WEB_HARMED_MAX: u32 = 4;

/// More connections than a built-in service keeps open.
const CROWD: usize = 300;

/// What faults are done to.
pub struct World<'a> {
    home: &'a Home,
    launcher: &'a Launcher,
    _ports: &'a PortBlock,
    /// Ports that were taken from services.
    stolen: Vec<TcpListener>,
    /// Connections on which nothing is said.
    idle: Vec<TcpStream>,
    /// Whether nobody reads what the launcher prints.
    held: bool,
    frozen: Option<FrozenFolder>,
    web_harmed: u32,
}

impl<'a> World<'a> {
    /// A world in which nothing has gone wrong yet.
    pub fn new(home: &'a Home, launcher: &'a Launcher, ports: &'a PortBlock) -> Self {
        let (stolen, idle) = (Vec::new(), Vec::new());
        Self { home, launcher, _ports: ports, stolen, idle, held: false, frozen: None, web_harmed: 0 }
    }

    /// Gives back what was taken.
    pub fn release(&mut self) {
        self.stolen.clear();
        self.idle.clear();
        self.frozen = None;
        self.launcher.hold(false);
        let newest = self.home.wait_status(SOON, "it answers", |_| true).revision;
        self.launcher.wait(SOON, "its reader catches up", |snapshot| snapshot.revision >= newest);
    }

    /// Reads no more of what the launcher prints, or goes on.
    fn hold(&mut self) {
        self.held = !self.held;
        self.launcher.hold(self.held);
    }

    /// Freezes the disk under the logs, or thaws it.
    fn freeze(&mut self) {
        self.frozen = match self.frozen.take() {
            Some(_) => None,
            None => freeze_logs(self.home),
        };
    }

    fn service(&self, name: &str) -> Option<ServiceSnapshot> {
        self.launcher.newest()?.service(name).cloned()
    }

    /// Asks for something, without waiting for it to be carried out.
    fn request(&self, request: &str, service: &str) {
        let socket = self.home.control_socket("default");
        let (path, body) = (format!("/v1/{request}"), format!("{{\"service\":\"{service}\"}}"));
        // Refusals are answers too (another request took its place).
        std::thread::spawn(move || http::control(&socket, "POST", &path, &body));
    }

    fn ask(&self, service: &str, path: &'static str) {
        let Some(port) = self.service(service).and_then(|service| service.port) else { return };
        // Some of these are never answered.
        std::thread::spawn(move || http::get(port, path));
    }

    /// Removes the runtime folder, as logind does.
    fn end_login(&self) {
        // The launcher may be making something there.
        let _ = std::fs::remove_dir_all(self.home.runtime());
    }

    fn signal(&self, service: &str, signal: Signal) {
        if let Some(pid) = self.service(service).and_then(|service| service.pid) {
            processes::signal(pid, signal);
        }
    }
}

/// One of these.
pub fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    rng.choice(of).copied().expect("there is something to choose from")
}

/// Freezes the disk under the logs, where the system lets us.
pub fn freeze_logs(home: &Home) -> Option<FrozenFolder> {
    FrozenFolder::freeze(&home.state().join("default"))
}

/// Does one of them.
pub fn one(rng: &mut Rng, world: &mut World<'_>) {
    let any = pick(rng, &HARMED);
    let harmed = pick(rng, &[any, "web"]);
    let harmed = if harmed == "web" && world.web_harmed == WEB_HARMED_MAX { any } else { harmed };
    world.web_harmed += u32::from(harmed == "web");
    match rng.u32(..17) {
        0 => world.signal(harmed, Signal::SIGKILL),
        1 => world.signal(harmed, Signal::SIGSEGV),
        2 => world.signal(harmed, Signal::SIGSTOP),
        3 => world.signal(harmed, Signal::SIGTERM),
        4 => world.ask(harmed, "/crash"),
        5 => world.ask(harmed, "/exit?3"),
        6 => world.ask(harmed, "/sick"),
        7 => world.ask(any, "/hang"),
        8 => world.ask(harmed, "/children?3"),
        9 => world.request("restart", pick(rng, &["calm", "seed", harmed, any])),
        10 => world.request("reallocate", pick(rng, &MOVABLE)),
        11 => world.request("stop", any),
        12 => world.end_login(),
        13 => crowd(world),
        14 => world.hold(),
        15 => world.freeze(),
        _ => steal(rng, world),
    }
}

/// Keeps more connections to a built-in service open than it does, and asks it with the token: it answers, and has
/// not been started again.
fn crowd(world: &mut World<'_>) {
    let Some(backend) = world.service("backend") else { return };
    let port = backend.port.expect("it has one");
    let connect = |_| TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    world.idle = (0..CROWD).map(connect).collect();
    let token = world.home.skinai(["token"]).stdout;
    let asked = Instant::now();
    let answer = http::get_with_token(port, "/openapi.json", token.trim());
    assert!(answer.as_ref().is_ok_and(|answer| answer.status == 200), "{answer:?}");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let first = world.launcher.snapshots().iter().find_map(|then| then.service("backend")?.pid);
    assert_eq!((backend.pid, backend.restarts), (first, 0));
}

/// Takes the port of a service that happens to be down.
fn steal(rng: &mut Rng, world: &mut World<'_>) {
    let Some(service) = world.service(pick(rng, &MOVABLE)) else { return };
    if matches!(service.state, ServiceState::Stopped | ServiceState::Backoff | ServiceState::Failed)
        && let Some(port) = service.port
        && let Ok(thief) = TcpListener::bind(("127.0.0.1", port))
    {
        world.stolen.push(thief);
    } else {
        world.request("stop", &service.name);
    }
}
