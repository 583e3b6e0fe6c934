//! Taking three ports, beside the plain loop of std binds, in the same run:
//! `cargo bench -p ports --bench ports`.
//!
//! divan shows the times; the last lines show the ratios, from rounds in which the two take turns, so
//! that whatever else the machine does burdens both.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use divan::Bencher;
use ports::{Allocator, Leases, PortRange, RangeFull, Reservation};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const COUNT: usize = 3;
const RANGE_PORTS: u16 = 1001;
/// How many ports of the range are free.
const FREE_PORTS: [usize; 3] = [RANGE_PORTS as usize, COUNT, 0];

/// A range, and the sockets that take some of it.
struct Crowd {
    range: PortRange,
    _holders: Vec<TcpListener>,
}

fn main() {
    raise_descriptor_limit();
    divan::main();
    // Without it (`cargo test --benches`) it is only wanted to know that it runs.
    if std::env::args().any(|argument| argument == "--bench") {
        println!("\nours / plain loop, medians, the two taking turns");
        print_ratio("3 ports of a free range", usize::from(RANGE_PORTS), 2.0);
        print_ratio("3 ports, 998 of 1001 taken", COUNT, 1.0 / 15.0);
        print_ratio("a full range refused", 0, 1.0 / 15.0);
    }
}

#[divan::bench(args = FREE_PORTS)]
fn plain_loop(bencher: Bencher, free: usize) {
    let crowd = Crowd::with_free(free);
    bencher.bench_local(|| take_plainly(crowd.range));
}

#[divan::bench(args = FREE_PORTS)]
fn reservations(bencher: Bencher, free: usize) {
    let (crowd, folder) = (Crowd::with_free(free), tempfile::tempdir().expect("a temporary folder"));
    let allocator = Allocator::new(Leases::open(folder.path()).0);
    bencher.bench_local(|| take_ours(&allocator, crowd.range));
}

/// What launchers usually do: bind, let go, hope.
fn take_plainly(range: PortRange) -> Vec<u16> {
    let free = |port: &u16| TcpListener::bind((HOST, *port)).is_ok();
    black_box(range.iter().filter(free).take(COUNT).collect())
}

/// Three reservations. Giving them up is not part of taking them, so that they are handed back.
fn take_ours(allocator: &Allocator, range: PortRange) -> Result<Vec<Reservation>, RangeFull> {
    black_box(allocator.reserve_first(&[HOST; COUNT], range, &[]))
}

fn print_ratio(case: &str, free: usize, limit: f64) {
    const TURNS: usize = 20;
    let crowd = Crowd::with_free(free);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (leases, warning) = Leases::open(folder.path());
    assert_eq!(warning, None, "the leases are part of what is measured");
    let allocator = Allocator::new(leases);
    let (mut plain, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        take_turn(&mut plain, || take_plainly(crowd.range));
        take_turn(&mut ours, || take_ours(&allocator, crowd.range));
    }
    let (plain, ours) = (median(plain), median(ours));
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    let verdict = if ratio <= limit { "kept" } else { "MISSED" };
    println!(
        "{case:<28} {ours:>10.1?} / {plain:>10.1?} = {ratio:.3} (1/{:.1}); at most {limit:.3}: {verdict}",
        1.0 / ratio
    );
}

/// Measures for a while. What the kernel puts off when a thousand sockets are closed shall not burden
/// the other side, so that the first part of a turn does not count.
fn take_turn<T>(times: &mut Vec<Duration>, mut take: impl FnMut() -> T) {
    const WARM_UP: Duration = Duration::from_millis(50);
    const TURN: Duration = Duration::from_millis(150);
    let turn = Instant::now();
    while turn.elapsed() < TURN {
        let start = Instant::now();
        let taken = take();
        let elapsed = start.elapsed();
        drop(taken);
        if turn.elapsed() > WARM_UP {
            times.push(elapsed);
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

impl Crowd {
    /// A range of which `free` ports, the last ones, are free.
    fn with_free(free: usize) -> Self {
        let take = |start: u16| -> Option<Vec<TcpListener>> {
            (start..start + RANGE_PORTS).map(|port| TcpListener::bind((HOST, port)).ok()).collect()
        };
        let (start, mut holders) = (10_000..30_000)
            .step_by(500)
            .find_map(|start| take(start).map(|holders| (start, holders)))
            .expect("1001 free ports in a row");
        holders.truncate(usize::from(RANGE_PORTS) - free);
        let range = PortRange::new(start, start + RANGE_PORTS - 1).expect("the right way round");
        Self { range, _holders: holders }
    }
}

fn raise_descriptor_limit() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        setrlimit(Resource::RLIMIT_NOFILE, most.min(65_536), most).expect("a higher limit");
    }
}
