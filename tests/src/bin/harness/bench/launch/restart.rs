//! `skinai restart` of a service that is being asked five hundred times a second.

use std::io::Write;
use std::process::{ChildStdin, Stdio};
use std::time::{Duration, Instant};

use end_to_end::{
    Guarded, Home, Launch, Launcher, PortBlock, Programs, SOON, StackFile, eventually, processes,
};

use crate::bench::{Rounds, Row, Times, ms, ratio};

use super::Options;
use super::stream::{Sent, Stream, failures};

const WARM_UP: Duration = Duration::from_millis(300);
const BEFORE: Duration = Duration::from_secs(1);
/// A request may still be under way so long after the old process is gone.
const AFTER: Duration = Duration::from_millis(10);
/// The slowest request at most so many times the median before.
const SLOWEST_MAX: f64 = 5.0;

/// With both processes at once for a moment, and one after the other.
pub fn by_hand(options: &Options) -> Vec<Row> {
    let overlap = measure("ready = \"notify\"\non_restart = \"overlap\"", options.rounds);
    let stop_start = measure("on_restart = \"stop-start\"", options.slow_rounds());
    let mut rows = rows("overlap", &overlap);
    let slowest = overlap.slowest_to_median();
    rows[1] = std::mem::replace(&mut rows[1], Row::new("", "")).promised("< 5", slowest < SLOWEST_MAX);
    rows.extend(self::rows("stop-start", &stop_start));
    rows
}

/// Each figure once for each restart.
#[derive(Default)]
struct Restarts {
    requests: usize,
    failures: Vec<String>,
    median_before: Times,
    /// In a stretch without a restart, as long as the one with it.
    slowest_before: Times,
    slowest: Times,
    took: Times,
}

impl Restarts {
    fn slowest_to_median(&self) -> f64 {
        ratio(self.slowest.median(), self.median_before.median())
    }
}

fn rows(how: &str, restarts: &Restarts) -> Vec<Row> {
    let (failed, count) = (restarts.failures.len(), restarts.took.len());
    let first = restarts.failures.first().map(|first| format!(" ({first})")).unwrap_or_default();
    vec![
        Row::new(format!("{how}: failed requests in {count} restarts"), format!("{failed}{first}"))
            .beside(format!("of {}", restarts.requests))
            .promised("0", failed == 0),
        Row::new(format!("{how}: slowest request"), ms(restarts.slowest.median()))
            .beside(format!("{} median before", ms(restarts.median_before.median())))
            .ratio(restarts.slowest_to_median()),
        Row::new(format!("{how}: slowest of all restarts"), ms(restarts.slowest.longest())).beside(format!(
            "{} without a restart (median {})",
            ms(restarts.slowest_before.longest()),
            ms(restarts.slowest_before.median())
        )),
        Row::new(format!("{how}: `skinai restart` itself"), ms(restarts.took.median())),
    ]
}

fn measure(lines: &str, rounds: Rounds) -> Restarts {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let lines = format!("handoff = \"socket\"\nhealth = {{ http = \"/health\" }}\n{lines}");
    let stack = StackFile::new(&ports).service("web", &[], &lines);
    let launcher = Launch::stack(&home, stack.text()).start();
    let mut restarts = Restarts::default();
    for _ in 0..rounds {
        restart_once(&home, &launcher, &mut restarts);
    }
    restarts
}

fn restart_once(home: &Home, launcher: &Launcher, restarts: &mut Restarts) {
    let (port, old) = {
        let web = &launcher.healthy().services[0];
        web.port.zip(web.pid).expect("a running service with a port")
    };
    let command = Prepared::new(home);
    let stream = Stream::start(port);
    std::thread::sleep(WARM_UP);
    let warm = Instant::now();
    std::thread::sleep(BEFORE);
    let begun = Instant::now();
    command.carry_out();
    let took = begun.elapsed();
    eventually(SOON, "the old process is gone", || !processes::alive(old));
    std::thread::sleep(AFTER);
    let ended = Instant::now();
    let sent = stream.stop();
    let stretch = ended - begun;
    restarts.requests += sent.len();
    restarts.failures.extend(failures(&sent).into_iter().map(str::to_owned));
    restarts.median_before.push(times(&sent, warm, begun).median());
    restarts.slowest_before.push(times(&sent, (begun - stretch).max(warm), begun).longest());
    restarts.slowest.push(times(&sent, begun, ended).longest());
    restarts.took.push(took);
}

/// A shell that waits for a line before it becomes `skinai restart`. It is there before the requests begin:
/// if the process that sends them forked, its pages would be copied, and requests would wait for that.
struct Prepared {
    shell: Guarded,
    line: ChildStdin,
}

impl Prepared {
    fn new(home: &Home) -> Self {
        const SCRIPT: &str = "read -r line && exec \"$0\" restart web";
        let mut command = home.command("/bin/sh");
        let command = command.args(["-c", SCRIPT]).arg(Programs::skinai());
        let mut shell = Guarded::spawn(command.stdin(Stdio::piped()).stdout(Stdio::null()));
        let line = shell.child().stdin.take().expect("it is a pipe");
        Self { shell, line }
    }

    fn carry_out(mut self) {
        self.line.write_all(b"\n").expect("the shell waits for it");
        let status = self.shell.child().wait().expect("a child can be waited for");
        assert!(status.success(), "the restart was carried out: {status}");
    }
}

/// How long the answers took to requests that were sent in between.
fn times(sent: &[Sent], from: Instant, to: Instant) -> Times {
    sent.iter().filter(|sent| (from..to).contains(&sent.at)).map(|sent| sent.took).collect()
}
