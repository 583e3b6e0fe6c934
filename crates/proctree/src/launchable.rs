//! A process that is about to be started.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;

use crate::LaunchMarker;

/// A process that is about to be started.
pub struct Launchable<'a> {
    /// An absolute path, or one relative to `cwd`.
    pub program: &'a Path,
    /// What follows the program's name.
    pub arguments: &'a [OsString],
    /// Its whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// The folder that it runs in; `None` for the launcher's own.
    pub cwd: Option<&'a Path>,
    /// Handed over as descriptors from 3 on, by the protocol of sd_listen_fds(3), with the names that LISTEN_FDNAMES
    /// says of them. On Windows its processes ask for them, in the same order, as the crate `listenfd` does.
    pub listeners: &'a [(&'a str, &'a TcpListener)],
    /// What the process and its descendants are known by. On Windows their job object knows them.
    pub marker: &'a LaunchMarker,
}
