//! From exec of `skinai run` to every service healthy, as its own first such snapshot says.

use std::time::{Duration, Instant};

use end_to_end::bench::{Row, median, ms, ratio};
use end_to_end::{Home, Launch, PortBlock, StackFile};

use crate::bare::{self, Handoff};
use crate::options::Options;

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
        Row::new("the bare start as a program of its own", ms(median(&socket.parent)))
            .beside(format!("{} bare", ms(median(&socket.bare))))
            .ratio(ratio(median(&socket.parent), median(&socket.bare))),
        row("3 services of 5 ms healthy, hand-off number", &number)
            .promised("≤ 2", number.ratio() <= THREE_NUMBER_MAX),
    ]
}

/// A hundred services.
pub fn hundred(options: &Options) -> Vec<Row> {
    let times = measure(100, Handoff::Socket, &[], options.slow_rounds());
    vec![row("100 services healthy, hand-off socket", &times).promised("≤ 3", times.ratio() <= HUNDRED_MAX)]
}

struct Times {
    launched: Vec<Duration>,
    bare: Vec<Duration>,
    /// The bare start as a program of its own.
    parent: Vec<Duration>,
}

impl Times {
    fn ratio(&self) -> f64 {
        ratio(median(&self.launched), median(&self.bare))
    }
}

fn row(what: &str, times: &Times) -> Row {
    Row::new(what, ms(median(&times.launched)))
        .beside(format!("{} bare", ms(median(&times.bare))))
        .ratio(times.ratio())
}

fn measure(services: u16, handoff: Handoff, arguments: &[&str], rounds: usize) -> Times {
    let (home, block) = (Home::new(), PortBlock::lock_for(services));
    let ports: Vec<u16> = (0..services).map(|n| block.nth(n)).collect();
    let stack = trivial_services(&block, services, handoff, arguments);
    // The first time makes folders and the token, and brings the programs into memory.
    launched(&home, stack.text());
    bare::start(&home, &ports, handoff, arguments);
    let mut times = Times { launched: Vec::new(), bare: Vec::new(), parent: Vec::new() };
    for _ in 0..rounds {
        times.launched.push(launched(&home, stack.text()));
        times.bare.push(bare::start(&home, &ports, handoff, arguments));
        times.parent.push(bare::parent(&home, &ports, arguments));
    }
    times
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
