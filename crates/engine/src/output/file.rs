//! The log file of a service. A disk that is full, or a folder that cannot be written, is said
//! once and tried again later; the file then says how many lines it lacks.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{LogLine, LogStream};

use crate::rotated_file::{self, RotatedFile};

const SIZE_MAX: u64 = 4 * 1024 * 1024;
/// `NAME.log`, then `NAME.log.1` and `NAME.log.2`.
pub(super) const OLDER: u32 = 2;
const RETRY: Duration = Duration::from_secs(10);

pub(super) struct LogFile {
    file: RotatedFile,
    trouble_since: Option<Instant>,
    /// How many lines it lacks at its end.
    missed: usize,
}

impl LogFile {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        let file = RotatedFile::new(folder.join(format!("{name}.log")), SIZE_MAX, OLDER);
        Self { file, trouble_since: None, missed: 0 }
    }

    /// Appends lines, before which so many others were dropped. Gives what to say, the first time that it does
    /// not work.
    pub(super) fn write(&mut self, lines: &[Arc<LogLine>], missed: usize) -> Option<String> {
        self.missed += missed;
        if self.trouble_since.is_some_and(|since| since.elapsed() < RETRY) {
            self.missed += lines.len();
            return None;
        }
        match self.append(lines) {
            Ok(()) => {
                (self.trouble_since, self.missed) = (None, 0);
                None
            }
            Err(error) => {
                self.missed += lines.len();
                if self.trouble_since.replace(Instant::now()).is_some() {
                    return None;
                }
                Some(rotated_file::trouble(self.file.path(), &error, "the lines are"))
            }
        }
    }

    fn append(&mut self, lines: &[Arc<LogLine>]) -> io::Result<()> {
        let mut text = String::new();
        if let (1.., Some(next)) = (self.missed, lines.first()) {
            let _ = writeln!(
                text,
                "{:.3} --- [{} lines are missing: they could not be written]",
                next.at, self.missed
            );
        }
        for line in lines {
            let _ = writeln!(text, "{:.3} {} {}", line.at, mark(line.stream), line.text);
        }
        self.file.append(&text)
    }
}

/// What stands for a stream in a file.
pub(super) fn mark(stream: LogStream) -> &'static str {
    match stream {
        LogStream::Stdout => "out",
        LogStream::Stderr => "err",
        LogStream::Launcher => "---",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Arc<LogLine> {
        let (at, stream) = (jiff::Timestamp::UNIX_EPOCH, LogStream::Stdout);
        Arc::new(LogLine { number: 1, at, stream, text: text.to_owned(), coloured: None, unfinished: false })
    }

    #[test]
    fn lines_are_stamped_and_files_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LogFile::new(folder.path(), "ui");
        assert_eq!(file.write(&[line("hello")], 0), None);
        let text = std::fs::read_to_string(folder.path().join("ui.log")).unwrap();
        assert_eq!(text, "1970-01-01T00:00:00.000Z out hello\n");
        let saved = || super::super::saved_logs(folder.path()).unwrap();
        assert_eq!(saved(), [("ui".to_owned(), vec![LogLine::clone(&line("hello"))])]);
        let long = line(&"x".repeat(1024 * 1024));
        for _ in 0..40 {
            assert_eq!(file.write(std::slice::from_ref(&long), 0), None);
        }
        let sizes: Vec<u64> =
            std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).collect();
        assert_eq!(sizes.len(), 3);
        assert!(sizes.iter().all(|size| *size <= SIZE_MAX), "{sizes:?}");
    }

    #[test]
    fn a_full_disk_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be cannot be written below, also not by root.
        std::fs::write(folder.path().join("logs"), "").unwrap();
        let mut file = LogFile::new(&folder.path().join("logs"), "ui");
        assert!(file.write(&[line("a")], 0).is_some_and(|said| said.contains("cannot write")));
        assert_eq!(file.write(&[line("b")], 0), None);
    }

    #[test]
    fn a_file_says_how_many_lines_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, mut file) = (folder.path().join("logs"), LogFile::new(&folder.path().join("logs"), "ui"));
        std::fs::write(&logs, "").unwrap();
        assert!(file.write(&[line("a"), line("b")], 3).is_some());
        std::fs::remove_file(&logs).unwrap();
        file.trouble_since = None;
        assert_eq!((file.write(&[line("c")], 1), file.write(&[line("d")], 0)), (None, None));
        let text = std::fs::read_to_string(logs.join("ui.log")).unwrap();
        let texts: Vec<&str> = text.lines().map(|line| &line[25..]).collect();
        assert_eq!(texts, ["--- [6 lines are missing: they could not be written]", "out c", "out d"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_its_place_is_refused_at_once_whether_it_is_read_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ui.log");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(LogFile::new(folder.path(), "ui").write(&[line("a")], 0).is_some());
        let _reader = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let said = LogFile::new(folder.path(), "ui").write(&[line("a")], 0).unwrap();
        assert!(said.contains("no regular file"), "{said}");
    }
}
