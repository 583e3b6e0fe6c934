//! Where things stand in the repository and in the build folder.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The repository, which may have been moved since this program was built: cargo says where it is now.
pub fn root() -> &'static Path {
    static OWN: LazyLock<PathBuf> = LazyLock::new(|| {
        let now = std::env::var_os("CARGO_MANIFEST_DIR");
        now.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
    });
    OWN.parent().unwrap_or(Path::new("."))
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
