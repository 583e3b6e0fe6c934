//! `cargo xtask bench desktop [--rounds N] [--quick] [--only WHAT]`: what the tray application costs, beside
//! the smallest tray application that Tauri makes, in the same run and the same desktop session.
//!
//! The session is the tests' own (D-Bus, X server, window manager, panel), the services are the real ones.
//! Of memory and of CPU time only what the launcher itself has counts: its processes, and with the panel
//! open those of the webview; the services have lines of their own. Figures are medians unless they say
//! otherwise. Memory is counted as the kernel's proportional set size: what processes share, libraries
//! first of all, is divided among those that share it, and so counted once.

#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod subject;

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    // Its figures are read from /proc.
    std::process::ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    use end_to_end::bench::{self, Part as _};
    use end_to_end::{Desktop, Home, PortBlock};
    use options::{Options, ROUNDS, USAGE, What};

    let options = match Options::from_args(ROUNDS, std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("bench desktop: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("{}", bench::machine());
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    let mut rows = Vec::new();
    for what in options.parts() {
        eprintln!("bench desktop: {}", what.name());
        rows.extend(match what {
            What::Launch => launch::by_turns(&desktop, &options).await,
            What::Memory => memory::of_the_tray_alone(&desktop, &options).await,
            What::Idle => {
                let mut rows = idle::closed_open_and_closed_again(&desktop, &options).await;
                rows.extend(idle::opened_at_launch(&desktop, &options).await);
                rows
            }
        });
    }
    println!("{}\n{}", bench::table(&rows), bench::machine());
    if rows.iter().any(bench::Row::is_over) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
