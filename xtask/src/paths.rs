//! Where things stand in the repository and in the build folder.

use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The build folder: `CARGO_TARGET_DIR`, else `target`.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Where tools are kept that the system lacks.
pub fn tools() -> PathBuf {
    target().join("tools")
}

/// The pages' folder.
pub fn ui() -> PathBuf {
    root().join("ui")
}
