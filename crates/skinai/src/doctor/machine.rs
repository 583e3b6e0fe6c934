//! What the engine needs: folders, ports, programs.

use std::net::{Ipv6Addr, TcpListener};
use std::path::Path;

use engine::LaunchOptions;
use ports::{PortRange, is_port_free};
use stackfile::Stack;
use userdirs::Dirs;

use super::finding::Finding;
use crate::arguments::StackFile;

/// So many holders are named; a full range would fill the screen.
const HOLDERS_SHOWN: usize = 5;

pub(super) fn look(arguments: &StackFile, dirs: &Dirs) -> Vec<Finding> {
    let stack = arguments.find(dirs);
    let range = stack.as_ref().map_or_else(|_| Stack::builtin(product::SKINAI).ports, |stack| stack.ports);
    let mut findings = vec![runtime_folder(dirs), data_folder(dirs), port_range(range), ipv6()];
    if cfg!(target_os = "linux") {
        findings.push(process_handles());
    }
    findings.extend([tray_program(), stack_file(stack)]);
    findings
}

/// The variable that says where a folder is; Windows has one for all of them.
fn variable_of(folder: &'static str) -> &'static str {
    if cfg!(windows) { "LOCALAPPDATA" } else { folder }
}

fn runtime_folder(dirs: &Dirs) -> Finding {
    let about = "runtime folder";
    let shown = dirs.runtime.display();
    match try_folder(&dirs.runtime) {
        Ok(()) if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() => {
            Finding::note(
                about,
                format!(
                    "{shown}, since XDG_RUNTIME_DIR is not set; log in through the desktop to have it set"
                ),
            )
        }
        Ok(()) => Finding::good(about, shown.to_string()),
        Err(error) => Finding::bad(
            about,
            format!(
                "{shown} cannot be used: {error}; make it writable for you alone, or set {}",
                variable_of("XDG_RUNTIME_DIR")
            ),
        ),
    }
}

fn data_folder(dirs: &Dirs) -> Finding {
    match try_folder(&dirs.data) {
        Ok(()) => Finding::good("data folder", dirs.data.display().to_string()),
        Err(error) => Finding::bad(
            "data folder",
            format!(
                "{} cannot be used: {error}; make it writable for you, or set {}",
                dirs.data.display(),
                variable_of("XDG_DATA_HOME")
            ),
        ),
    }
}

/// Makes the folder private and writes into it, as a launch would.
fn try_folder(folder: &Path) -> Result<(), String> {
    userdirs::private_folder(folder).map_err(|error| error.to_string())?;
    let file = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&file, b"x").and_then(|()| std::fs::remove_file(&file));
    written.map_err(|error| error.to_string())
}

fn port_range(range: PortRange) -> Finding {
    let host = std::net::Ipv4Addr::LOCALHOST.into();
    let taken: Vec<u16> = range.iter().filter(|port| !is_port_free(*port, host)).collect();
    let free = range.len() - taken.len();
    let who = |port: &u16| match ports::holder(*port) {
        Some(holder) => format!("{port} {holder}"),
        None => format!("{port} somebody"),
    };
    let mut held: Vec<String> = taken.iter().take(HOLDERS_SHOWN).map(who).collect();
    if taken.len() > HOLDERS_SHOWN {
        held.push(format!("and {} more", taken.len() - HOLDERS_SHOWN));
    }
    let text = match (free, held.is_empty()) {
        (_, true) => format!("{range}: all {free} free"),
        _ => format!("{range}: {free} free; held: {}", held.join(", ")),
    };
    if free == 0 {
        Finding::bad("port range", format!("{text}; give another range in the stack file"))
    } else {
        Finding::good("port range", text)
    }
}

fn ipv6() -> Finding {
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        Ok(_) => Finding::good("IPv6", "loopback works; ports are checked on ::1 too"),
        Err(error) => {
            Finding::note("IPv6", format!("no loopback ({error}); ports are checked on IPv4 alone"))
        }
    }
}

fn process_handles() -> Finding {
    let about = "pidfd";
    match proctree::test_process_handles() {
        Ok(()) => Finding::good(about, "processes are held by descriptors when they are ended"),
        Err(error) => Finding::note(
            about,
            format!(
                "refused ({error}); processes are told apart by number and start time; in a container, allow \
                 pidfd_open and pidfd_send_signal in its seccomp profile"
            ),
        ),
    }
}

fn tray_program() -> Finding {
    let about = "tray program";
    let name = if cfg!(windows) { "skin-ai-assistant.exe" } else { "skin-ai-assistant" };
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(name)));
    match beside {
        Some(path) if path.is_file() => {
            Finding::good(about, format!("{} finds this program beside it", path.display()))
        }
        _ => {
            Finding::note(about, format!("{name} is not beside this program; `skinai run` works without it"))
        }
    }
}

fn stack_file(stack: Result<Stack, stackfile::StackFileError>) -> Finding {
    let about = "stack file";
    let stack = match stack {
        Ok(stack) => stack,
        Err(error) => return Finding::bad(about, error.to_string().replace('\n', "; ")),
    };
    let name =
        stack.path.as_ref().map_or_else(|| "the built-in one".to_owned(), |path| path.display().to_string());
    let services = stack.services.len();
    let own = std::env::current_exe().unwrap_or_default();
    match LaunchOptions::new(product::SKINAI, stack, own).check() {
        Ok(()) => Finding::good(about, format!("{name}, {services} services, every program is there")),
        Err(error) => {
            let faults: Vec<_> = error.each().iter().map(ToString::to_string).collect();
            Finding::bad(about, format!("{name}: {}", faults.join("; ")))
        }
    }
}
