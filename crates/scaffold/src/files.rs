//! Looking at files that somebody else wrote: bounded, and no failure where they are not there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use regex::Regex;

/// No file that is looked at for what it names is longer.
const BYTES_MAX: u64 = 1 << 20;
/// How many files of a folder are looked at.
const FILES_MAX: usize = 200;

/// The text of a regular file.
pub(crate) fn read(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The entries of a folder by name, without hidden ones.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_hidden = |path: &PathBuf| name_of(path).starts_with('.');
    let mut entries: Vec<_> = read.map(|entry| entry.path()).filter(|path| !is_hidden(path)).collect();
    entries.sort();
    entries
}

/// The files of a folder with one of these endings, and what is in them.
pub(crate) fn sources(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let is_source = |path: &PathBuf| {
        path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
    };
    let files = entries(folder).into_iter().filter(is_source).take(FILES_MAX);
    files.filter_map(|path| read(&path).map(|text| (path, text))).collect()
}

/// The last part of a path.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The variables that the sources of a folder read to find a backend.
pub(crate) fn url_variables(text: &str) -> BTreeSet<String> {
    let Ok(pattern) = Regex::new(r#"["'.](\w*(?:API|BACKEND|SERVER)\w*_URL|API_URL|BACKEND_URL)\b"#) else {
        return BTreeSet::new();
    };
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// Whether a folder is what tools install and make.
pub(crate) fn is_of_tools(path: &Path) -> bool {
    let names =
        ["node_modules", "venv", "env", "dist", "build", "target", "tests", "test", "docs", "__pycache__"];
    names.contains(&name_of(path).as_str())
}
