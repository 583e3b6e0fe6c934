//! One launch, from its start to its end.

use std::time::{Duration, Instant};

use contract::ServiceState;
use end_to_end::{
    HEALTHY_WITHIN, Home, Launch, Launcher, Load, PortBlock, Programs, StackFile, http, processes,
};
use fastrand::Rng;
use nix::sys::signal::Signal;

use super::faults::{self, World};
use super::invariants::{self, Watch};

const FAULTS_MIN: u64 = 15;
const FAULTS_MORE: u64 = 30;
const PAUSE_MAX_MS: u64 = 300;
/// Keeps the numbers of neighbouring episodes apart.
const EPISODE_MIX: u64 = 0xd134_2543_de82_ef95;
/// What a killed launcher's services may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(1);

/// Services: `calm` is only ever restarted by hand, `backend` is a built-in one that is only ever crowded, `web` is
/// harmed but keeps its port, `seed` runs to its end and is run again, the rest get everything.
fn stack(ports: &PortBlock) -> String {
    let overlap = "handoff = \"socket\"\nready = \"notify\"\nstop_grace = \"500ms\"";
    let socket = "handoff = \"socket\"\nstop_grace = \"500ms\"";
    let number = "handoff = \"number\"\nstop_grace = \"500ms\"\nstart_timeout = \"5s\"";
    let fixture = Programs::fixture();
    // Its own process is not the one that listens.
    let wrapper = ["sh", "-c", "\"$0\" \"$@\" & wait", fixture.to_str().expect("a path in UTF-8")];
    let skinai = Programs::skinai();
    let backend = ["sh", "-c", "exec \"$0\" backend", skinai.to_str().expect("a path in UTF-8")];
    let services = StackFile::new(ports)
        .line("on_conflict = \"move\"")
        .service("calm", &[], overlap)
        .command("backend", &backend, number)
        .service("web", &["--children", "1", "--grandchild"], socket)
        .service("number", &["--children", "1"], number)
        .service("wilful", &["--choose-port"], number)
        .service("careful", &["--test-port"], number)
        .service("late", &["--second-port", "200", "--late", "400"], number)
        .command("wrapped", &wrapper, number)
        .service("hidden", &["--hidden"], number)
        .service("noisy", &["--flood", "3000000", "--binary", "--ansi"], number)
        .service(
            "slow",
            &["--late", "300", "--ignore-term", "--children-ignore-term", "--children", "1"],
            socket,
        )
        .service("top", &[], &format!("{number}\nneeds = [\"number\", \"calm\", \"seed\"]"));
    format!("{}[service.seed]\ntype = \"oneshot\"\ncommand = [\"sleep\", \"0.3\"]\n", services.text())
}

/// Runs it; a broken promise panics.
pub fn run(seed: u64, number: u64) -> String {
    let begun = Instant::now();
    let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(EPISODE_MIX));
    let (home, ports) = (Home::new(), PortBlock::lock());
    fill_disk_for(&home, "noisy");
    let mut launcher = Launch::without_trace(&home, &stack(&ports)).start();
    let first = launcher.healthy();
    let port = |name: &str| {
        first.service(name).and_then(|service| service.port).expect("a healthy service has a port")
    };
    let loads = [("calm", Load::start(port("calm"), "/", 50)), ("web", Load::start(port("web"), "/", 50))];
    let mut watch = Watch::default();
    let mut world = World::new(&home, &launcher, &ports);
    let faults = FAULTS_MIN + rng.u64(..FAULTS_MORE);
    for _ in 0..faults {
        faults::one(&mut rng, &mut world);
        std::thread::sleep(Duration::from_millis(rng.u64(..PAUSE_MAX_MS)));
        watch.check(&launcher);
    }
    world.release();
    recover(&home, &launcher);
    watch.check(&launcher);
    invariants::map_is_true(&launcher, &home);
    let mut requests = 0;
    for (name, load) in loads {
        let tally = load.stop();
        requests += tally.answered.len();
        invariants::requests(name, &tally);
    }
    let ended = end(&mut rng, &mut launcher, &home);
    format!("{faults} faults, {requests} requests, {ended}, {:.1} s", begun.elapsed().as_secs_f64())
}

/// Everything written to this service's log fails as on a full disk.
fn fill_disk_for(home: &Home, service: &str) {
    let folder = home.state().join("default");
    std::fs::create_dir_all(&folder).expect("own folder");
    std::os::unix::fs::symlink("/dev/full", folder.join(format!("{service}.log"))).expect("own folder");
}

/// Nothing is harmed any more: what failed is restarted by hand, and all becomes well.
fn recover(home: &Home, launcher: &Launcher) {
    let down = |state| matches!(state, ServiceState::Failed | ServiceState::Stopped);
    // What is suspended is only reported.
    home.processes().into_iter().for_each(|pid| processes::signal(pid, Signal::SIGCONT));
    let end = Instant::now() + HEALTHY_WITHIN;
    while let Some(newest) = launcher.newest()
        && !newest.all_healthy()
        && Instant::now() < end
    {
        for service in newest.services.iter().filter(|service| down(service.state)) {
            let body = format!("{{\"service\":\"{}\"}}", service.name);
            // It may have been started meanwhile.
            let _ = http::control(&home.control_socket("default"), "POST", "/v1/restart", &body);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    launcher.healthy();
}

fn end(rng: &mut Rng, launcher: &mut Launcher, home: &Home) -> String {
    let asked = faults::pick(rng, &[Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]);
    if rng.bool() {
        let _frozen = rng.bool().then(|| faults::freeze_logs(home));
        launcher.hold(rng.bool());
        launcher.signal(asked);
        let status = launcher.ended(HEALTHY_WITHIN);
        assert_eq!(status.code(), Some(0), "after {asked} the launcher ends well");
        home.assert_nothing_left(GONE_WITHIN);
        return format!("ended by {asked}");
    }
    let victim = faults::pick(rng, &launcher.own_processes());
    processes::signal(victim, Signal::SIGKILL);
    launcher.ended(HEALTHY_WITHIN);
    home.assert_nothing_left(GONE_WITHIN);
    let which = if victim == launcher.pid() { "its first process" } else { "its engine" };
    format!("ended by SIGKILL of {which}")
}
