//! `packages deb FILE` and `packages rpm FILE`: a package as a person installs it.
//!
//! The .deb is really installed, which changes the whole machine: two runs never overlap, and what was
//! installed is purged however the run ends. To that end the work is done by a second process, and the
//! first, which nothing but SIGKILL ends, cleans up after it. What a killed one left, the next replaces: the
//! version of such a package says that it is the tests'. A package of somebody's own is never touched.

#[cfg(target_os = "linux")]
mod deb;
#[cfg(target_os = "linux")]
mod desktop_file;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod rpm;
#[cfg(target_os = "linux")]
mod session;

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    // The other systems' packages are not tried.
    std::process::ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "a program of the tests")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let passed = match words[..] {
        ["deb", file] => machine::guarded(&["deb-itself", file]),
        ["rpm", file] => machine::guarded(&["rpm-itself", file]),
        ["deb-itself", file] => passes(|| deb::try_it(file.as_ref())),
        ["rpm-itself", file] => passes(|| rpm::try_it(file.as_ref())),
        _ => {
            eprintln!("usage: packages deb|rpm FILE");
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What failed has been told by its panic.
#[cfg(target_os = "linux")]
fn passes(work: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    machine::heed_signals();
    std::panic::catch_unwind(work).is_ok()
}

/// Tells what is done now, and that what was told before has passed.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "a program of the tests")]
fn step(what: &str) {
    println!("packages: {what}");
}
