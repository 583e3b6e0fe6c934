//! What differs from system to system, behind one interface: starting a process with its socket, ending
//! it with all that it started, and keeping files private.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The variable by which the processes of a run are found again, wherever they went: its value is
/// [`Mark::run`].
pub(crate) const MARK: &str = "SKINAI_RUN";

/// Names the processes of one origin (a process that launches), of one launch, or of one run of a service.
///
/// A process carries it in the variable [`MARK`]; where it threw that away, by a number of the system's that
/// it cannot lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    text: String,
    origin: u64,
    /// A number of the origin's for one run.
    run: Option<u32>,
}

/// So many digits of a launch's name say of which origin it is.
const ORIGIN_DIGITS: usize = 16;

impl Mark {
    /// Everything that a process launches.
    #[cfg(unix)]
    pub(crate) fn origin(origin: u64) -> Self {
        Self { text: format!("{origin:016x}"), origin, run: None }
    }

    /// Every process of a launch, by the launch's random name.
    pub(crate) fn launch(launch: &str) -> Self {
        let origin = launch.get(..ORIGIN_DIGITS).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        Self { text: format!("{launch}/"), origin: origin.unwrap_or_default(), run: None }
    }

    /// Every process of one run, which is the `number`th of its service.
    pub(crate) fn run(&self, service: &str, number: u64) -> Self {
        let text = format!("{}{service}/{number};", self.text);
        Self { text, origin: self.origin, run: Some(next_run()) }
    }

    /// The variable's value, or how it begins.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// A process that is about to be started.
pub(crate) struct Launchable<'a> {
    /// An absolute path, or one relative to `cwd`.
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [OsString],
    pub(crate) environment: &'a [(OsString, OsString)],
    pub(crate) cwd: Option<&'a Path>,
    /// Handed over as descriptor 3, by the protocol of sd_listen_fds(3).
    #[cfg_attr(windows, expect(dead_code, reason = "a socket is not inherited there"))]
    pub(crate) listener: Option<&'a TcpListener>,
    /// LISTEN_FDNAMES.
    #[cfg_attr(windows, expect(dead_code, reason = "it goes with the socket"))]
    pub(crate) name: &'a str,
    /// What the process is known by.
    #[cfg_attr(windows, expect(dead_code, reason = "a job object knows its processes"))]
    pub(crate) mark: &'a Mark,
}

/// Finds a program as a shell would: a name without a slash along `path`.
pub(crate) fn find_program(name: &OsStr, path: Option<&OsStr>, cwd: Option<&Path>) -> Option<PathBuf> {
    let given = Path::new(name);
    let in_cwd = |candidate: &Path| cwd.map_or_else(|| candidate.to_owned(), |cwd| cwd.join(candidate));
    if given.components().count() > 1 || given.is_absolute() {
        // exec takes a relative path from the folder that the process is in by then.
        return is_program(&in_cwd(given))
            .then(|| std::path::absolute(in_cwd(given)).unwrap_or_else(|_| given.to_owned()));
    }
    std::env::split_paths(path?)
        .map(|folder| in_cwd(&folder).join(given))
        .find_map(|candidate| with_extension(&candidate).into_iter().find(|path| is_program(path)))
}
