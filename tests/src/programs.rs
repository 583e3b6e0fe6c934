//! Where the built programs are.

use std::path::PathBuf;

/// The programs under test, from the same build as the test itself.
pub struct Programs;

impl Programs {
    /// The `skinai` program.
    pub fn skinai() -> PathBuf {
        find("skinai")
    }

    /// The tray application.
    pub fn app() -> PathBuf {
        find("skin-ai-assistant")
    }

    /// The smallest tray application that Tauri makes.
    pub fn empty_tray() -> PathBuf {
        find("empty-tray")
    }

    /// Goes on as a program to which the system refuses descriptors of processes.
    pub fn without_pidfd() -> PathBuf {
        find("without-pidfd")
    }

    /// The service that fails on request.
    pub fn fixture() -> PathBuf {
        find("fixture")
    }
}

/// Looks beside the test itself, then in `CARGO_TARGET_DIR`.
fn find(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("the test knows where it is");
    let beside = exe.ancestors().skip(1).map(|folder| folder.join(name));
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map(|target| PathBuf::from(target).join("debug").join(name));
    beside.chain(target).find(|path| path.is_file()).unwrap_or_else(|| {
        panic!(
            "the program `{name}` is not built: run `cargo xtask test`, or `cargo build --workspace` first"
        )
    })
}
