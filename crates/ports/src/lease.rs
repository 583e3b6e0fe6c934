//! Leases: which ports are spoken for by an instance of this user, whether bound at this moment or not.
//!
//! One lock file in the user's runtime folder, one locked byte per port, at the offset of the port's
//! number. The system gives a lock up when its holder ends, however it ends, so that no stale lease
//! can be left behind and nothing has to be cleaned up.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::os;

/// The leases of this instance, against the other ones of the same user. Clones share them.
#[derive(Debug, Clone)]
pub struct Leases(Arc<Mutex<Held>>);

/// Why leases are not kept across processes. Ports can be reserved all the same; what is lost is the
/// protection from other instances during a hand-off by number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("ports are not leased across instances: {reason}")]
pub struct LeaseWarning {
    reason: String,
}

/// A leased port. Given up when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    leases: Leases,
    port: u16,
}

#[derive(Debug)]
struct Held {
    file: Option<File>,
    // Locks of one open file do not conflict with each other.
    ours: HashSet<u16>,
}

impl Leases {
    /// The leases kept in `folder`, which is made (private to the user) if it does not exist. Every
    /// call gives leases of their own, which conflict with all others on that folder, also within
    /// one process.
    ///
    /// Where the folder cannot be used or trusted (read-only, full, another user's, the file a
    /// symbolic link), there is a warning, and the leases hold within themselves only.
    pub fn open(folder: &Path) -> (Self, Option<LeaseWarning>) {
        match os::open_lock_file(folder) {
            Ok(file) => (Self::with(Some(file)), None),
            Err(reason) => (Self::none(), Some(LeaseWarning { reason })),
        }
    }

    /// Leases that hold within themselves only.
    pub fn none() -> Self {
        Self::with(None)
    }

    /// Leases `port`; `None` if it is leased already, here or by another instance.
    pub(crate) fn lease(&self, port: u16) -> Option<Lease> {
        let mut held = self.held();
        if held.ours.contains(&port) {
            return None;
        }
        if let Some(file) = &held.file {
            // A file that cannot be locked at all (some network file systems) is like none.
            if !os::try_lock(file, port).unwrap_or(true) {
                return None;
            }
        }
        held.ours.insert(port);
        Some(Lease { leases: self.clone(), port })
    }

    /// Keeps them anew in `folder`, from which the file was removed. What another instance has leased there
    /// meanwhile is left to it.
    pub fn restore(&self, folder: &Path) {
        let Ok(file) = os::open_lock_file(folder) else { return };
        let mut held = self.held();
        for port in &held.ours {
            let _ = os::try_lock(&file, *port);
        }
        held.file = Some(file);
    }

    fn with(file: Option<File>) -> Self {
        Self(Arc::new(Mutex::new(Held { file, ours: HashSet::new() })))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.leases.held();
        if let Some(file) = &held.file {
            os::unlock(file, self.port);
        }
        held.ours.remove(&self.port);
    }
}
