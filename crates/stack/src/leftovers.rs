//! What an instance that could not clean up left behind, found at the next start of the same name.
//!
//! The record names the launch (whose mark its processes carry) and each leader with its start time and
//! the machine's start, so that a process that has a number by chance is never touched.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::os::{self, Mark};

/// The record of a running instance.
#[derive(Debug)]
pub(crate) struct Record {
    path: PathBuf,
    launch: String,
    leaders: BTreeMap<u32, String>,
}

impl Record {
    /// Ends what an earlier launch left, and begins a record for this one. Gives back how many processes
    /// were ended.
    pub(crate) fn begin(folder: &Path, instance: &str, launch: &str) -> (Self, usize) {
        let path = folder.join(format!("{instance}.runs"));
        let ended = std::fs::read_to_string(&path).map_or(0, |text| end_leftovers(&text));
        let record = Self { path, launch: launch.to_owned(), leaders: BTreeMap::new() };
        record.write();
        (record, ended)
    }

    /// A leader was started.
    pub(crate) fn add(&mut self, pid: u32) {
        if let Ok(identity) = os::identity(pid) {
            self.leaders.insert(pid, identity);
            self.write();
        }
    }

    /// Nothing is left of a leader's run.
    pub(crate) fn remove(&mut self, pid: u32) {
        if self.leaders.remove(&pid).is_some() {
            self.write();
        }
    }

    /// The instance ended in order.
    pub(crate) fn end(&self) {
        let _ = std::fs::remove_file(&self.path);
    }

    /// A full disk is no obstacle: the mark finds all but processes that threw their environment away.
    fn write(&self) {
        let mut text = format!("launch {}\n", self.launch);
        for identity in self.leaders.values() {
            text.push_str(&format!("leader {identity}\n"));
        }
        let beside = self.path.with_extension("runs.new");
        let written = os::private_file()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        if written.is_ok() {
            let _ = std::fs::rename(&beside, &self.path);
        }
    }
}

fn end_leftovers(text: &str) -> usize {
    let mut ended = 0;
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("launch", launch))
                if launch.len() >= 16 && launch.chars().all(|c| c.is_ascii_hexdigit()) =>
            {
                ended += os::end_everything_marked(&Mark::launch(launch));
            }
            Some(("leader", identity)) => {
                let pid = identity.split(' ').next().and_then(|pid| pid.parse().ok());
                ended += usize::from(pid.is_some_and(|pid| os::kill_same_process(pid, identity)));
            }
            _ => {}
        }
    }
    ended
}
