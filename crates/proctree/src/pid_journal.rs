//! The PID journal: finds at the next start what an instance that could not clean up left behind.
//!
//! It names the launch (whose marker its processes carry) and each leader with its start time and
//! the machine's start, so that a process that has a number by chance is never touched.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::LaunchMarker;
use crate::os;

/// The journal of a running instance.
#[derive(Debug)]
pub struct PidJournal {
    path: PathBuf,
    launch: String,
    leaders: BTreeMap<u32, String>,
    /// Open at its end, unless it could not be written.
    file: Option<File>,
    lines: usize,
}

/// Lines of leaders that are gone, which do no harm, before the journal is written anew.
const STALE_LINES_MAX: usize = 256;

impl PidJournal {
    /// Kills what an earlier launch of that name left, and begins a journal for this one in `folder`, which is
    /// written with its first leader. Returns how many processes were killed.
    pub fn begin(folder: &Path, instance: &str, launch: &str) -> (Self, usize) {
        let path = folder.join(format!("{instance}.runs"));
        let ended = userdirs::open_regular(&path)
            .and_then(io::read_to_string)
            .map_or(0, |text| kill_survivors(&text));
        let launch = launch.to_owned();
        (Self { path, launch, leaders: BTreeMap::new(), file: None, lines: 0 }, ended)
    }

    /// Records a leader that was started.
    pub fn add(&mut self, pid: u32) {
        let Ok(identity) = os::identity(pid) else { return };
        let line = leader_line(&identity);
        self.leaders.insert(pid, identity);
        if self.lines > self.leaders.len() + STALE_LINES_MAX {
            self.write();
            return;
        }
        // Replacing the file would make each start wait for the disk: ext4 flushes a replaced file.
        let is_there = self.path.exists();
        let added =
            self.file.as_mut().is_some_and(|file| is_there && file.write_all(line.as_bytes()).is_ok());
        if added {
            self.lines += 1;
        } else {
            self.write();
        }
    }

    /// A leader's run is over. Its line may stay: it matches no process.
    pub fn remove(&mut self, pid: u32) {
        self.leaders.remove(&pid);
    }

    /// Removes the journal: the instance ended in order.
    pub fn end(&self) {
        let _ = std::fs::remove_file(&self.path);
    }

    /// A full disk is no obstacle: the marker finds all but processes that threw their environment away.
    fn write(&mut self) {
        let mut text = format!("launch {}\n", self.launch);
        for identity in self.leaders.values() {
            text.push_str(&leader_line(identity));
        }
        self.file = self.replace(&text).ok();
        self.lines = self.leaders.len();
    }

    /// Puts a whole new file in the journal's place, and keeps it open.
    fn replace(&self, text: &str) -> io::Result<File> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".runs-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        Ok(file.persist(&self.path)?)
    }
}

fn leader_line(identity: &str) -> String {
    format!("leader {identity}\n")
}

fn kill_survivors(text: &str) -> usize {
    let mut ended = 0;
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("launch", launch))
                if launch.len() >= 16 && launch.chars().all(|c| c.is_ascii_hexdigit()) =>
            {
                ended += os::kill_marked(&LaunchMarker::launch(launch));
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

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};
    use std::time::{Duration, Instant};

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    /// The name of a launch that nobody else has.
    fn random_name() -> String {
        use std::hash::{BuildHasher, Hasher, RandomState};
        let number = || RandomState::new().build_hasher().finish();
        format!("{:016x}{:016x}", number(), number())
    }

    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").spawn().unwrap()
    }

    /// A process that can be seen to carry the marker: when its start is over for us, the system may not have
    /// laid out its environment yet.
    fn marked_sleeper(marker: &str) -> Child {
        let child = Command::new("sleep").arg("1000").env(crate::MARKER_VARIABLE, marker).spawn().unwrap();
        let (variable, end) = (format!("{}={marker}", crate::MARKER_VARIABLE), Instant::now() + SOON);
        let is_seen = || {
            let environment = std::fs::read(format!("/proc/{}/environ", child.id())).unwrap();
            environment.split(|byte| *byte == 0).any(|line| line == variable.as_bytes())
        };
        while !is_seen() {
            assert!(Instant::now() < end, "not within {SOON:?}: {variable}");
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    }

    fn begin_over(text: &str) -> usize {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("default.runs"), text).unwrap();
        let (journal, ended) = PidJournal::begin(folder.path(), "default", &random_name());
        journal.end();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        ended
    }

    #[test]
    fn a_pipe_in_its_place_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&folder.path().join("default.runs"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(PidJournal::begin(folder.path(), "default", &random_name()).1, 0);
    }

    /// Ends a process; `false` if it was being ended before: of two signals the first is what it ends by.
    fn was_left_alone(child: &mut Child) -> bool {
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
        child.wait().unwrap().signal() == Some(Signal::SIGTERM as i32)
    }

    #[test]
    fn the_recorded_process_is_ended_and_one_with_its_number_alone_is_not() {
        let (mut same, mut other) = (sleeper(), sleeper());
        let identity = os::identity(same.id()).unwrap();
        let (_, start_and_boot) = identity.split_once(' ').unwrap();
        let (start, boot) = start_and_boot.split_once(' ').unwrap();
        let earlier = start.parse::<u64>().unwrap() - 1;
        let pid = other.id();
        for foreign in [
            format!("{pid} {earlier} {boot}"),
            format!("{pid} {start} 00000000-0000-0000-0000-000000000000"),
            format!("{pid}"),
            format!("{pid} {start}"),
            "1".to_owned(),
            "0 0 0".to_owned(),
            "-1 0 x".to_owned(),
            "99999999999999999999 1 x".to_owned(),
        ] {
            assert_eq!(begin_over(&format!("leader {foreign}\n")), 0, "{foreign}");
        }
        assert_eq!(begin_over(&format!("leader {identity}\n")), 1);
        assert!(!same.wait().unwrap().success());
        assert!(was_left_alone(&mut other));
    }

    #[test]
    fn the_journal_names_every_living_leader_and_stays_short() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = PidJournal::begin(folder.path(), "default", &random_name());
        let (mut first, mut second) = (sleeper(), sleeper());
        for _ in 0..2 * STALE_LINES_MAX {
            journal.add(first.id());
        }
        journal.remove(first.id());
        journal.add(second.id());
        let text = std::fs::read_to_string(folder.path().join("default.runs")).unwrap();
        assert!(text.lines().count() <= STALE_LINES_MAX + 3, "{} lines", text.lines().count());
        assert!(text.contains(&leader_line(&os::identity(second.id()).unwrap())));
        for child in [&mut first, &mut second] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn every_process_of_the_recorded_launch_is_ended_and_none_of_another() {
        let (launch, stranger) = (random_name(), random_name());
        let mut ours = marked_sleeper(&format!("{launch}/ui/3;"));
        let mut theirs = marked_sleeper(&format!("{stranger}/ui/3;"));
        assert_eq!(begin_over(&format!("launch {launch}\n")), 1);
        assert!(!ours.wait().unwrap().success());
        assert!(was_left_alone(&mut theirs));
    }

    #[test]
    fn a_journal_full_of_rubbish_ends_nobody() {
        for text in [
            "",
            "launch \n",
            "launch /\n",
            "launch zz\n",
            "launch 0123\n",
            "\u{0}\u{1}\n",
            "leader\nlaunch\n",
        ] {
            assert_eq!(begin_over(text), 0, "{text:?}");
        }
    }
}
