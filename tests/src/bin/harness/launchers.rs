//! The contract's launchers, restarted, killed and launched again for as long as one likes: the map is true at every
//! look, and every service keeps its port.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{ServiceSnapshot, ServiceState, Snapshot};
use end_to_end::{ContractLaunchers, HEALTHY_WITHIN, Launcher, http, processes};
use fastrand::Rng;
use nix::sys::signal::Signal;

/// How long what was done is watched, at most.
const WATCHED_MAX_MS: u64 = 2000;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// What the soak can be told.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Decides what happens; by itself one that is drawn and printed
    #[arg(long)]
    seed: Option<u64>,
    /// How long to go on
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
}

/// Runs it; a broken promise panics.
#[expect(clippy::print_stdout, reason = "a program of the tests")]
pub fn run(options: &Options) -> bool {
    let seed = options.seed.unwrap_or_else(|| fastrand::u32(..).into());
    println!("launchers: seed {seed}, {} minutes", options.minutes);
    let mut rng = Rng::with_seed(seed);
    let end = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    let launchers = ContractLaunchers::new();
    let mut launcher = launchers.launch().start();
    let (mut done, mut looks) = (0, 0);
    while Instant::now() < end {
        launchers.keep_their_ports(&launcher);
        let what;
        (launcher, what) = harm(&mut rng, &launchers, launcher);
        let watched = Instant::now() + Duration::from_millis(rng.u64(..WATCHED_MAX_MS));
        while Instant::now() < watched {
            launchers.map_is_true(&launcher);
            looks += 1;
            std::thread::sleep(PAUSE);
        }
        recover(&launchers, &launcher);
        launchers.map_is_true(&launcher);
        done += 1;
        println!("launchers: {done}: {what}, {looks} looks so far");
    }
    launchers.keep_their_ports(&launcher);
    launchers.stop(launcher);
    println!("{done} passed, 0 failed");
    true
}

/// Does something to them, or to the launcher, and returns what it was.
fn harm(rng: &mut Rng, launchers: &ContractLaunchers, launcher: Launcher) -> (Launcher, String) {
    let snapshot = recover(launchers, &launcher);
    let service = rng.choice(&snapshot.services).expect("there are three");
    let pid = service.pid.expect("it is healthy");
    let what = match rng.u32(..6) {
        0 => {
            launchers.stop(launcher);
            return (launchers.launch().start(), "relaunched".to_owned());
        }
        1 => {
            processes::signal(launcher.pid(), Signal::SIGKILL);
            drop(launcher);
            launchers.site.home.assert_nothing_left(HEALTHY_WITHIN);
            return (launchers.launch().start(), "relaunched after SIGKILL".to_owned());
        }
        2 => {
            request(launchers, "{}");
            "all restarted".to_owned()
        }
        3 => {
            request(launchers, &format!("{{\"service\":\"{}\"}}", service.name));
            format!("{} restarted", service.name)
        }
        4 => {
            processes::signal(pid, Signal::SIGKILL);
            format!("{} killed", service.name)
        }
        _ => {
            let below = processes::descendants(pid);
            rng.choice(&below).into_iter().for_each(|pid| processes::signal(*pid, Signal::SIGKILL));
            format!("a process below {} killed", service.name)
        }
    };
    (launcher, what)
}

/// Asks for a restart without waiting for it.
fn request(launchers: &ContractLaunchers, body: &str) {
    let (socket, body) = (launchers.site.home.control_socket("default"), body.to_owned());
    std::thread::spawn(move || http::control(&socket, "POST", "/v1/restart", &body));
}

/// What was given up after too many crashes is restarted by hand. A hang is a crash seconds later.
fn recover(launchers: &ContractLaunchers, launcher: &Launcher) -> Arc<Snapshot> {
    loop {
        let failed = |snapshot: &Snapshot| {
            let failed = |service: &&Arc<ServiceSnapshot>| service.state == ServiceState::Failed;
            snapshot.services.iter().find(failed).map(|service| service.name.clone())
        };
        let snapshot = launcher.wait(HEALTHY_WITHIN, "every service is healthy or given up", |snapshot| {
            snapshot.all_healthy() || failed(snapshot).is_some()
        });
        let Some(name) = failed(&snapshot) else { return snapshot };
        request(launchers, &format!("{{\"service\":\"{name}\"}}"));
        launcher.wait(HEALTHY_WITHIN, "it starts again", |snapshot| failed(snapshot) != Some(name.clone()));
    }
}
