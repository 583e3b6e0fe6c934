//! The file of what happened: an object a line, oldest first.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use contract::{Happening, Language};

use crate::rotated_file::{RotatedFile, numbered, trouble};

/// How many are kept.
pub(super) const HAPPENINGS_MAX: usize = 1000;
/// No log of a service ends like this.
const NAME: &str = "events.jsonl";
/// Of each of the two.
const SIZE_MAX: u64 = 512 * 1024;
/// `events.jsonl`, then `events.jsonl.1`.
const OLDER: u32 = 1;

/// What happened to an instance, as far as the file in its log folder has it: oldest first. A line that is none is left
/// out, and so is a file that somebody else can have written.
pub fn saved_happenings(folder: &Path) -> Vec<Happening> {
    let mut saved = Vec::new();
    for number in (0..=OLDER).rev() {
        let path = numbered(&folder.join(NAME), number);
        if userdirs::trust::found(&path).is_ok() {
            // What cannot be read is not known.
            let _ = read(&path, &mut saved);
        }
    }
    saved.drain(..saved.len().saturating_sub(HAPPENINGS_MAX));
    for happening in &mut saved {
        happening.text = happening.said(Language::English);
    }
    saved
}

fn read(path: &Path, saved: &mut Vec<Happening>) -> io::Result<()> {
    for line in BufReader::new(userdirs::open_regular(path)?.take(2 * SIZE_MAX)).split(b'\n') {
        saved.extend(serde_json::from_slice::<Happening>(&line?));
    }
    Ok(())
}

/// Where what happens is appended.
pub(super) struct EventFile {
    file: RotatedFile,
    is_begun: bool,
}

impl EventFile {
    pub(super) fn new(folder: &Path) -> Self {
        let path = folder.join(NAME);
        // What somebody else can have written is not gone on with.
        if path.exists() && userdirs::trust::found(folder).is_ok() && userdirs::trust::found(&path).is_err() {
            let _ = std::fs::remove_file(&path);
        }
        Self { file: RotatedFile::new(path, SIZE_MAX, OLDER), is_begun: false }
    }

    pub(super) fn write(&mut self, happenings: &[Arc<Happening>]) {
        let mut text = String::new();
        for happening in happenings {
            // The last launch may have been killed within a line.
            if !std::mem::replace(&mut self.is_begun, true) {
                text.push('\n');
            }
            // These types are made of texts and numbers; they always serialize.
            text.push_str(&serde_json::to_string(happening).unwrap_or_default());
            text.push('\n');
        }
        if let Err(error) = self.file.append(&text) {
            trouble(self.file.path(), &error, "what happens is");
        }
    }
}
