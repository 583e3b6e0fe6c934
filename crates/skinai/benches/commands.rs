//! How long the commands take for a stack of three programs as they are found on each system, beside a start of the same
//! programs by hand. It needs the program `fixture` beside `skinai`: `cargo build -p fixture`.

#![expect(clippy::print_stdout, reason = "what was measured is printed")]

#[path = "../tests/systems/foreign_stack.rs"]
mod foreign_stack;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/systems/place.rs"]
mod place;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/systems/ports.rs"]
mod ports;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use place::{Place, SOON, eventually, get};

const ROUNDS: usize = 10;
const COMMANDS: [&[&str]; 4] = [&["run", "-d"], &["restart"], &["reallocate"], &["stop"]];

fn main() {
    let mut by_hand = Vec::new();
    let mut commands = COMMANDS.map(|_| Vec::new());
    // One more to warm up.
    for round in 0..=ROUNDS {
        let place = foreign_stack::stack();
        let bare = started_by_hand(&place);
        // Each of these returns when all of it is healthy, or has ended.
        let taken = COMMANDS.map(|words| time(|| run(&place, words)));
        place.nothing_is_left();
        if round > 0 {
            by_hand.push(bare);
            commands.iter_mut().zip(taken).for_each(|(all, one)| all.push(one));
        }
    }
    let bare = report("the three by hand", &mut by_hand, None);
    for (words, all) in COMMANDS.iter().zip(&mut commands) {
        report(&format!("skinai {}", words.join(" ")), all, Some(bare));
    }
}

/// How long it takes until all three answer, one started after the other.
fn started_by_hand(place: &Place) -> Duration {
    let ports: Vec<u16> = place.ports.all().take(3).collect();
    let mut children = Vec::new();
    let taken = time(|| {
        let script = place.stack().join(foreign_stack::SCRIPT);
        for (program, port) in [script, place.fixture(), place.fixture()].iter().zip(&ports) {
            let mut command = Command::new(program);
            command.env("PORT", port.to_string()).stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            children.push(command.spawn().expect("it can be started"));
        }
        for port in &ports {
            let end = Instant::now() + SOON;
            while get(*port, "/health").is_none() {
                assert!(Instant::now() < end, "it does not answer");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    });
    for (mut child, port) in children.into_iter().zip(&ports) {
        // The script cannot be killed with what it has started.
        let _ = get(*port, "/exit?0");
        child.wait().expect("a child can be waited for");
    }
    eventually("they have ended", || !place.fixture_runs());
    taken
}

/// Waits for it without the pauses in which the tests look.
fn run(place: &Place, words: &[&str]) {
    let mut command = place.command(words);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "skinai {words:?} failed");
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Prints the median and the longest, and the median as a multiple of `bare`; returns the median.
fn report(what: &str, all: &mut [Duration], bare: Option<Duration>) -> Duration {
    all.sort_unstable();
    let (median, longest) = (all[all.len() / 2], all[all.len() - 1]);
    let [median_ms, longest_ms] = [median, longest].map(|it| it.as_secs_f64() * 1000.0);
    let ratio = bare.map(|bare| format!(", {:.2} times by hand", median.as_secs_f64() / bare.as_secs_f64()));
    println!(
        "{what:<20} median {median_ms:4.0} ms, longest {longest_ms:4.0} ms{}",
        ratio.unwrap_or_default()
    );
    median
}
