//! The newest of what happened, in memory, on its way to the file and to those who follow.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::{Cause, Happening, Language};
use tokio::sync::broadcast;
use writing::Backlog;

use super::file::{EventFile, HAPPENINGS_MAX, saved_happenings};

/// How many a slow reader may be behind before it misses some.
const BEHIND_MAX: usize = 256;
/// How many may wait to be written. Of more, the file lacks some.
const UNWRITTEN_MAX: usize = 4 * HAPPENINGS_MAX;
/// How long the last ones may take to be written.
const LAST_WITHIN: Duration = Duration::from_secs(1);

/// What happened to an instance, over its launches.
pub(crate) struct Happenings {
    newest: Mutex<VecDeque<Arc<Happening>>>,
    stream: broadcast::Sender<Arc<Happening>>,
    file: Backlog<Arc<Happening>>,
}

impl Happenings {
    /// The list that goes on with what the file in this folder has.
    ///
    /// # Errors
    /// If the thread that writes the file cannot be started.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let newest = saved_happenings(folder).into_iter().map(Arc::new).collect();
        let mut file = EventFile::new(folder);
        let write = move |happenings: Vec<Arc<Happening>>| file.write(&happenings);
        let file = Backlog::start("events", UNWRITTEN_MAX, write)?;
        Ok(Self { newest: Mutex::new(newest), stream: broadcast::Sender::new(BEHIND_MAX), file })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Happening>>> {
        // Nothing panics while it is held.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what has happened.
    pub(crate) fn tell(&self, mut happening: Happening) {
        let mut newest = self.lock();
        happening.number = newest.back().map_or(1, |last| last.number.saturating_add(1));
        happening.cause = happening.cause.map(without_commands);
        if let Some(holder) = &mut happening.holder {
            holder.command = None;
        }
        happening.text = happening.said(Language::English);
        let happening = Arc::new(happening);
        newest.push_back(Arc::clone(&happening));
        if newest.len() > HAPPENINGS_MAX {
            newest.pop_front();
        }
        self.file.put(Arc::clone(&happening), 1);
        // Nobody may be listening.
        let _ = self.stream.send(happening);
    }

    /// The newest, oldest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<Happening> {
        let newest = self.lock();
        newest.iter().skip(newest.len().saturating_sub(count)).map(|it| Happening::clone(it)).collect()
    }

    /// What happens from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<Happening>> {
        self.stream.subscribe()
    }

    /// Waits a moment for the last to be written. Returns whether it is.
    pub(crate) fn is_written(&self) -> bool {
        self.file.written(LAST_WITHIN)
    }
}

/// What stands in the command line of a process may be secret, and the list is kept.
fn without_commands(cause: Cause) -> Cause {
    fn remove(json: &mut serde_json::Value) {
        if let Some(fields) = json.as_object_mut() {
            fields.remove("command");
            fields.values_mut().for_each(remove);
        }
    }
    let mut json = serde_json::json!(cause);
    remove(&mut json);
    serde_json::from_value(json).unwrap_or(cause)
}

#[cfg(test)]
mod tests {
    use contract::{HappeningKind, Holder};

    use super::*;

    fn numbers(happenings: &[Happening]) -> Vec<u64> {
        happenings.iter().map(|happening| happening.number).collect()
    }

    #[test]
    fn the_list_is_gone_on_with_and_what_is_no_happening_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for launch in 0..3 {
            let list = Happenings::open(folder.path()).unwrap();
            assert_eq!(list.newest(100).len(), launch * 2);
            list.tell(Happening::now(HappeningKind::Launched));
            list.tell(Happening::now(HappeningKind::Stopped));
            assert!(list.is_written());
            drop(list);
            let path = folder.path().join("events.jsonl");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text + "\u{0}rubbish\n{}\n[1]\n{\"number\":7,\"at\":\"2026").unwrap();
        }
        let saved = saved_happenings(folder.path());
        assert_eq!(numbers(&saved), [1, 2, 3, 4, 5, 6]);
        assert_eq!(saved[5].text, "The stack was stopped");
    }

    #[test]
    fn what_happens_thousands_of_times_is_bounded_in_memory_and_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let list = Happenings::open(folder.path()).unwrap();
        for _ in 0..20 {
            for _ in 0..1000 {
                let label = Some("x".repeat(100));
                list.tell(Happening { label, ..Happening::now(HappeningKind::Healthy) });
            }
            assert!(list.is_written());
        }
        assert_eq!(numbers(&list.newest(usize::MAX)), (19_001..=20_000).collect::<Vec<_>>());
        assert_eq!(numbers(&list.newest(2)), [19_999, 20_000]);
        drop(list);
        let files =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
        let sizes: Vec<u64> = files.collect();
        assert!(sizes.len() == 2 && sizes.iter().all(|size| *size <= 512 * 1024), "{sizes:?}");
        let saved = saved_happenings(folder.path());
        assert_eq!((saved.len(), saved.last().unwrap().number), (1000, 20_000));
    }

    #[test]
    fn no_command_line_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let list = Happenings::open(folder.path()).unwrap();
        let holder = Holder { name: Some("node".to_owned()), pid: Some(7), ..Holder::UNKNOWN };
        let talkative = Holder { command: Some("node --key hush".to_owned()), ..holder.clone() };
        let cause = |holder| {
            let because = Box::new(Cause::AnsweredByOther { port: 8000, holder: Box::new(holder) });
            Some(Cause::Unresponsive { count: 3, because })
        };
        let unhealthy = Happening::now(HappeningKind::Unhealthy);
        list.tell(Happening { cause: cause(talkative.clone()), holder: Some(talkative), ..unhealthy });
        let kept = list.newest(1).remove(0);
        assert_eq!((kept.cause, kept.holder), (cause(holder.clone()), Some(holder)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_somebody_else_can_write_is_not_believed_and_not_gone_on_with() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let list = Happenings::open(folder.path()).unwrap();
        list.tell(Happening::now(HappeningKind::Launched));
        assert!(list.is_written());
        drop(list);
        assert_eq!(saved_happenings(folder.path()).len(), 1);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(saved_happenings(folder.path()), []);
        let list = Happenings::open(folder.path()).unwrap();
        list.tell(Happening::now(HappeningKind::Stopped));
        assert!(list.is_written());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(numbers(&saved_happenings(folder.path())), [1]);
    }

    #[test]
    fn who_follows_is_told_and_a_folder_that_cannot_be_written_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be cannot be written below, also not by root.
        std::fs::write(folder.path().join("logs"), "").unwrap();
        let list = Happenings::open(&folder.path().join("logs")).unwrap();
        let mut following = list.follow();
        list.tell(Happening::now(HappeningKind::Settings));
        assert!(list.is_written());
        assert_eq!(following.try_recv().unwrap().text, "New settings were applied");
        assert_eq!(list.newest(5).len(), 1);
    }
}
