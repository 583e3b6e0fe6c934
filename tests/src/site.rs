//! Programs that people run as services, and what they serve in the tests.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::home::Home;
use crate::launcher::Launch;
use crate::ports::PortBlock;
use crate::programs::Programs;

/// A folder of sources for installed programs, with a home and ports to run them.
pub struct Site {
    /// Where the launcher lives.
    pub home: Home,
    /// Where the services listen.
    pub ports: PortBlock,
    folder: TempDir,
}

impl Site {
    /// A copy of the folder `tests/programs/SOURCES`.
    ///
    /// # Panics
    /// When the programs are not installed.
    pub fn new(sources: &str) -> Self {
        Self::of(&[&format!("tests/programs/{sources}")])
    }

    /// A copy of these folders of the repository in one; files of later ones take the place of earlier ones'.
    ///
    /// # Panics
    /// When the programs are not installed.
    pub fn of(sources: &[&str]) -> Self {
        // Beside node_modules, where Node.js finds them.
        let folder =
            tempfile::Builder::new().prefix("site-").tempdir_in(installed()).expect("a build folder");
        for source in sources {
            copy_folder(source, folder.path());
        }
        Self { home: Home::new(), ports: PortBlock::lock(), folder }
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A stack of these services, each with `cwd = "SITE"`; the installed programs are in PATH.
    pub fn launch(&self, services: &str) -> Launch {
        let services = services.replace("\"SITE\"", &format!("{:?}", self.folder.path()));
        let text = format!("name = \"Programs\"\nports = \"{}\"\n{services}\n", self.ports.range());
        Launch::stack(&self.home, &text).env("PATH", path(&self.home))
    }
}

/// Copies a folder of the repository.
pub(crate) fn copy_folder(source: &str, to: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(source);
    for entry in walkdir::WalkDir::new(&source) {
        let entry = entry.expect("the repository has it");
        let to = to.join(entry.path().strip_prefix(&source).expect("it is below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).expect("own folder");
        } else {
            fs::copy(entry.path(), to).expect("own folder");
        }
    }
}

/// PATH with a home's scripts, the program under test and what is installed.
pub fn path(home: &Home) -> OsString {
    let skinai = Programs::skinai();
    let skinai = skinai.parent().expect("a file is in a folder").to_owned();
    let scripts = home.path().join("bin");
    let own = [scripts, skinai, installed().join("venv/bin"), installed().join("node_modules/.bin")];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&inherited))).expect("folders of PATH")
}

/// The folder of what `tests/programs` pins.
///
/// # Panics
/// When it is not installed.
pub fn installed() -> PathBuf {
    let path = std::env::var_os("SKINAI_TEST_PROGRAMS").map(PathBuf::from);
    path.expect(
        "SKINAI_TEST_PROGRAMS names the installed programs: run `cargo xtask test`, which installs them",
    )
}
