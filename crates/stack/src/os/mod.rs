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

/// The variable that a desktop program's other children carry (browsers, a further instance): they are not
/// its services, and outlive it.
pub(crate) const BESIDE: &str = "SKINAI_BESIDE";

/// Names the processes of one launch, of one of its services, or of one run of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark(String);

impl Mark {
    /// Every process of a launch; `launch` is a random name of its own.
    pub(crate) fn launch(launch: &str) -> Self {
        Self(format!("{launch}/"))
    }

    /// Every process of one run.
    pub(crate) fn run(&self, service: &str, run: u64) -> Self {
        Self(format!("{}{service}/{run};", self.0))
    }

    /// The variable's value, or how it begins.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
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
