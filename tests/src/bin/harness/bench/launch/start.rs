//! From exec of `skinai run` to every service healthy, as its own first such snapshot says.

use std::time::{Duration, Instant};

use end_to_end::{Home, Launch, PortBlock, StackFile};

use crate::bench::{Rounds, Row, Times, ms, ratio};

use super::Options;
use super::baseline::{self, Handoff};

/// Three services that inherit their sockets at most so many times a bare start.
const THREE_SOCKET_MAX: f64 = 1.6;
/// Three services that bind their ports themselves at most so many times a bare start.
const THREE_NUMBER_MAX: f64 = 2.0;
/// A hundred services at most so many times a bare start.
const HUNDRED_MAX: f64 = 3.0;
/// Each of three takes 5 ms to listen, as a quick program of people's own does.
const THREE: &[&str] = &["--late", "5"];

/// Three services, by both hand-offs.
pub fn three(options: &Options) -> Vec<Row> {
    let socket = measure(3, Handoff::Socket, THREE, options.rounds);
    let number = measure(3, Handoff::Number, THREE, options.rounds);
    vec![
        row("3 services of 5 ms healthy, hand-off socket", &socket)
            .promised("≤ 1.6", socket.ratio() <= THREE_SOCKET_MAX),
        Row::new("the bare start as a program of its own", ms(socket.parent.median()))
            .beside(format!("{} bare", ms(socket.bare.median())))
            .ratio(ratio(socket.parent.median(), socket.bare.median())),
        row("3 services of 5 ms healthy, hand-off number", &number)
            .promised("≤ 2", number.ratio() <= THREE_NUMBER_MAX),
    ]
}

/// A hundred services.
pub fn hundred(options: &Options) -> Vec<Row> {
    let times = measure(100, Handoff::Socket, &[], options.slow_rounds());
    vec![row("100 services healthy, hand-off socket", &times).promised("≤ 3", times.ratio() <= HUNDRED_MAX)]
}

#[derive(Default)]
struct Starts {
    launched: Times,
    bare: Times,
    /// The bare start as a program of its own.
    parent: Times,
}

impl Starts {
    fn ratio(&self) -> f64 {
        ratio(self.launched.median(), self.bare.median())
    }
}

fn row(what: &str, starts: &Starts) -> Row {
    Row::new(what, ms(starts.launched.median()))
        .beside(format!("{} bare", ms(starts.bare.median())))
        .ratio(starts.ratio())
}

fn measure(services: u16, handoff: Handoff, arguments: &[&str], rounds: Rounds) -> Starts {
    let (home, block) = (Home::new(), PortBlock::lock_for(services));
    let ports: Vec<u16> = (0..services).map(|n| block.nth(n)).collect();
    let stack = trivial_services(&block, services, handoff, arguments);
    // The first time makes folders and the token, and brings the programs into memory.
    launched(&home, stack.text());
    baseline::start(&home, &ports, handoff, arguments);
    let mut starts = Starts::default();
    for _ in 0..rounds {
        starts.launched.push(launched(&home, stack.text()));
        starts.bare.push(baseline::start(&home, &ports, handoff, arguments));
        starts.parent.push(baseline::parent(&home, &ports, arguments));
    }
    starts
}

/// A stack of fixtures without faults, each with these arguments, probed as often as it is usual.
pub fn trivial_services(block: &PortBlock, services: u16, handoff: Handoff, arguments: &[&str]) -> StackFile {
    let lines = format!("handoff = \"{}\"\nhealth = {{ http = \"/health\" }}", handoff.name());
    (0..services).fold(StackFile::new(block), |stack, n| stack.service(&format!("s{n}"), arguments, &lines))
}

fn launched(home: &Home, stack: &str) -> Duration {
    let launch = Launch::stack(home, stack);
    let begun = Instant::now();
    let mut launcher = launch.start();
    launcher.healthy();
    let took = begun.elapsed();
    launcher.stop();
    took
}
