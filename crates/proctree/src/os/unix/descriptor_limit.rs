//! How many files the launcher may open.

use std::sync::OnceLock;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

static ORIGINAL: OnceLock<(rlim_t, rlim_t)> = OnceLock::new();

/// Lets the launcher open as many files as a hundred services need; their own limit stays as it was.
pub fn raise_descriptor_limit() {
    const WANTED: rlim_t = 65_536;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let _ = ORIGINAL.set((soft, hard));
    // Where it is refused, the usual limit has to do.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.min(WANTED).max(soft), hard);
}

/// The limits (soft, hard) that services are started with, if they are not the launcher's own.
pub(super) fn original_limit() -> Option<(rlim_t, rlim_t)> {
    ORIGINAL.get().copied()
}
