//! The parts of the benchmark, one after the other, in one desktop session.

use end_to_end::{Desktop, Home, PortBlock};

use crate::bench::{self, Rounds};

use super::{Options, idle, launch, memory};

/// The parts of the benchmark.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Part {
    /// From exec to the icon in the tray, and to every service healthy
    Launch,
    /// What the tray alone holds in memory
    Memory,
    /// Nothing to do, with the panel closed, open, and closed again
    Idle,
}

impl bench::Part for Part {
    const ROUNDS: Rounds = 15;
}

/// Measures; whether every promise is kept.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]
#[tokio::main(flavor = "current_thread")]
pub async fn run(options: &Options) -> bool {
    println!("{}", bench::machine());
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    let mut rows = Vec::new();
    for (part, name) in options.parts() {
        eprintln!("bench desktop: {name}");
        rows.extend(match part {
            Part::Launch => launch::by_turns(&desktop, options).await,
            Part::Memory => memory::of_the_tray_alone(&desktop, options).await,
            Part::Idle => {
                let mut rows = idle::closed_open_and_closed_again(&desktop, options).await;
                rows.extend(idle::opened_at_launch(&desktop, options).await);
                rows
            }
        });
    }
    bench::finish(&rows)
}
