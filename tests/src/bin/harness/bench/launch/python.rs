//! `skinai run -d` of `examples/python-skinai` beside its three programs, started by hand at the same time and asked
//! until they are healthy.

use std::process::Stdio;
use std::time::{Duration, Instant};

use end_to_end::{Example, Guarded, HEALTHY_WITHIN, Home, PortBlock, SOON, eventually, http, processes};
use nix::sys::signal::Signal;

use crate::bench::{Row, Times, ms, ratio};

use super::Options;

/// At most so many times the start by hand.
const PYTHON_MAX: f64 = 1.1;

/// The programs, as the stack file has them but for the backend's socket.
const PROGRAMS: [&str; 3] = [
    "uvicorn backend.main:app --port",
    "streamlit run ui/page.py --server.address 127.0.0.1 --server.port",
    "streamlit run admin/page.py --server.address 127.0.0.1 --server.port",
];
/// Where each says that it is well.
const HEALTH: [&str; 3] = ["/health", "/_stcore/health", "/_stcore/health"];

/// The launch in the background, from exec to its return.
pub fn example(options: &Options) -> Vec<Row> {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "python-skinai", "");
    // The first time compiles the sources, and brings the programs into memory.
    launched(&example);
    by_hand(&example, &ports);
    let (mut launches, mut starts) = (Times::default(), Times::default());
    for _ in 0..options.slow_rounds() {
        launches.push(launched(&example));
        starts.push(by_hand(&example, &ports));
    }
    let ratio = ratio(launches.median(), starts.median());
    let row = Row::new("FastAPI and two of Streamlit healthy, `skinai run -d`", ms(launches.median()));
    let row = row.beside(format!("{} by hand", ms(starts.median())));
    vec![row.ratio(ratio).promised("≤ 1.1", ratio <= PYTHON_MAX)]
}

fn launched(example: &Example<'_>) -> Duration {
    let mut command = example.command("skinai");
    command.args(["run", "-d"]);
    let begun = Instant::now();
    let outcome = example.home.run(&mut command);
    let took = begun.elapsed();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(example.run("skinai stop").code, Some(0));
    example.home.assert_nothing_left(SOON);
    took
}

/// On ports that no launch takes, and in a session of their own as that of a launch in the background: Linux shares the
/// processor among sessions (`sched_autogroup`).
fn by_hand(example: &Example<'_>, ports: &PortBlock) -> Duration {
    let ports = [20, 21, 22].map(|n| ports.nth(n));
    let lines: String = PROGRAMS.iter().zip(ports).map(|(line, port)| format!("{line} {port} & ")).collect();
    let mut command = example.command("setsid");
    command.args(["sh", "-c", &format!("{lines} wait")]);
    command.env("STREAMLIT_SERVER_HEADLESS", "true").env("PYTHONUNBUFFERED", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let shell = Guarded::spawn(&mut command);
    for (port, path) in ports.into_iter().zip(HEALTH) {
        let is_well = || http::get_without_trace(port, path).is_ok_and(|answer| answer.status == 200);
        eventually(HEALTHY_WITHIN, "it is healthy", is_well);
    }
    let took = begun.elapsed();
    drop(shell);
    for pid in example.home.processes() {
        processes::signal(pid, Signal::SIGKILL);
    }
    example.home.assert_nothing_left(SOON);
    took
}
