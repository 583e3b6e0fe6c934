//! SIGKILL: of a service that is being asked five hundred times a second, and of the launcher.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use end_to_end::{Home, Launch, PortBlock, SOON, StackFile, eventually, processes};
use nix::sys::signal::Signal;

use crate::bench::{Row, Times, ms};

use super::Options;
use super::baseline::{self, Handoff};
use super::start::trivial_services;
use super::stream::{Stream, failures};

const BEFORE: Duration = Duration::from_millis(500);
const AFTER: Duration = Duration::from_millis(500);
const GONE_WITHIN: Duration = Duration::from_secs(1);
/// Answering again within two bare starts and this.
const AGAIN_EXTRA: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Crashes {
    requests: usize,
    failures: Vec<String>,
    again: Times,
    bare: Times,
}

/// SIGKILL of a service: what is refused, and when it answers again.
pub fn of_a_service(options: &Options) -> Vec<Row> {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut crashes = Crashes::default();
    for _ in 0..options.slow_rounds() {
        crash_once(&home, &ports, &mut crashes);
        crashes.bare.push(baseline::start(&home, &[ports.nth(0)], Handoff::Socket, &[]));
    }
    let count = crashes.again.len();
    let refused = crashes.failures.iter().filter(|failure| failure.contains("refused")).count();
    let others = crashes.failures.len() - refused;
    let (again, bare) = (crashes.again.median(), crashes.bare.median());
    let limit = 2 * bare + AGAIN_EXTRA;
    vec![
        Row::new(format!("refused connections in {count} crashes"), refused.to_string())
            .beside(format!("of {}", crashes.requests))
            .promised("0", refused == 0),
        Row::new("requests lost in the killed process", others.to_string())
            .beside(format!("in {count} crashes")),
        Row::new("answering again after SIGKILL", ms(again))
            .beside(format!("{} bare", ms(bare)))
            .promised(format!("≤ {}", ms(limit)), again <= limit),
        Row::new("answering again, slowest crash", ms(crashes.again.longest()))
            .beside(format!("{} slowest bare", ms(crashes.bare.longest()))),
    ]
}

/// In a launcher of its own, so that it is the first crash each time: later ones have a pause.
fn crash_once(home: &Home, ports: &PortBlock, crashes: &mut Crashes) {
    let lines = "handoff = \"socket\"\nhealth = { http = \"/health\" }";
    let stack = StackFile::new(ports).service("web", &[], lines);
    let mut launcher = Launch::stack(home, stack.text()).start();
    let before = launcher.healthy();
    let (port, old) = (before.services[0].port, before.services[0].pid);
    let (port, old) = port.zip(old).expect("a running service with a port");
    let stream = Stream::start(port);
    std::thread::sleep(BEFORE);
    let killed = Instant::now();
    processes::signal(old, Signal::SIGKILL);
    std::thread::sleep(AFTER);
    let sent = stream.stop();
    launcher.stop();
    let by_another = sent.iter().filter(|sent| sent.answer.as_ref().is_ok_and(|pid| *pid != old));
    let first = by_another.map(|sent| sent.answered_at()).min().expect("it answers again");
    crashes.again.push(first - killed);
    crashes.requests += sent.len();
    crashes.failures.extend(failures(&sent).into_iter().map(str::to_owned));
}

/// SIGKILL of the launcher: what is left, and when the ports are free.
pub fn of_the_launcher(options: &Options) -> Vec<Row> {
    let (home, block) = (Home::new(), PortBlock::lock());
    let stack = trivial_services(&block, 3, Handoff::Socket, &[]);
    let (mut left, mut free) = (0, Times::default());
    for _ in 0..options.slow_rounds() {
        let mut launcher = Launch::stack(&home, stack.text()).start();
        let snapshot = launcher.healthy();
        let ports: Vec<u16> = snapshot.services.iter().filter_map(|service| service.port).collect();
        let killed = Instant::now();
        launcher.signal(Signal::SIGKILL);
        eventually(SOON, "all ports are free", || {
            ports.iter().all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        });
        free.push(killed.elapsed());
        launcher.ended(SOON);
        std::thread::sleep(GONE_WITHIN.saturating_sub(killed.elapsed()));
        left += home.processes().len();
    }
    let count = free.len();
    vec![
        Row::new(format!("left 1 s after SIGKILL of {count} launchers"), format!("{left} processes"))
            .promised("0", left == 0),
        Row::new("all 3 ports free after SIGKILL of the launcher", ms(free.median()))
            .beside(format!("{} slowest", ms(free.longest())))
            .promised("< 1 s", free.longest() < GONE_WITHIN),
    ]
}
