//! A file that begins anew when it has become large.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;

/// What is appended to stands in `PATH`, what was there before in `PATH.1`, and so on.
pub(crate) struct RotatedFile {
    path: PathBuf,
    size_max: u64,
    /// How many older ones are kept.
    older: u32,
    open: Option<(File, u64)>,
}

impl RotatedFile {
    pub(crate) fn new(path: PathBuf, size_max: u64, older: u32) -> Self {
        Self { path, size_max, older, open: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a text. Where that does not work, the file is opened anew the next time.
    pub(crate) fn append(&mut self, text: &str) -> io::Result<()> {
        let written = self.write(text);
        if written.is_err() {
            self.open = None;
        }
        written
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|(_, size)| size + text.len() as u64 > self.size_max) {
            self.open = None;
            for number in (0..self.older).rev() {
                // What cannot be renamed is appended to; nothing is lost by it.
                let _ = std::fs::rename(numbered(&self.path, number), numbered(&self.path, number + 1));
            }
        }
        let (file, size) = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(open(&self.path)?),
        };
        file.write_all(text.as_bytes())?;
        *size += text.len() as u64;
        Ok(())
    }
}

/// What to say of a file that cannot be written, and of what is `kept` in memory alone; the first time in this process
/// it is logged. What is wrong with one file is wrong with those of a hundred services.
pub(crate) fn trouble(path: &Path, error: &io::Error, kept: &str) -> String {
    static IS_LOGGED: Once = Once::new();
    let path = path.display();
    let trouble =
        contract::without_codes(&format!("cannot write {path}: {error}; {kept} kept in memory alone"));
    IS_LOGGED.call_once(|| tracing::warn!("{trouble}"));
    trouble
}

/// The file itself, or the one that it was rotated to so many times.
pub(crate) fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        userdirs::private_folder(folder)?;
    }
    let file = userdirs::private_file().append(true).create(true).open(path)?;
    let metadata = file.metadata()?;
    // A pipe has no end to what can be written, and a reader of its own.
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok((file, metadata.len()))
}
