//! Files are read up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A stack file has no more bytes, and no file that belongs to it.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// The text of a stack file, or of one that belongs to it.
pub(crate) fn read_bounded(path: &Path) -> io::Result<String> {
    // The pipe of a shell's `<(…)` or `/dev/stdin` has no path of its own. One that has may have nobody at its other end.
    if path.canonicalize().and_then(|path| path.metadata()).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it may have at most 1 MiB"));
    }
    Ok(text)
}
