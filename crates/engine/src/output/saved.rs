//! Log files of an instance that may have ended.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use contract::{LogLine, LogStream};

use super::file::{OLDER, numbered};

/// What the services of an instance printed, by their names, as far as its log files have it: oldest first, over the
/// rotated ones too. A line that is none is left out.
///
/// # Errors
/// If there is no such folder, or a file of it cannot be read.
pub fn saved_logs(folder: &Path) -> io::Result<Vec<(String, Vec<LogLine>)>> {
    let mut services = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // A pipe in its place would be waited for.
        if !path.is_file() || path.extension().is_none_or(|ending| ending != "log") {
            continue;
        }
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let mut lines = Vec::new();
        for file in (0..=OLDER).rev().map(|number| numbered(&path, number)).filter(|file| file.is_file()) {
            for text in BufReader::new(userdirs::open_regular(&file)?).split(b'\n') {
                let number = lines.len() as u64 + 1;
                lines.extend(parsed(&String::from_utf8_lossy(&text?), number));
            }
        }
        services.push((name.to_owned(), lines));
    }
    services.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(services)
}

fn parsed(text: &str, number: u64) -> Option<LogLine> {
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
    Some(LogLine { number, at: at.parse().ok()?, stream, text, coloured: None, unfinished: false })
}
