//! Log files, whether their instance runs or has ended: from their first line on, and from the last one back.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use contract::{LogLine, LogStream};

use super::file::OLDER;
use crate::rotated_file::numbered;

/// How much is read at once from the end of a file.
const BLOCK: u64 = 64 * 1024;

/// What the services of an instance printed, by their names, as far as its log files have it: oldest first, over the
/// rotated ones too. A line that is none is left out.
///
/// # Errors
/// If there is no such folder, or a file of it cannot be read.
pub fn saved_logs(folder: &Path) -> io::Result<Vec<(String, Vec<LogLine>)>> {
    let mut services = Vec::new();
    for name in saved_services(folder)? {
        let mut lines = Vec::new();
        for line in forwards(folder, &name)? {
            lines.push(LogLine { number: lines.len() as u64 + 1, ..line? });
        }
        services.push((name, lines));
    }
    Ok(services)
}

/// The names of the services that have log files in a folder, sorted.
///
/// # Errors
/// If there is no such folder, or it cannot be read.
pub fn saved_services(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // A pipe in its place would be waited for.
        if path.is_file() && path.extension().is_some_and(|ending| ending == "log") {
            names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

/// What the files of a service have, oldest first. A line that is none is left out.
pub(super) fn forwards(
    folder: &Path,
    service: &str,
) -> io::Result<impl Iterator<Item = io::Result<LogLine>> + use<>> {
    let files = files(folder, service)?.into_iter().rev();
    let texts = files.flat_map(|file| BufReader::new(file).split(b'\n'));
    Ok(texts.filter_map(|text| text.map(|text| parsed(&text)).transpose()))
}

/// The same, newest first.
pub(super) fn backwards(
    folder: &Path,
    service: &str,
) -> io::Result<impl Iterator<Item = io::Result<LogLine>> + use<>> {
    let mut texts = Vec::new();
    for file in files(folder, service)? {
        texts.push(Backwards::new(file)?);
    }
    Ok(texts.into_iter().flatten().filter_map(|text| text.map(|text| parsed(&text)).transpose()))
}

/// Those that there are, the newest first. They are opened together: each may get another name at any time.
fn files(folder: &Path, service: &str) -> io::Result<Vec<File>> {
    let path: PathBuf = folder.join(format!("{service}.log"));
    let mut files = Vec::new();
    for number in 0..=OLDER {
        match userdirs::open_regular(&numbered(&path, number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => files.push(file?),
        }
    }
    Ok(files)
}

fn parsed(text: &[u8]) -> Option<LogLine> {
    let text = String::from_utf8_lossy(text);
    let (at, rest) = text.split_once(' ')?;
    let (stream, text) = rest.split_once(' ')?;
    let stream = match stream {
        "out" => LogStream::Stdout,
        "err" => LogStream::Stderr,
        "---" => LogStream::Launcher,
        _ => return None,
    };
    // It was plain when it was written; the file may have been changed since.
    let text = contract::plain(text).into_owned();
    Some(LogLine { number: 0, at: at.parse().ok()?, stream, text, coloured: None, unfinished: false })
}

/// The lines of a file from its end to its begin.
struct Backwards {
    file: File,
    /// Where that begins which was read.
    begin: u64,
    /// What was read and not given.
    read: Vec<u8>,
}

impl Backwards {
    fn new(mut file: File) -> io::Result<Self> {
        Ok(Self { begin: file.seek(SeekFrom::End(0))?, file, read: Vec::new() })
    }

    fn read_more(&mut self) -> io::Result<()> {
        let length = self.begin.min(BLOCK);
        self.begin -= length;
        self.file.seek(SeekFrom::Start(self.begin))?;
        let mut block = Vec::new();
        Read::by_ref(&mut self.file).take(length).read_to_end(&mut block)?;
        block.append(&mut self.read);
        self.read = block;
        Ok(())
    }
}

impl Iterator for Backwards {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(end) = self.read.iter().rposition(|byte| *byte == b'\n') {
                let line = self.read.split_off(end + 1);
                self.read.pop();
                return Some(Ok(line));
            }
            if self.begin == 0 {
                let first = std::mem::take(&mut self.read);
                return (!first.is_empty()).then_some(Ok(first));
            }
            if let Err(error) = self.read_more() {
                (self.begin, self.read) = (0, Vec::new());
                return Some(Err(error));
            }
        }
    }
}
