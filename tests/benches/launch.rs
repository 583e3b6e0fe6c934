//! `cargo xtask bench launch [--idle-seconds N]`: how fast a stack is launched, how well it is kept, and
//! what the launcher itself costs; next to a bare start of the same programs in the same run.
//!
//! The programs are three fixtures: trivial HTTP services that start in a millisecond, so that what is
//! seen is the launcher.

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn main() {
    let mut args = std::env::args().skip(1);
    let mut idle_seconds = 60;
    while let Some(arg) = args.next() {
        if arg == "--idle-seconds" {
            idle_seconds = args.next().and_then(|text| text.parse().ok()).unwrap_or(idle_seconds);
        }
    }
    let figures = linux::measure(std::time::Duration::from_secs(idle_seconds));
    println!("| what | measured | limit | |\n|---|---|---|---|");
    for figure in &figures {
        println!("{figure}");
    }
    let missed = figures.iter().filter(|figure| !figure.holds).count();
    println!("\n{} figures, {missed} beyond their limit", figures.len());
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fmt;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use contract::{ServiceState, Snapshot};
    use end_to_end::{
        Guarded, Home, Launch, Launcher, Load, PortBlock, Programs, StackFile, http, processes,
    };
    use nix::sys::signal::Signal;

    const LAUNCHES: usize = 30;
    const REPEATS: usize = 5;
    const REQUESTS_PER_SECOND: u32 = 500;
    const BEFORE: Duration = Duration::from_secs(1);
    const AFTER: Duration = Duration::from_millis(1500);
    const SERVICES: [&str; 3] = ["a", "b", "c"];

    /// A line of the table.
    pub struct Figure {
        what: &'static str,
        measured: String,
        limit: String,
        pub holds: bool,
    }

    impl fmt::Display for Figure {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let word = if self.holds { "holds" } else { "**beyond**" };
            write!(f, "| {} | {} | {} | {word} |", self.what, self.measured, self.limit)
        }
    }

    pub fn measure(idle: Duration) -> Vec<Figure> {
        let mut figures = Vec::new();
        figures.push(launch());
        let bare_one = median((0..LAUNCHES).map(|_| bare(1)).collect());
        figures.extend(restart());
        figures.extend(kill(bare_one));
        figures.push(orphans());
        figures.extend(rest(idle));
        figures
    }

    fn stack(ports: &PortBlock) -> String {
        let lines = "handoff = \"socket\"\nhealth = { http = \"/health\" }";
        SERVICES
            .iter()
            .fold(StackFile::new(ports), |stack, name| stack.service(name, &[], lines))
            .text()
            .to_owned()
    }

    /// From the start of the program to the snapshot in which all is healthy, next to bare starts in turn.
    fn launch() -> Figure {
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..LAUNCHES {
            plain.push(bare(SERVICES.len()));
            let (home, ports) = (Home::new(), PortBlock::lock());
            let launch = Launch::stack(&home, &stack(&ports));
            let begun = Instant::now();
            let mut launcher = launch.start();
            launcher.healthy();
            ours.push(begun.elapsed());
            launcher.stop();
        }
        let (ours, plain) = (median(ours), median(plain));
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        Figure {
            what: "`skinai run` of three services, exec to all healthy, next to a bare start",
            measured: format!("{ours:.2?} / {plain:.2?} = {ratio:.2}"),
            limit: "1.5".to_owned(),
            holds: ratio <= 1.5,
        }
    }

    /// Starts that many fixtures at once, without any launcher, until each has answered.
    fn bare(count: usize) -> Duration {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let numbers: Vec<u16> = (0..count).map(|n| ports.nth(u16::try_from(n).expect("a few"))).collect();
        let begun = Instant::now();
        let start = |port: &u16| {
            Guarded::spawn(home.command(Programs::fixture()).args(["--port", &port.to_string()]))
        };
        let _running: Vec<Guarded> = numbers.iter().map(start).collect();
        for port in numbers {
            while !http::get(port, "/health").is_ok_and(|answer| answer.status == 200) {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        begun.elapsed()
    }

    fn one_under_load<T>(
        lines: &str,
        act: impl Fn(&Home, &Launcher, u16) -> T,
    ) -> Vec<(Duration, end_to_end::Tally)> {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let stack = StackFile::new(&ports).service("web", &[], lines);
        let launcher = Launch::stack(&home, stack.text()).start();
        let port = launcher.healthy().services[0].port.expect("it has a port");
        let once = |_| {
            let load = Load::start(port, "/", REQUESTS_PER_SECOND);
            std::thread::sleep(BEFORE);
            let (old, moment) = (pid(&launcher), load.elapsed());
            act(&home, &launcher, port);
            healthy_in_another_process(&launcher, old);
            std::thread::sleep(AFTER);
            (moment, load.stop())
        };
        (0..REPEATS).map(once).collect()
    }

    fn pid(launcher: &Launcher) -> Option<u32> {
        launcher.newest().and_then(|snapshot| snapshot.services[0].pid)
    }

    fn healthy_in_another_process(launcher: &Launcher, old: Option<u32>) -> Arc<Snapshot> {
        launcher.wait(end_to_end::HEALTHY_WITHIN, "it is healthy in another process", |snapshot| {
            snapshot.services[0].state == ServiceState::Healthy && snapshot.services[0].pid != old
        })
    }

    fn restart() -> [Figure; 2] {
        let lines = "handoff = \"socket\"\nready = \"notify\"\non_restart = \"overlap\"";
        let runs = one_under_load(lines, |home, _, _| {
            http::control(&home.control_socket("default"), "POST", "/v1/restart", r#"{"service":"web"}"#)
        });
        let failed: usize = runs.iter().map(|(_, tally)| tally.failures.len()).sum();
        let requests: usize = runs.iter().map(|(_, tally)| tally.answered.len()).sum();
        let slower = |(moment, tally): &(Duration, end_to_end::Tally)| {
            tally.slowest().as_secs_f64() / tally.median_before(*moment).as_secs_f64()
        };
        let mut times: Vec<f64> = runs.iter().map(slower).collect();
        times.sort_by(f64::total_cmp);
        let middle = times[times.len() / 2];
        [
            Figure {
                what: "restart by hand at 500 requests a second: failed requests",
                measured: format!("{failed} of {}", requests + failed),
                limit: "0".to_owned(),
                holds: failed == 0,
            },
            Figure {
                what: "… the slowest request, in medians before (the median of five restarts)",
                measured: format!("{middle:.1}"),
                limit: "5".to_owned(),
                holds: middle <= 5.0,
            },
        ]
    }

    fn kill(bare: Duration) -> [Figure; 2] {
        let runs = one_under_load("handoff = \"socket\"", |_, launcher, _| {
            processes::signal(pid(launcher).expect("it runs"), Signal::SIGKILL);
        });
        let refused =
            |tally: &end_to_end::Tally| tally.failures.iter().filter(|why| why.contains("refused")).count();
        let refused: usize = runs.iter().map(|(_, tally)| refused(tally)).sum();
        let again = runs.iter().filter_map(|(moment, tally)| tally.first_answer_after(*moment)).collect();
        let (again, limit) = (median(again), bare * 2 + Duration::from_millis(5));
        [
            Figure {
                what: "SIGKILL of a service under the same load: refused connections",
                measured: refused.to_string(),
                limit: "0".to_owned(),
                holds: refused == 0,
            },
            Figure {
                what: "… answering again (the median of five kills)",
                measured: format!("{again:.2?}"),
                limit: format!("2 × {bare:.2?} + 5 ms = {limit:.2?}"),
                holds: again <= limit,
            },
        ]
    }

    fn orphans() -> Figure {
        let mut left = 0;
        for _ in 0..REPEATS {
            let (home, ports) = (Home::new(), PortBlock::lock());
            let launcher = Launch::stack(&home, &stack(&ports)).start();
            launcher.healthy();
            launcher.signal(Signal::SIGKILL);
            std::thread::sleep(Duration::from_secs(1));
            left += home.processes().into_iter().filter(|pid| *pid != launcher.pid()).count();
        }
        Figure {
            what: "the launcher killed with SIGKILL: processes left after a second, of five launches",
            measured: left.to_string(),
            limit: "0".to_owned(),
            holds: left == 0,
        }
    }

    fn rest(idle: Duration) -> [Figure; 2] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let launcher = Launch::stack(&home, &stack(&ports)).start();
        launcher.healthy();
        std::thread::sleep(Duration::from_secs(2));
        let own = launcher.own_processes();
        let cpu = || own.iter().filter_map(|pid| processes::cpu_seconds(*pid)).sum::<f64>();
        let before = cpu();
        std::thread::sleep(idle);
        let a_minute = (cpu() - before) * 60.0 / idle.as_secs_f64();
        let resident: u64 = own.iter().filter_map(|pid| processes::resident_kilobytes(*pid)).sum();
        let megabytes = resident as f64 / 1024.0;
        [
            Figure {
                what: "idle with three services: CPU time in a minute, launcher and watcher",
                measured: format!("{a_minute:.2} s"),
                limit: "0.1 s".to_owned(),
                holds: a_minute < 0.1,
            },
            Figure {
                what: "… resident memory, launcher and watcher",
                measured: format!("{megabytes:.1} MB"),
                limit: "15 MB".to_owned(),
                holds: megabytes < 15.0,
            },
        ]
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}
